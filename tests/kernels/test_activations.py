"""Closed forms against numerical integration, and at their ends: coinciding, opposite, of one direction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from widesym.architectures import Architecture
from widesym.kernels import activations
from widesym.kernels.images import prepare

ANGLES = 4000
# midpoint rule over angles: second order where relu has a kink, first order where its slope jumps
GRID = {"value": 10 / ANGLES**2, "slope": 2 / ANGLES}
QUADRATURE = 1e-6  # 120 Gauss-Hermite nodes on erf, variances up to 1.5
EXACT = 1e-14

variances = st.floats(0.05, 20)


def integrated_relu(root):
    """``E relu relu'`` and the probability that both are positive, the radius integrated by hand."""
    angle = (np.arange(ANGLES) + 0.5) * 2 * np.pi / ANGLES
    z = root @ np.stack([np.cos(angle), np.sin(angle)])
    return 2 * np.mean(np.maximum(z[0], 0) * np.maximum(z[1], 0)), np.mean((z[0] > 0) & (z[1] > 0))


def integrated_erf(root):
    node, weight = np.polynomial.hermite_e.hermegauss(120)
    weight = np.outer(weight, weight) / (2 * np.pi)
    z = np.einsum("ij,jab->iab", root, np.stack(np.meshgrid(node, node, indexing="ij")))
    slope = 2 / np.sqrt(np.pi) * np.exp(-(z**2))
    return np.sum(weight * erf(z[0]) * erf(z[1])), np.sum(weight * slope[0] * slope[1])


def covariances(activation, k, q1, q2):
    """The library's, with the covariance of the activations in place of their distance."""
    distance, slope = activations.covariances(activation, (q1 + q2) / 2 - k, q1, q2)
    last = (activations.variance(activation, q1) + activations.variance(activation, q2)) / 2
    return float(last - distance), float(slope)


@settings(max_examples=20)
@given(q1=st.floats(0.1, 1.5), q2=st.floats(0.1, 1.5), cosine=st.floats(-0.95, 0.95))
def test_closed_forms_are_the_integrals(q1, q2, cosine):
    k = cosine * np.sqrt(q1 * q2)
    root = np.linalg.cholesky([[q1, k], [k, q2]])
    value, slope = integrated_relu(root)
    found = covariances("relu", k, q1, q2)
    assert found == (pytest.approx(value, abs=GRID["value"]), pytest.approx(slope, abs=GRID["slope"]))
    assert covariances("erf", k, q1, q2) == pytest.approx(integrated_erf(root), abs=QUADRATURE)


@given(q=variances)
def test_coinciding_inputs(q):
    distance, slope = activations.covariances("relu", 0.0, q, q)
    assert (distance, slope) == (0, 0.5)
    distance, slope = activations.covariances("erf", 0.0, q, q)
    assert distance == pytest.approx(0, abs=EXACT)
    assert slope == pytest.approx(4 / np.pi / np.sqrt(1 + 4 * q), rel=1e-13)  # (1 + 2q)^2 - 4q^2


@given(q=variances, ratio=st.floats(0.1, 10))
def test_inputs_of_one_direction_and_of_opposite_ones(q, ratio):
    k = q * ratio  # of z and ratio z
    assert covariances("relu", k, q, q * ratio**2) == pytest.approx((k / 2, 0.5), rel=1e-6)
    assert covariances("relu", -k, q, q * ratio**2) == pytest.approx((0, 0), abs=1e-6 * q * ratio)
    assert covariances("erf", -k, q, q * ratio**2)[0] == pytest.approx(
        -covariances("erf", k, q, q * ratio**2)[0]
    )


@pytest.mark.parametrize("apart", [1e-3, 1e-6, 1e-9, 1e-12])
def test_nearly_coinciding_inputs_keep_their_digits(apart):
    """In single precision too: the distance of relu at a small angle t is half that before it, less t^3/3."""
    delta, q = np.float32(apart), np.float32(1)
    distance, slope = activations.covariances("relu", delta, q, q)
    angle = 2 * np.arcsin(np.sqrt(float(delta) / 2))
    assert distance.dtype == slope.dtype == np.float32
    assert distance == pytest.approx(
        (float(delta) - (np.sin(angle) - angle * np.cos(angle)) / np.pi) / 2, rel=1e-3
    )
    assert slope == pytest.approx((1 - angle / np.pi) / 2, rel=2e-7)


def test_what_has_no_closed_form_says_so(monkeypatch, draw):
    monkeypatch.setattr("widesym.architectures.ACTIVATIONS", ("relu", "erf", "gelu"))
    with pytest.raises(
        NotImplementedError, match="no closed form for the activation 'gelu'; known: relu, erf"
    ):
        prepare(Architecture("VEC", 1, activation="gelu"), draw(0, 1, 2, 2, 1))
    with pytest.raises(
        NotImplementedError, match="no kernel of its own in the 'mup' parametrisation; use 'ntk'"
    ):
        prepare(Architecture("VEC", 1, parametrisation="mup"), draw(0, 1, 2, 2, 1))

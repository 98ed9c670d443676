r"""One activation on one vector: ReLU and erf, for the first layer and for the later ones.

The closed forms are those of :mod:`widesym.kernels.activations`. With
:math:`e = (rr'-|k|)/(rr') = 1-|\cos\vartheta|\in[0,1]` and :math:`\vartheta_e=\arccos(1-e)`, ReLU needs

.. math:: \vartheta_e=\pi\sqrt e\,p(e),\qquad \sin\vartheta_e-\vartheta_e\cos\vartheta_e=\pi e^{3/2}v(e),

p and v analytic up to e = 2, and erf :math:`\arcsin t=t\,a(t^2)` for :math:`t\le\tfrac12`. Coefficients
are those of least relative error (Remez exchange in 60 digits): 1e-7 in single precision, 2e-17 in double.

**State.** ReLU: the distance and the NTK less the distance, both doubled at each activation and in
units in which the layer's factor :math:`\sigma_w^2/9` is 1 (:mod:`.tables`), so that a layer is a sum
over the window and

.. math:: \Delta\leftarrow\Delta-Ds\,v,\qquad D=\Delta-(r-r')^2,\ e=\frac D{2rr'},\ s=\sqrt e,\qquad
    \Theta\leftarrow\Theta\,(1-s\,p).

From the second layer on k is positive: outputs of ReLU are. erf: covariance and NTK, in natural units.

Arguments of a step: sums of the state over the window (before the first layer it has one map, the
distance); r and :math:`1/(\sqrt2r)` of the one pixel and of the other; constants: the coefficients of p
and of v for ReLU; :math:`\sigma_w^2` over the window's area with :math:`\sigma_b^2`, and the
coefficients of a, for erf.
"""

import math

import numpy as np
from numba import njit

from .vectors import constant, fma, fms, fnma, maximum, minimum, polynomial, sqrt, where_negative

options = {"error_model": "numpy", "forceinline": True}

_ANGLE = {
    "float32": (
        0.45015820441607775, 0.037508897702486301, 0.0085046362804058518, 0.0021565318152440947,
        0.0017673026230265933, -0.00082120451717756988, 0.00072558021188749047,
    ),
    "float64": (
        0.45015815807855304, 0.037513179839874492, 0.0084404654645496668, 0.0025120432660916773,
        0.00085479316415791386, 0.00031470930523100284, 0.00012215079964071838, 4.8447459111918356e-5,
        2.3644100675618212e-5, -3.8201233186751821e-6, 3.8544212979698402e-5, -7.2929600217827985e-5,
        0.00012214390082085337, -0.000149489030435065, 0.00013792626603289194, -9.1709032433717562e-5,
        4.2006925430526204e-5, -1.1858681551675266e-5, 1.5936848069335111e-6,
    ),
}  # fmt: skip
_SHORTFALL = {
    "float32": (
        0.30010540235632056, 0.015007729304795295, 0.0023848553336518084, 0.00066231345904835089,
        -2.0044296359363948e-5, 0.00016959145785069883,
    ),
    "float64": (
        0.30010543871903536, 0.015005271935951586, 0.0024115615611563709, 0.00055823184186930326,
        0.00015541684400891533, 4.8417957616374222e-5, 1.6277481666439064e-5, 5.7534283089073185e-6,
        2.2610096683700446e-6, 3.5989127277898726e-7, 1.6075550580092313e-6, -2.6263015754091559e-6,
        4.5472505791936433e-6, -5.5333336236840544e-6, 5.1306498840169414e-6, -3.4179269638570626e-6,
        1.5733400847754927e-6, -4.4641471521239094e-7, 6.0694508436676522e-8,
    ),
}  # fmt: skip
_ARCSINE = {
    "float32": (
        1.0000000795042738, 0.16665130184703822, 0.075471531442343889, 0.039677904629498523,
        0.050591999718704494,
    ),
    "float64": (
        1.0, 0.1666666666666477, 0.075000000004179559, 0.044642856781417965, 0.030381960650019263,
        0.022371727977484058, 0.017360094540995548, 0.013881843718522029, 0.012189186054902155,
        0.0064494248049019357, 0.019725840206821834, -0.016511685958270242, 0.032096233125174129,
    ),
}  # fmt: skip


# Compiled code gets them as arguments: these stay in registers, constants it would load for every number.
def constants(activation: str, real: np.dtype, factor: float, bias: float) -> tuple[tuple, tuple]:
    """Return the constants of an activation's steps, in the working precision, highest powers first."""
    if activation == "relu":
        tuples = _ANGLE[real.name][::-1], _SHORTFALL[real.name][::-1]
    else:
        tuples = (factor, bias), _ARCSINE[real.name][::-1]
    return tuple(tuple(real.type(number) for number in numbers) for numbers in tuples)


@njit(**options)
def relu_first(delta, unused, r1, i1, r2, i2, constants):
    """ReLU after the first layer: from the distance to the state; k has either sign."""
    angle, shortfall = constants
    less, more = r1 - r2, r1 + r2
    k = fms(r2, r2, fnma(r1, r1, delta))
    gap = maximum(minimum(fnma(less, less, delta), fms(more, more, delta)), constant(0, delta))
    e = gap * (i1 * i2)
    s = sqrt(e)
    slope = s * polynomial(angle, e)
    slope = where_negative(k, slope, constant(1, delta) - slope)
    delta = fnma(gap * s, polynomial(shortfall, e), minimum(delta, delta + k))
    return delta, fms(k, slope, delta)


@njit(**options)
def relu_next(delta, ntk, r1, i1, r2, i2, constants):
    """ReLU after a later layer, where k > 0."""
    angle, shortfall = constants
    less = r1 - r2
    gap = maximum(fnma(less, less, delta), constant(0, delta))
    e = gap * (i1 * i2)
    s = sqrt(e)
    delta = fnma(gap * s, polynomial(shortfall, e), delta)
    ntk = fma(r2, r2, fma(r1, r1, ntk))
    return delta, fms(ntk, fnma(s, polynomial(angle, e), constant(1, delta)), delta)


@njit(**options)
def _erf(k, ntk, less, more, i1, i2, arcsine):
    """Covariance and NTK after erf, from k, the NTK before it, ``r r' - k`` and ``r r' + k``."""
    half, two_by_pi = constant(0.5, k), constant(2 / math.pi, k)
    less, more = maximum(less, half), maximum(more, half)
    u, e = k * (i1 * i2), minimum(less, more) * (i1 * i2)  # e = 1 - |u|
    small = maximum(u, constant(0, u) - u) - half  # below 0: arcsin |u|, else pi/2 - 2 arcsin sqrt(e/2)
    y = where_negative(small, u * u, e * half)
    arc = two_by_pi * sqrt(y) * polynomial(arcsine, y)
    arc = where_negative(small, arc, fnma(arc, constant(2, k), constant(1, k)))
    slope = two_by_pi / sqrt(less * more)
    return where_negative(k, constant(0, k) - arc, arc), ntk * slope


@njit(**options)
def erf_first(delta, unused, r1, i1, r2, i2, constants):
    """Erf after the first layer: from the distance to the state."""
    affine, arcsine = constants
    half = constant(0.5, delta)
    less, more = r1 - r2, r1 + r2
    delta = fma(delta, affine[0], half)
    less, more = fnma(less, less, delta), fms(more, more, delta)
    k = (more - less) * half
    return _erf(k, k, less, more, i1, i2, arcsine)


@njit(**options)
def erf_next(covariance, ntk, r1, i1, r2, i2, constants):
    """Erf after a later layer."""
    affine, arcsine = constants
    k = fma(covariance, affine[0], affine[1])
    norms = (r1 + r1) * r2
    return _erf(k, fma(ntk, affine[0], k), norms - k, norms + k, i1, i2, arcsine)

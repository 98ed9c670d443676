r"""How a layer's scale depends on its width: NTK, standard, mean-field and mu-parametrisation.

With m the fan-in of a layer (kernel window times channels; the readout's counts all that it sees), layer l
computes

.. math:: z=s\,W a+t\,b,\qquad W_{ij}\sim v\,\xi,\quad b_i\sim u\,\xi,\qquad
    \theta\leftarrow\theta-\eta\,r\,\nabla_\theta\mathcal L,

with :math:`\xi` of variance 1, and r a factor of its own for every array. As a function of the width n of
the hidden layers :math:`s\propto n^{-a_l},\ v\propto n^{-b_l},\ r\propto n^{-c_l}`: an *abc-parametrisation*
(Yang and Hu 2021), with a :math:`c_l` of each layer. Here, for the first, middle and last layers:

============  ====================  ====================  ==================
name          a                     b                     c
============  ====================  ====================  ==================
ntk           0, 1/2, 1/2           0, 0, 0               0, 0, 0
standard      0, 0, 0               0, 1/2, 1/2           0, 0, 0
mean-field    0, 1, 1               0, 0, 0               -1, -2, -1
mup           0, 1/2, 1             0, 0, 0               -1, -1, -1
============  ====================  ====================  ==================

* ``ntk``: :math:`s=\sigma_wm^{-1/2}`, :math:`t=\sigma_b` (Jacot, Gabriel and Hongler 2018); the kernels
  of :mod:`widesym.kernels` are its limit.
* ``standard``: :math:`s=t=1`, :math:`v=\sigma_wm^{-1/2}`, :math:`u=\sigma_b` (Sohl-Dickstein et al. 2020).
  Its stable base rate falls as 1/n.
* ``mean-field``: averages, :math:`s=\sigma_w/m`, in every layer but the first (Mei, Montanari and Nguyen 2018
  for L = 1; Nguyen and Pham 2020 for more, with these rates). From weights of mean zero, as here, a deep
  network starts near zero.
* ``mup``: as ``ntk``, with the readout an average (Yang and Hu 2021). For L = 1 it is ``mean-field``.

**Equivalence.** For SGD, with or without momentum, :math:`(a_l,b_l,c_l)` and
:math:`(a_l+\vartheta,b_l-\vartheta,c_l-2\vartheta)` train the same functions, with
weights :math:`W'=n^{\vartheta}W`. So ``mup`` is Yang and Hu's a = (-1/2, 0, 1/2), b = 1/2, c = 0, by
:math:`\vartheta=-1/2`; and ``standard`` is a = (0, 1/2, 1/2), b = 0, c = (0, -1, -1), that is ``ntk`` at
other rates. A penalty on the raw weights tells such forms apart.

A bias has v = 1 but in ``standard``; its rate is 1, or its layer's width in ``mean-field`` and ``mup``. With
unequal widths, a rate's n is the width above the first layer, that below any other, and both where c = -2.
"""

from typing import NamedTuple

from widesym.architectures import Architecture


class Scale(NamedTuple):
    r"""Numbers of one layer: multipliers in the layer, deviations of the start, and factors of the rate.

    In the letters above: s, t, v, u, and r of the weights and of the bias.
    """

    weight: float
    bias: float
    weight_deviation: float
    bias_deviation: float
    weight_rate: float
    bias_rate: float


class Exponents(NamedTuple):
    """How a layer's multiplier, initial deviation and rate fall with the width: n to the -a, -b and -c."""

    a: float
    b: float
    c: float

    def shifted(self, theta: float) -> "Exponents":
        r"""Return the equivalent exponents, :math:`(a+\vartheta,b-\vartheta,c-2\vartheta)`."""
        return Exponents(self.a + theta, self.b - theta, self.c - 2 * theta)


_EXPONENTS = {  # first, middle and last layer
    "ntk": ((0, 0, 0), (0.5, 0, 0), (0.5, 0, 0)),
    "standard": ((0, 0, 0), (0, 0.5, 0), (0, 0.5, 0)),
    "mean-field": ((0, 0, -1), (1, 0, -2), (1, 0, -1)),
    "mup": ((0, 0, -1), (0.5, 0, -1), (1, 0, -1)),
}


def exponents(parametrisation: str, layer: int, depth: int) -> Exponents:
    """Return a, b, c of a layer's weights.

    Args:
        parametrisation: one of :data:`widesym.architectures.PARAMETRISATIONS`.
        layer: 1 to depth + 1, the readout.
        depth: hidden layers.

    Raises:
        ValueError: an unknown parametrisation or a layer out of range. Source: Yang and Hu 2021, Table 1.
    """
    if parametrisation not in _EXPONENTS:
        raise ValueError(f"unknown parametrisation {parametrisation!r}; valid: {', '.join(_EXPONENTS)}")
    if not 1 <= layer <= depth + 1:
        raise ValueError(f"layer={layer} must be from 1 to {depth + 1}, the readout")
    return Exponents(*_EXPONENTS[parametrisation][0 if layer == 1 else 2 if layer == depth + 1 else 1])


def scale(architecture: Architecture, layer: int, fan_in: int) -> Scale:
    """Return the numbers of one layer.

    Args:
        architecture: with its widths.
        layer: 1 to depth + 1, the readout.
        fan_in: m, the numbers that a unit sees.

    Raises:
        ValueError: a layer out of range.
    """
    name, depth = architecture.parametrisation, architecture.depth
    found = exponents(name, layer, depth)
    sigma_w, sigma_b = architecture.weight_variance**0.5, architecture.bias_variance**0.5
    below = architecture.widths[layer - 2] if layer > 1 else 1
    above = architecture.widths[layer - 1] if layer <= depth else 1
    if name == "standard":
        return Scale(1.0, 1.0, sigma_w * fan_in**-0.5, sigma_b, 1.0, 1.0)
    # the first layer's fan-in is no width: whatever a is, it is divided by its root
    weight = sigma_w * fan_in ** -(0.5 if layer == 1 else found.a)
    if name == "ntk":
        return Scale(weight, sigma_b, 1.0, 1.0, 1.0, 1.0)
    if name == "mean-field":
        rate = below * above
    else:
        rate = above if layer == 1 else below
    return Scale(weight, sigma_b, 1.0, 1.0, float(rate), float(above))

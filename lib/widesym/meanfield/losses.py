r"""Losses :math:`\ell(\hat y,y)` on :math:`\mathbb R^c`, and what the theory asks of them.

Two properties matter: convexity in :math:`\hat y`, and joint invariance
:math:`\ell(\hat\rho_g\hat y,\hat\rho_gy)=\ell(\hat y,y)`. A loss that depends on
:math:`\|\hat y-y\|` and :math:`\hat y\cdot y` alone is jointly invariant under every orthogonal action.

=============  =============================================  ======  =========
name           loss, with :math:`r=\hat y-y`                  convex  invariant
=============  =============================================  ======  =========
quadratic      :math:`\|r\|^2`                                yes     yes
pseudo-huber   :math:`2(\sqrt{1+\|r\|^2}-1)`                  yes     yes
logistic       :math:`\log(1+e^{-2\hat y\cdot y})`            yes     yes
saturating     :math:`\|r\|^2/(1+\|r\|^2)`                    no      yes
capped         :math:`\|r\|^2/(1/100+\|r\|^2)`                no      yes
lopsided       :math:`\sum_jj\,(e^{r_j}-1-r_j)`, j from 1     yes     no
=============  =============================================  ======  =========

The last two are for negative controls; for the capped one a target is hit or missed, and little between.
Source: [MF], Section 3 (assumptions on the loss).
"""

import dataclasses
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax import Array


@dataclasses.dataclass(frozen=True)
class Loss:
    """A loss for one prediction and one target.

    Args:
        name: its name in :data:`LOSSES`.
        apply: ``(prediction (c,), target (c,)) -> ()``, in jax.numpy.
        convex: whether it is convex in the prediction.
        invariant: whether it is jointly invariant under every orthogonal action on the outputs.
    """

    name: str
    apply: Callable[[Array, Array], Array]
    convex: bool
    invariant: bool


def _squared(prediction: Array, target: Array) -> Array:
    return jnp.sum((prediction - target) ** 2)


def _pseudo_huber(prediction: Array, target: Array) -> Array:
    return 2 * (jnp.sqrt(1 + _squared(prediction, target)) - 1)


def _logistic(prediction: Array, target: Array) -> Array:
    return jax.nn.softplus(-2 * jnp.sum(prediction * target))


def _saturating(prediction: Array, target: Array) -> Array:
    square = _squared(prediction, target)
    return square / (1 + square)


def _capped(prediction: Array, target: Array) -> Array:
    square = _squared(prediction, target)
    return square / (0.01 + square)


def _lopsided(prediction: Array, target: Array) -> Array:
    r = prediction - target
    return jnp.sum(jnp.arange(1.0, len(r) + 1) * (jnp.expm1(r) - r))


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("quadratic", _squared, convex=True, invariant=True),
        Loss("pseudo-huber", _pseudo_huber, convex=True, invariant=True),
        Loss("logistic", _logistic, convex=True, invariant=True),
        Loss("saturating", _saturating, convex=False, invariant=True),
        Loss("capped", _capped, convex=False, invariant=True),
        Loss("lopsided", _lopsided, convex=True, invariant=False),
    )
}


def loss(name: str) -> Loss:
    """Return the loss of that name.

    Raises:
        ValueError: an unknown name, with the valid ones.
    """
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; valid: {', '.join(LOSSES)}")
    return LOSSES[name]


def switched(names: Sequence[str], index: Array) -> Loss:
    """Return the loss ``names[index]``, for an index that may be traced: all are compiled at once.

    Its properties are those that all the losses share.

    Raises:
        ValueError: an unknown name.
    """
    chosen = [loss(name) for name in names]
    return Loss(
        "switched",
        lambda prediction, target: jax.lax.switch(index, [one.apply for one in chosen], prediction, target),
        convex=all(one.convex for one in chosen),
        invariant=all(one.invariant for one in chosen),
    )

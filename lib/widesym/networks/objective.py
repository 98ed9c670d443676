r"""What networks are trained on, and by which steps.

.. math:: \mathcal L(\theta)=\frac1{2K|D|}\sum_{(x,y)\in D}|f_\theta(x)-y|^2+\frac\lambda p\|\theta\|_p^p,
    \qquad\theta\leftarrow\theta-\eta\,r\,g(\nabla\mathcal L),

with r the rate's factor of each array (:mod:`widesym.networks.parametrisations`) and g the optimiser's
memory: for momentum of mass :math:`\mu`, :math:`v\leftarrow\mu v+\nabla\mathcal L,\ g=v`. Source: [SS],
equation (S1); there p = 2, over all parameters, biases too.
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
import optax
from jax import Array

from widesym.networks.models import Network, Parameters

OPTIMISERS = ("momentum", "adam")


@dataclasses.dataclass(frozen=True)
class Descent:
    r"""The hyperparameters of a training.

    Args:
        rate: :math:`\eta`.
        mass: :math:`\mu`; 0 for SGD by itself. Adam does not look at it.
        penalty: :math:`\lambda`.
        power: p of the penalty.
        optimiser: one of :data:`OPTIMISERS`.

    Raises:
        ValueError: values for which the step is not defined.
    """

    rate: float
    mass: float = 0.9
    penalty: float = 0.0
    power: float = 2.0
    optimiser: str = "momentum"

    def __post_init__(self) -> None:
        """Refuse values for which the step is not defined."""
        if not (self.rate > 0 and math.isfinite(self.rate)):
            raise ValueError(f"rate={self.rate} must be positive: it is the step size")
        if not 0 <= self.mass < 1:
            raise ValueError(f"mass={self.mass} must be in [0, 1): from 1 on, nothing is forgotten")
        if not (self.penalty >= 0 and math.isfinite(self.penalty)):
            raise ValueError(f"penalty={self.penalty} must not be negative")
        if not (self.power > 1 and math.isfinite(self.power)):
            raise ValueError(f"power={self.power} must be above 1, where the penalty has a gradient")
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"unknown optimiser {self.optimiser!r}; valid: {', '.join(OPTIMISERS)}")

    @property
    def memory(self) -> optax.GradientTransformation:
        """The optimiser without its rate."""
        return optax.scale_by_adam() if self.optimiser == "adam" else optax.trace(decay=self.mass)


def squared_error(outputs: Array, targets: Array) -> Array:
    """Return half the mean of squares over all outputs (n, K)."""
    return 0.5 * jnp.mean(jnp.square(outputs - targets))


def loss(net: Network, parameters: Parameters, images: Array, targets: Array, descent: Descent) -> Array:
    """Return the loss on images (n, H, W, C) and targets (n, K) with its penalty, a scalar."""
    value = squared_error(net.apply(parameters, images), targets)
    if descent.penalty == 0:
        return value
    # |x|^p through squares where it can be: its gradient at zero is then exact
    norms = [
        jnp.sum(jnp.square(array) if descent.power == 2 else jnp.abs(array) ** descent.power)
        for array in jax.tree.leaves(parameters)
    ]
    return value + descent.penalty / descent.power * sum(norms)


def step(
    net: Network,
    parameters: Parameters,
    memory: optax.OptState,
    images: Array,
    targets: Array,
    descent: Descent,
    rate: Array | float | None = None,
) -> tuple[Parameters, optax.OptState, Array]:
    """Make one step.

    Args:
        net: the network.
        parameters: theta.
        memory: of the optimiser.
        images: the batch, (b, H, W, C).
        targets: (b, K).
        descent: the hyperparameters.
        rate: in place of ``descent.rate``, where every run has its own.

    Returns:
        Parameters and memory after the step, and the loss before it.
    """
    value, gradient = jax.value_and_grad(lambda theta: loss(net, theta, images, targets, descent))(parameters)
    direction, memory = descent.memory.update(gradient, memory)
    eta = descent.rate if rate is None else rate
    moved = jax.tree.map(lambda theta, g, r: theta - eta * r * g, parameters, direction, net.rates())
    return moved, memory, value

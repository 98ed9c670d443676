r"""Theorem 4.1 as a program: training on transformed images beside training with transformed weights.

Two runs share their batches:

.. math:: \theta_{t+1}=\theta_t-\eta\,g(\nabla\mathcal L(\theta_t;\tau X,Y)),\qquad
    \theta'_{t+1}=\theta'_t-\eta\,g(\nabla\mathcal L(\theta'_t;X,Y)),\qquad\theta'_0=\tau^*\theta_0.

For orthogonal :math:`\tau` in the architecture's scope (:mod:`widesym.networks.actions`) all steps agree,
:math:`\theta'_t=\tau^*\theta_t`, so that :math:`f(\theta_t,\tau x)=f(\theta'_t,x)`: the loss is the same
function of :math:`\tau^*\theta`, gradients move as weights do, and momentum and the :math:`L^2` penalty do
not see :math:`\tau`. This holds from *any* start. If moreover :math:`\tau^*\theta_0` has the law of
:math:`\theta_0`, then so have the two runs' predictions.

What breaks it: a transformation beyond the scope; a penalty with p other than 2, or Adam, which see single
coordinates (signed permutations pass); a law of the start that :math:`\tau` changes (in law only).

Letters: T steps, b images a batch, s probe images.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from widesym.networks.actions import Element
from widesym.networks.models import Network, Parameters
from widesym.networks.objective import Descent, loss, step


class Deviations(NamedTuple):
    r"""How far two runs are apart, before each step and after the last: (T + 1,) each.

    Attributes:
        outputs: the largest :math:`|f(\theta_t,\tau x)-f(\theta'_t,x)|` over probe images.
        parameters: the largest entry of :math:`|\tau^*\theta_t-\theta'_t|`.
        size: the largest output of the second run.
        moved: the largest entry of :math:`|\theta'_t-\theta'_0|`.
        losses: of the second run, on its first batch.
    """

    outputs: Array
    parameters: Array
    size: Array
    moved: Array
    losses: Array


@functools.partial(jax.jit, static_argnames=("net", "descent"))
def paired_runs(
    net: Network,
    parameters: Parameters,
    element: Element,
    images: Array,
    targets: Array,
    probe: Array,
    batches: Array,
    descent: Descent,
    partner: Element | None = None,
) -> Deviations:
    r"""Train twice and compare at every step; also under ``jax.vmap``, over starts and elements.

    Args:
        net: the network.
        parameters: :math:`\theta_0`.
        element: :math:`\tau`, of the first run's images.
        images: X, (m, H, W, C), in the parameters' dtype.
        targets: Y, (m, K).
        probe: images at which outputs are compared, (s, H, W, C).
        batches: indices into X, (T, b).
        descent: of both runs.
        partner: moves the second run's weights in place of ``element``; for controls, such as the identity
            or the nearest element in scope.

    Raises:
        ValueError: a partner beyond the network's scope. Source: [SS], Theorem 4.1 and Appendix D.
    """
    partner = element if partner is None else partner
    turned, turned_probe = element(images), element(probe)
    other = partner.pulled_back(net, parameters)

    def compare(theta: Parameters, theta_: Parameters) -> Deviations:
        first, second = net.apply(theta, turned_probe), net.apply(theta_, probe)
        return Deviations(
            outputs=jnp.abs(first - second).max(),
            parameters=_distance(partner.pulled_back(net, theta), theta_),
            size=jnp.abs(second).max(),
            moved=_distance(theta_, other),
            losses=loss(net, theta_, images[batches[0]], targets[batches[0]], descent),
        )

    def both(state: tuple, batch: Array) -> tuple[tuple, Deviations]:
        (theta, memory), (theta_, memory_) = state
        found = compare(theta, theta_)
        theta, memory, _ = step(net, theta, memory, turned[batch], targets[batch], descent)
        theta_, memory_, _ = step(net, theta_, memory_, images[batch], targets[batch], descent)
        return ((theta, memory), (theta_, memory_)), found

    start = tuple((theta, descent.memory.init(theta)) for theta in (parameters, other))
    ((theta, _), (theta_, _)), found = jax.lax.scan(both, start, batches)
    last = compare(theta, theta_)
    return jax.tree.map(lambda series, end: jnp.concatenate([series, end[None]]), found, last)


def _distance(one: Parameters, other: Parameters) -> Array:
    apart = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), one, other)
    return functools.reduce(jnp.maximum, jax.tree.leaves(apart))

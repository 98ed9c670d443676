r"""A residual convolutional network: the layers of VEC, LAP or GAP, with skips round all but the first.

.. math:: z^1=W^1*x+b^1,\qquad z^{l}=z^{l-1}+W^l*\phi(z^{l-1})+b^l,\qquad a=\phi(z^L),

with the readout of the architecture: flattened, or means over windows. Without the skips this is
:mod:`widesym.networks.models`, whose shapes, scales and draws are used as they are. Blocks are of one
convolution each, before which the activation stands (He et al. 2016b); there is no normalisation.

What the first layer sees is what it sees in VEC: transformations of images act on its weights in the same way
(:mod:`widesym.networks.actions`), and the skips pass by what they do not change.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
from jax import Array

from widesym.networks import convolutions
from widesym.networks.models import Network, Parameters, checked, network


@dataclasses.dataclass(frozen=True)
class ResidualNetwork(Network):
    """A finite residual network: made by :func:`residual`; equal descriptions are equal objects."""

    def _run(self, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
        return _run(self, parameters, checked(self, parameters, images))


def residual(plain: Network) -> ResidualNetwork:
    """Put skip connections into a network.

    Args:
        plain: a convolution with shared weights, ReLU, and one width in all layers.

    Raises:
        ValueError: another network: then what goes in does not fit to what comes out.
    """
    architecture = plain.architecture
    if architecture.kind in ("FCN", "LCN") or architecture.activation != "relu":
        raise ValueError(
            f"{architecture.name} with {architecture.activation}: must be VEC, LAP or GAP with relu; "
            "choose one"
        )
    if len(set(architecture.widths)) > 1:
        raise ValueError(
            f"widths={architecture.widths} must be equal: a skip adds a layer's input to its output; "
            f"such as {architecture.widths[:1] * architecture.depth}"
        )
    found = network(architecture, plain.height, plain.width, plain.channels, plain.outputs)
    return ResidualNetwork(**{field.name: getattr(found, field.name) for field in dataclasses.fields(found)})


@functools.partial(jax.jit, static_argnums=0)
def _run(net: ResidualNetwork, parameters: Parameters, images: Array) -> tuple[Array, tuple[Array, ...]]:
    scales = net.scales()
    hidden, z = [], None
    a = jnp.swapaxes(images, 0, 3)  # channels first, images last
    for name in net.layers[:-1]:
        layer, scale = parameters[name], scales[name]
        added = convolutions.shared(a, scale.weight * layer["weight"])
        added = added + (scale.bias * layer["bias"])[:, None, None, None]
        z = added if z is None else z + added
        a = jax.nn.relu(z)
        hidden.append(jnp.swapaxes(a, 0, 3))
    layer, scale = parameters["readout"], scales["readout"]
    seen = net.pooled(hidden[-1]).reshape(len(images), -1)
    outputs = scale.weight * (seen @ layer["weight"].reshape(-1, net.outputs))
    return outputs + (scale.bias * layer["bias"]).reshape(1, -1), tuple(hidden)

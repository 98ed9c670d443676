r"""Theorem 3.1 as a program: weights of the larger network that compute the smaller network's function.

.. math:: \mathsf{GAP}_n\subseteq\mathsf{LAP}^k_n\subseteq\mathsf{VEC}_n\subseteq\mathsf{LCN}_n\subseteq
    \mathsf{VEC}_{dn}\subseteq\mathsf{FCN}_{d^2n},\qquad\mathsf{LCN}_n\subseteq\mathsf{FCN}_{dn}.

In weights as they act, multipliers included (:func:`effective`), each step is a copy, but for one quotient:

* a mean over a large window is a mean of means over small ones: each small window gets the large window's
  readout weights, divided by how many small ones there are (GAP, LAP, VEC; LAP with a window that divides);
* shared weights are equal weights: repeat them at all positions (VEC to LCN);
* **LCN to VEC** ([SS], Appendix C): channel block :math:`\alpha` of the wide network carries location
  :math:`\alpha`, with all weights shared. Between hidden layers the weight at offset :math:`\beta` connects
  block :math:`\alpha+\beta` below to block :math:`\alpha` above, where it is :math:`W_{\alpha,\beta}`; it is
  zero between all other blocks. In the first layer every block sees all channels of the image. Then

  .. math:: \mathsf{VEC}_{dn}(x)^l_{\alpha,\,\alpha n+i}=\mathsf{LCN}_n(x)^l_{\alpha,i},

  and the readout takes block :math:`\alpha` at location :math:`\alpha` alone; what the block holds elsewhere
  is never read;
* **LCN to FCN**: units :math:`\alpha n+i`, and a dense matrix with :math:`W_{\alpha,\beta}` from block
  :math:`\alpha+\beta` to block :math:`\alpha`.

The paper's :math:`\sqrt d` is the quotient of two multipliers of the NTK parametrisation,
:math:`(9n)^{-1/2}` over :math:`(9dn)^{-1/2}`: :func:`raw` divides by the multiplier of the network at hand,
so the maps hold in every parametrisation. The first layer's multiplier is the same in both: it needs no
:math:`\sqrt d`. Where the paper prints :math:`\alpha n\le j<\alpha(n+1)`, read
:math:`\alpha n\le j<(\alpha+1)n`; and :math:`\omega^{l+1}(\alpha)` for :math:`\omega^{l+1}`.

Letters: d = H W locations, row by row; widths n_l; side k.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array

from widesym.networks.models import Network, Parameters

# by which power of d the widths grow, for every inclusion; the first five are the theorem's
INCLUSIONS = {
    ("GAP", "VEC"): 0,
    ("VEC", "LCN"): 0,
    ("LCN", "VEC"): 1,
    ("VEC", "FCN"): 1,
    ("LCN", "FCN"): 1,
    ("GAP", "LAP"): 0,
    ("LAP", "LAP"): 0,
    ("LAP", "VEC"): 0,
    ("GAP", "LCN"): 0,
    ("LAP", "LCN"): 0,
    ("GAP", "FCN"): 1,
    ("LAP", "FCN"): 1,
}


def larger(small: Network, kind: str, window: int = 0) -> Network:
    """Return the network of another kind that contains a network.

    Args:
        small: of any kind but FCN.
        kind: of the larger one. From LCN, ``"VEC"`` is wider by d; from VEC, LAP and GAP, FCN is wider by d.
        window: of LAP.

    Raises:
        ValueError: no such inclusion, with the valid kinds.
    """
    inclusion = (small.architecture.kind, kind)
    if inclusion not in INCLUSIONS:
        valid = ", ".join(above for below, above in INCLUSIONS if below == inclusion[0]) or "none"
        raise ValueError(f"no inclusion of {inclusion[0]} in {kind!r} is known; valid: {valid}")
    power = INCLUSIONS[inclusion]
    d = small.height * small.width
    architecture = dataclasses.replace(
        small.architecture,
        kind=kind,
        window=window,
        widths=tuple(d**power * width for width in small.architecture.widths),
    )
    return dataclasses.replace(small, architecture=architecture)


def embed(small: Network, parameters: Parameters, large: Network) -> Parameters:
    """Return parameters with which the larger network computes the smaller one's function.

    Args:
        small: the smaller network.
        parameters: of the smaller network.
        large: as from :func:`larger`, or from the same with another parametrisation.

    Raises:
        ValueError: the networks are no pair of :func:`larger`. Source: [SS], Theorem 3.1 and Appendix C.
    """
    kind = large.architecture.kind
    expected = larger(small, kind, large.architecture.window)
    alike = dataclasses.replace(large.architecture, parametrisation=small.architecture.parametrisation)
    if dataclasses.replace(large, architecture=alike) != expected:
        raise ValueError(f"{large} is not the larger network of {small}, which is {expected}; use that")
    acting = effective(small, parameters)
    if small.architecture.kind in ("GAP", "LAP", "VEC") and kind in ("LCN", "FCN"):
        acting = _shared_to_local(small, acting)
    if kind == "LCN":
        return raw(large, acting)
    if kind == "FCN":
        return raw(large, _local_to_dense(small, acting))
    if small.architecture.kind == "LCN":
        return raw(large, _local_to_shared(small, acting))
    return raw(large, {**acting, "readout": _refined(acting["readout"], large.windows)})


def effective(net: Network, parameters: Parameters) -> Parameters:
    """Return weights and biases as they act in the layers: the parameters times their multipliers."""
    return {
        name: {
            "weight": found.weight * parameters[name]["weight"],
            "bias": found.bias * parameters[name]["bias"],
        }
        for name, found in net.scales().items()
    }


def raw(net: Network, acting: Parameters) -> Parameters:
    """Return parameters from weights and biases as they act, the inverse of :func:`effective`.

    Raises:
        ValueError: biases of a network whose multiplier of biases is zero.
    """
    found = {}
    for name, scale in net.scales().items():
        bias = acting[name]["bias"]
        if scale.bias == 0:
            if bool(jnp.any(bias != 0)):
                raise ValueError("biases act, but bias_variance=0 has none; give the larger network biases")
        else:
            bias = bias / scale.bias
        found[name] = {"weight": acting[name]["weight"] / scale.weight, "bias": bias}
    return found


def carried(activations: Array, width: int) -> Array:
    r"""Return what block :math:`\alpha` of a wide VEC holds at location :math:`\alpha`.

    Args:
        activations: of a hidden layer, (n, H, W, d width).
        width: of the LCN that was embedded.

    Returns:
        (n, H, W, width): the LCN's activations. Source: [SS], equation (S6).
    """
    n, height, rows, _ = activations.shape
    d = height * rows
    blocks = activations.reshape(n, d, d, width)[:, np.arange(d), np.arange(d)]
    return blocks.reshape(n, height, rows, width)


def neighbours(height: int, width: int, side: int) -> np.ndarray:
    """Return the location that each offset of a window leads to: integers (d, side, side)."""
    reach = np.arange(side) - side // 2
    rows = (np.arange(height)[:, None] + reach) % height
    columns = (np.arange(width)[:, None] + reach) % width
    return (rows[:, None, :, None] * width + columns[None, :, None, :]).reshape(height * width, side, side)


def _refined(readout: dict[str, Array], windows: tuple[int, int]) -> dict[str, Array]:
    """The readout on more, smaller windows."""
    weight = readout["weight"]
    for axis, (coarse, fine) in enumerate(zip(weight.shape[:2], windows, strict=True)):
        if fine % coarse:
            raise ValueError(
                f"windows of the larger network, {windows} of them, must divide those of the smaller, "
                f"{weight.shape[:2]} of them; choose a window that divides"
            )
        weight = jnp.repeat(weight, fine // coarse, axis) / (fine // coarse)
    return {**readout, "weight": weight}


def _shared_to_local(net: Network, acting: Parameters) -> Parameters:
    """Weights of LCN from those of VEC, LAP or GAP."""
    positions = (net.height, net.width)
    found = {
        name: {part: jnp.broadcast_to(array, (*positions, *array.shape)) for part, array in layer.items()}
        for name, layer in acting.items()
        if name != "readout"
    }
    return {**found, "readout": _refined(acting["readout"], positions)}


def _local_to_shared(net: Network, acting: Parameters) -> Parameters:
    """Weights of the VEC that is wider by d, from those of LCN."""
    d, side = net.height * net.width, net.side
    # block alpha + beta below, for block alpha above and offset beta
    below = neighbours(net.height, net.width, side)
    alpha, i, j = np.ogrid[:d, :side, :side]
    found = {}
    for layer, name in enumerate(net.layers[:-1]):
        weight = acting[name]["weight"].reshape(d, side, side, *acting[name]["weight"].shape[-2:])
        inputs, above = weight.shape[-2:]
        if layer == 0:
            wide = jnp.moveaxis(weight, 0, 3)
        else:
            zero = jnp.zeros((side, side, d, d, inputs, above), weight.dtype)
            wide = jnp.moveaxis(zero.at[i, j, below, alpha].set(weight), 3, 4)
            inputs = d * inputs
        found[name] = {
            "weight": wide.reshape(side, side, inputs, d * above),
            "bias": acting[name]["bias"].reshape(d * above),
        }
    weight = acting["readout"]["weight"]
    last, outputs = weight.shape[-2:]
    zero = jnp.zeros((d, d, last, outputs), weight.dtype)
    wide = zero.at[np.arange(d), np.arange(d)].set(weight.reshape(d, last, outputs))
    wide = wide.reshape(net.height, net.width, d * last, outputs)
    return {**found, "readout": {**acting["readout"], "weight": wide}}


def _local_to_dense(net: Network, acting: Parameters) -> Parameters:
    """Weights of the FCN that is wider by d, from those of LCN."""
    d, side = net.height * net.width, net.side
    below = neighbours(net.height, net.width, side)
    alpha = np.arange(d)[:, None, None]
    found = {}
    for name in net.layers[:-1]:
        weight = acting[name]["weight"].reshape(d, side, side, *acting[name]["weight"].shape[-2:])
        inputs, above = weight.shape[-2:]
        # added: in a small image two offsets may lead to one location
        dense = jnp.zeros((d, d, inputs, above), weight.dtype).at[below, alpha].add(weight)
        found[name] = {
            "weight": jnp.swapaxes(dense, 1, 2).reshape(1, 1, d * inputs, d * above),
            "bias": acting[name]["bias"].reshape(d * above),
        }
    readout = acting["readout"]
    weight = readout["weight"].reshape(1, 1, -1, readout["weight"].shape[-1])
    return {**found, "readout": {**readout, "weight": weight}}

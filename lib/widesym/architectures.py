r"""Architectures: one frozen description that kernels and networks are both made from.

Five kinds ([SS], Section 3), all with L hidden layers and one dense readout:

====  ===========================================  ============================================
kind  hidden layers                                readout
====  ===========================================  ============================================
FCN   dense, on the flattened image                dense
LCN   locally connected (no weight sharing)        flatten, dense
VEC   convolution                                  flatten, dense
LAP   convolution                                  mean over k x k windows, flatten, dense
GAP   convolution                                  mean over the whole image, dense
====  ===========================================  ============================================

Convolutions are 3 x 3, stride 1, with circular padding. In the NTK parametrisation a layer with n
inputs a unit (n = 9 C for a 3 x 3 convolution on C channels, 3d for the first layer of an FCN) is

.. math:: z = \frac{\sigma_w}{\sqrt n}\,W a + \sigma_b\,b,\qquad W_{ij}, b_i \sim \mathcal N(0,1),

the same :math:`\sigma_w^2 = 2,\ \sigma_b^2 = 0.01` in **every** layer, the readout included. Nothing
else normalises the input: the factor 1/C of the first layer is its 1/n. In Neural Tangents' words,
``W_std=sqrt(2), b_std=0.1``: ``serial(Conv(n, (3, 3), padding="CIRCULAR", ...), Relu(), ...,
GlobalAvgPool(), Dense(K, ...))``, with ``Flatten()`` for VEC and ``AvgPool((k, k), (k, k))`` before it
for LAP; ``ConvLocal`` for LCN; ``Flatten(), Dense(n, ...), Relu(), ...`` for FCN.
"""

import dataclasses
import math
import operator

KINDS = ("FCN", "LCN", "VEC", "LAP", "GAP")
ACTIVATIONS = ("relu", "erf")
PARAMETRISATIONS = ("ntk", "standard", "mean-field", "mup")


@dataclasses.dataclass(frozen=True)
class Architecture:
    r"""What a network computes, up to its weights; equal descriptions are equal objects.

    Args:
        kind: one of :data:`KINDS`.
        depth: hidden layers L, at least 1.
        window: the side k of LAP's pooling windows; 0 for every other kind.
        activation: one of :data:`ACTIVATIONS`.
        weight_variance: :math:`\sigma_w^2 > 0`, of every layer.
        bias_variance: :math:`\sigma_b^2 \ge 0`, of every layer.
        kernel_size: side of the convolution's window, odd; an FCN has none and does not look at it.
        widths: channels (units, for FCN) of each hidden layer; empty for the infinite network.
        parametrisation: one of :data:`PARAMETRISATIONS`.

    Raises:
        ValueError: a description of no network, with the reason. Source: [SS], Section 3.
    """

    kind: str
    depth: int
    window: int = 0
    activation: str = "relu"
    weight_variance: float = 2.0
    bias_variance: float = 0.01
    kernel_size: int = 3
    widths: tuple[int, ...] = ()
    parametrisation: str = "ntk"

    def __post_init__(self) -> None:
        """Refuse descriptions of no network."""
        _one_of("kind", self.kind, KINDS)
        _one_of("activation", self.activation, ACTIVATIONS)
        _one_of("parametrisation", self.parametrisation, PARAMETRISATIONS)
        _whole("depth", self.depth, 1, "without hidden layers it is linear regression")
        _whole("kernel_size", self.kernel_size, 1, "it is the side of a window of pixels")
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size={self.kernel_size} has no middle pixel; choose an odd one, such as 3"
            )
        if self.kind == "LAP":
            _whole("window", self.window, 1, "LAP pools over windows; give their side, such as window=4")
        elif self.window != 0:
            raise ValueError(
                f"window={self.window!r} is given, but {self.kind} does not pool over windows; "
                "leave it out, or choose kind='LAP'"
            )
        if not (self.weight_variance > 0 and math.isfinite(self.weight_variance)):
            raise ValueError(
                f"weight_variance={self.weight_variance} must be positive: without weights nothing "
                "depends on the input"
            )
        if not (self.bias_variance >= 0 and math.isfinite(self.bias_variance)):
            raise ValueError(f"bias_variance={self.bias_variance} must not be negative: it is a variance")
        if not isinstance(self.widths, tuple) or len(self.widths) not in (0, self.depth):
            raise ValueError(
                f"widths={self.widths!r} must be a tuple with one width for each of the {self.depth} hidden "
                "layers, or empty for the infinite network"
            )
        for width in self.widths:
            _whole("a width", width, 1, "it counts the units of a layer")

    @property
    def name(self) -> str:
        """The kind, with LAP's window: ``FCN``, ``LCN``, ``VEC``, ``LAP4``, ``GAP``."""
        return self.kind + (str(self.window) if self.kind == "LAP" else "")

    def pooling(self, height: int, width: int) -> tuple[int, int]:
        """Return the sides of the window that the readout averages over, for images H x W.

        Returns:
            (H, W) for GAP, (k, k) for LAP, (1, 1) for VEC and LCN, and for FCN, which sees no pixels.

        Raises:
            ValueError: LAP's windows do not tile the image; the convolution's window is too large for it.
        """
        reach = (self.kernel_size - 1) // 2
        if self.kind != "FCN" and reach > min(height, width):
            raise ValueError(
                f"kernel_size={self.kernel_size} reaches {reach} pixels, round an image of {height} x "
                f"{width} more than once; choose a smaller one"
            )
        if self.kind == "GAP":
            return height, width
        if self.kind != "LAP":
            return 1, 1
        if height % self.window or width % self.window:
            raise ValueError(
                f"windows of {self.window} x {self.window} do not tile an image of {height} x {width}; "
                "choose a side that divides both"
            )
        return self.window, self.window


def _one_of(field: str, value: object, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise ValueError(f"unknown {field} {value!r}; valid: {', '.join(valid)}")


def _whole(field: str, value: object, least: int, why: str) -> None:
    try:
        whole = not isinstance(value, bool) and operator.index(value) >= least
    except TypeError:
        whole = False
    if not whole:
        raise ValueError(f"{field}={value!r} must be a whole number, at least {least}: {why}")

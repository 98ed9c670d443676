"""A-X4 judged: what a result of ``beyond.pooling`` says of averaging over translations and pooling."""

from widesym.study.claims import Check
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "A-X4"
# Kernels go through arccos and square roots, which lose digits where inputs are close to parallel.
_KERNEL = 1e-10
# Gradient descent of some 20 steps on networks with kinks: rounding, hardly amplified.
_TRAINED = 1e-10
CIRCULAR, ZEROS = 0, 1


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``beyond.pooling`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    exactly = (
        ("site", "A network read at one pixel, averaged over translations, is the network with GAP", 1e-12),
        ("flat", r"$Q_Gf$ of VEC is GAP with the readout $\frac{1}{\sqrt d}\sum_pW_p$", 1e-12),
        ("shallow", r"$\Phi_{\mu^G}$ of a shallow network is a convolutional layer and GAP", 1e-12),
        ("shallow_averaged", r"$Q_G\Phi_\mu$ of a shallow network is that layer too", 1e-12),
        ("training", "Trained by gradient descent, averaged VEC and GAP stay one function", _TRAINED),
        ("nngp", r"$\mathcal K_{GAP}(x,x')=\frac1d\sum_\delta\mathcal K_{VEC}(x,T_\delta x')$", _KERNEL),
        ("ntk", r"$\Theta_{GAP}(x,x')=\frac1d\sum_\delta\Theta_{VEC}(x,T_\delta x')$", _KERNEL),
    )
    broken = (
        ("site", "zero padding: the networks differ"),
        ("flat", r"zero padding: $Q_Gf$ of VEC is not GAP"),
        ("shallow", "zero padding: the shallow networks differ"),
        ("training", "zero padding: trained networks differ"),
        ("nngp", r"zero padding: $\mathcal K_{GAP}$ is not the average"),
        ("ntk", r"zero padding: $\Theta_{GAP}$ is not the average"),
    )
    arrays = stored.arrays
    return [
        *(exact(ID, text, arrays[name][CIRCULAR], bound=bound, scale=scale) for name, text, bound in exactly),
        *(control(ID, text, arrays[name][ZEROS, None], scale=scale) for name, text in broken),
        control(
            ID, "VEC trained without averaging is another function", arrays["training_plain"], scale=scale
        ),
        control(
            ID, r"vertical translations only do not give $\Theta_{GAP}$", arrays["ntk_some"][:1], scale=scale
        ),
    ]

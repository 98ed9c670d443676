"""A-S1 judged: what a result of ``meanfield.symmetric-laws`` says of symmetrised laws and their models."""

from widesym.study.claims import Check
from widesym.study.findings.exactness import control, exact
from widesym.study.store import Stored

ID = "A-S1"

STATEMENTS = {
    "average": r"$\Phi_{\mu^G}=Q_G\Phi_\mu$",
    "weak": r"A weakly invariant law gives an equivariant model: $\Phi_{\mu^G}$",
    "strong": r"A projected law gives an equivariant model: $\Phi_{P\#\mu}$",
    "moved": r"Moving the law moves the model: $\Phi_{M_g\#\mu}(\rho_gx)=\hat\rho_g\Phi_\mu(x)$",
}
CONTROLS = {
    "faulty_average": r"a unit that is not jointly equivariant breaks $\Phi_{\mu^G}=Q_G\Phi_\mu$",
    "faulty_weak": r"with that unit $\Phi_{\mu^G}$ is not equivariant",
    "faulty_strong": r"with that unit $\Phi_{P\#\mu}$ is not equivariant",
    "faulty_moved": "with that unit moving the law does not move the model",
    "plain": r"a law that is not weakly invariant gives a model that is not equivariant",
    "wider": r"a law projected on $\mathcal E^G$ and one direction more does not either",
}


def findings(stored: Stored, *, scale: str = "live") -> list[Check]:
    """Return every check that this result supports.

    Args:
        stored: a result of ``meanfield.symmetric-laws`` at any profile.
        scale: ``live`` or ``record``, as shown beside each check.
    """
    return [
        *(exact(ID, text, stored.arrays[name], scale=scale) for name, text in STATEMENTS.items()),
        *(control(ID, text, stored.arrays[name], scale=scale) for name, text in CONTROLS.items()),
    ]

r"""Training schemes as one mechanism: which orbit a datum brings, how residuals are formed, where z lives.

With a datum :math:`(x,y)`, orbit points :math:`x_k=\rho_kx` for k in K (K = {1}, one random g, or G):

.. math::
    r_k=\nabla_1\ell(\Phi(x_k),\hat\rho_ky)\quad\text{or, averaged,}\quad
    r_k=\hat\rho_k\nabla_1\ell\Big(\tfrac1{|K|}\sum_l\hat\rho_l^\top\Phi(x_l),y\Big),\qquad
    \nabla_z=\tfrac1{|K|}\sum_k\nabla_z\sigma_*(x_k,z)\cdot r_k,

and, for an equivariant architecture, every particle is projected by :math:`P_{\mathcal E^G}` after
each step (and at the start). So:

===========  ========  ========  =======  =============================================
name         orbit     averaged  project  trains on
===========  ========  ========  =======  =============================================
vanilla      alone     no        no       R
da-sampled   sampled   no        no       R^DA, one random g per datum
da-orbit     whole     no        no       R^DA, the integral over G exactly
fa           whole     yes       no       R^FA, loss at the symmetrised model Q_G Phi
ea           alone     no        yes      R^EA, parameters in E^G
===========  ========  ========  =======  =============================================

Source: [MF], Section 3.1.
"""

import dataclasses

ORBITS = ("alone", "sampled", "whole")


@dataclasses.dataclass(frozen=True)
class Scheme:
    """One training scheme: the orbit of a datum it sees, how residuals are formed, where parameters live.

    Raises:
        ValueError: an unknown orbit, or residuals averaged over a sampled orbit (a biased average).
    """

    name: str
    orbit: str = "alone"
    averaged: bool = False
    projected: bool = False

    def __post_init__(self) -> None:
        """Refuse combinations that mean nothing."""
        if self.orbit not in ORBITS:
            raise ValueError(f"scheme {self.name!r}: orbit {self.orbit!r} is not one of {', '.join(ORBITS)}")
        if self.averaged and self.orbit == "sampled":
            raise ValueError(
                f"scheme {self.name!r}: residuals cannot be averaged over one random element; "
                "use orbit 'whole'"
            )


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme("vanilla"),
        Scheme("da-sampled", orbit="sampled"),
        Scheme("da-orbit", orbit="whole"),
        Scheme("fa", orbit="whole", averaged=True),
        Scheme("ea", projected=True),
    )
}


def scheme(name: str) -> Scheme:
    """Return the scheme of that name.

    Raises:
        ValueError: an unknown name, with the valid ones.
    """
    if name not in SCHEMES:
        raise ValueError(f"unknown scheme {name!r}; valid: {', '.join(SCHEMES)}")
    return SCHEMES[name]

r"""Finite groups, their orthogonal representations, and what stays fixed under them.

- :mod:`widesym.groups.finite`: groups as checked multiplication tables;
- :mod:`widesym.groups.representations`: :math:`g \mapsto M_g` into orthogonal matrices;
- :mod:`widesym.groups.combined`: representations made from others (sums, tensor products, hom);
- :mod:`widesym.groups.defining`: the well-known representations of the families;
- :mod:`widesym.groups.invariants`: averages, orbits, and the invariant subspace :math:`\mathcal E^G`.

Everything is NumPy float64 and immutable: static constants for code that is compiled.
"""

from widesym.groups.combined import direct_sum, external_sum, external_tensor, hom, pullback, tensor
from widesym.groups.defining import (
    cyclic_permutation,
    cyclic_rotation,
    dihedral_plane,
    dihedral_polygon,
    sign,
    swap,
    symmetric_permutation,
)
from widesym.groups.finite import (
    FiniteGroup,
    cyclic,
    dihedral,
    permutation_group,
    product,
    same_group,
    symmetric,
    trivial_group,
)
from widesym.groups.invariants import (
    Subspace,
    average,
    basis_by_null_space,
    dimension_by_character,
    invariant_subspace,
    orbit,
    projector_by_averaging,
    subspace,
)
from widesym.groups.representations import (
    Representation,
    determinant,
    from_generators,
    permutation,
    regular,
    representation_from_generators,
    trivial,
)

__all__ = [
    "FiniteGroup",
    "Representation",
    "Subspace",
    "average",
    "basis_by_null_space",
    "cyclic",
    "cyclic_permutation",
    "cyclic_rotation",
    "determinant",
    "dihedral",
    "dihedral_plane",
    "dihedral_polygon",
    "dimension_by_character",
    "direct_sum",
    "external_sum",
    "external_tensor",
    "from_generators",
    "hom",
    "invariant_subspace",
    "orbit",
    "permutation",
    "permutation_group",
    "product",
    "projector_by_averaging",
    "pullback",
    "regular",
    "representation_from_generators",
    "same_group",
    "sign",
    "subspace",
    "swap",
    "symmetric",
    "symmetric_permutation",
    "tensor",
    "trivial",
    "trivial_group",
]

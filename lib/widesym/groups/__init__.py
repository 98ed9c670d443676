r"""Groups, finite and compact, their orthogonal representations, and what stays fixed under them.

- :mod:`widesym.groups.finite`: groups as checked multiplication tables;
- :mod:`widesym.groups.representations`: :math:`g \mapsto M_g` into orthogonal matrices;
- :mod:`widesym.groups.combined`: representations made from others (sums, tensor products, hom);
- :mod:`widesym.groups.defining`: the well-known representations of the families;
- :mod:`widesym.groups.polyhedral`: the rotation groups of the regular solids;
- :mod:`widesym.groups.compact`, :mod:`widesym.groups.continuous`: SO(n), O(n), products, and their
  representations as functions of the matrix; :mod:`widesym.groups.haar`, :mod:`widesym.groups.averages`: the
  integrals over them;
- :mod:`widesym.groups.nodes`: finite sets of elements in the place of the Haar law, with their error;
- :mod:`widesym.groups.functors`: one name for each construction, whatever the kind of group;
- :mod:`widesym.groups.invariants`: averages, orbits, and the invariant subspace :math:`\mathcal E^G`;
- :mod:`widesym.groups.images`: fixed elements of the groups that [SS] applies to images, with
  :mod:`widesym.groups.reflections` for random rotations of many dimensions.

Everything is NumPy float64 and immutable: static constants for code that is compiled.
"""

from widesym.groups.averages import (
    SampledAverage,
    character_dimension,
    exact_average,
    sampled_average,
)
from widesym.groups.compact import (
    CompactGroup,
    compact_from_finite,
    orthogonal,
    special_orthogonal,
)
from widesym.groups.continuous import CompactRepresentation, natural
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
    symmetric,
    trivial_group,
)
from widesym.groups.functors import (
    AnyGroup,
    AnyRepresentation,
    at_nodes,
    determinant,
    direct_sum,
    external_sum,
    external_tensor,
    hom,
    product,
    pullback,
    same_group,
    tensor,
    trivial,
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
from widesym.groups.nodes import (
    NodeRepresentation,
    NodeSet,
    circle_nodes,
    every_element,
    haar_nodes,
    model_error,
    node_error,
    node_mean,
    polyhedral_nodes,
    product_nodes,
)
from widesym.groups.polyhedral import icosahedral, octahedral, tetrahedral
from widesym.groups.representations import (
    Representation,
    from_generators,
    permutation,
    regular,
    representation_from_generators,
)

__all__ = [
    "AnyGroup",
    "AnyRepresentation",
    "CompactGroup",
    "CompactRepresentation",
    "FiniteGroup",
    "NodeRepresentation",
    "NodeSet",
    "Representation",
    "SampledAverage",
    "Subspace",
    "at_nodes",
    "average",
    "basis_by_null_space",
    "character_dimension",
    "circle_nodes",
    "compact_from_finite",
    "cyclic",
    "cyclic_permutation",
    "cyclic_rotation",
    "determinant",
    "dihedral",
    "dihedral_plane",
    "dihedral_polygon",
    "dimension_by_character",
    "direct_sum",
    "every_element",
    "exact_average",
    "external_sum",
    "external_tensor",
    "from_generators",
    "haar_nodes",
    "hom",
    "icosahedral",
    "invariant_subspace",
    "model_error",
    "natural",
    "node_error",
    "node_mean",
    "octahedral",
    "orbit",
    "orthogonal",
    "permutation",
    "permutation_group",
    "polyhedral_nodes",
    "product",
    "product_nodes",
    "projector_by_averaging",
    "pullback",
    "regular",
    "representation_from_generators",
    "same_group",
    "sampled_average",
    "sign",
    "special_orthogonal",
    "subspace",
    "swap",
    "symmetric",
    "symmetric_permutation",
    "tensor",
    "tetrahedral",
    "trivial",
    "trivial_group",
]

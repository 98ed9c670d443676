r"""Compact groups of orthogonal matrices, continuous ones included.

A group :math:`G \subset O(n)` is given by its Lie algebra :math:`\mathfrak g` (skew matrices
:math:`A` with :math:`e^{tA} \in G`) and by representatives of generators of the finite group
:math:`G/G_0` of its components. A vector is invariant exactly when all of :math:`\mathfrak g` sends it
to 0 and all representatives fix it, so this is all that invariant vectors need; averages need the Haar law
:math:`\lambda` besides (:mod:`widesym.groups.haar`).

Shapes: ``n`` size of the matrices, ``k`` dimension of the group, ``m`` generators of components,
``Q`` nodes. float64.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from widesym.groups.checks import checked_order, real_array
from widesym.groups.haar import (
    Rule,
    block_diagonal,
    orthogonal_classes,
    orthogonal_rule,
    orthogonal_samples,
    product_rule,
    reflection,
    special_orthogonal_classes,
    special_orthogonal_rule,
    special_orthogonal_samples,
)
from widesym.groups.representations import ROUNDING, Representation

# Rank of the algebra and of its brackets: singular values below this fraction of the largest count as zero.
_DEPENDENT = 1e-10

Seed = int | np.random.Generator
Exact = Callable[[int], Rule]  # from a degree to a rule


@dataclass(frozen=True, eq=False)
class CompactGroup:
    r"""A compact group of orthogonal matrices: Lie algebra, components, and its Haar law.

    Attributes:
        name: What messages and figures call the group.
        algebra: ``(k, n, n)``, a basis of the Lie algebra; ``(0, n, n)`` for a finite group.
        components: ``(m, n, n)``, orthogonal matrices that generate :math:`G/G_0`; may be empty.
        sampler: ``(rng, count) -> (count, n, n)``, independent Haar matrices.
        rule: From a degree ``p`` to a rule that is exact for polynomials of degree ``p`` in the entries;
            None where there is none (averages are then sampled).
        classes: The same for class functions; None where there is none.

    Raises:
        ValueError: Wrong shapes; a basis that is not skew, not independent, or not closed under the bracket
            and under the components; components that are not orthogonal; samples of another shape.
    """

    name: str
    algebra: np.ndarray = field(repr=False)
    components: np.ndarray = field(repr=False)
    sampler: Callable[[np.random.Generator, int], np.ndarray] = field(repr=False)
    rule: Exact | None = field(default=None, repr=False)
    classes: Exact | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the Lie algebra and the components, and freeze them."""
        algebra = _stack(self.algebra, f"algebra of group {self.name!r}")
        components = _stack(self.components, f"components of group {self.name!r}")
        if algebra.shape[1:] != components.shape[1:]:
            raise ValueError(
                f"group {self.name!r}: algebra has shape {algebra.shape}, components {components.shape}; "
                "both must hold n x n matrices of one n; remedy: give an empty stack as zeros((0, n, n))"
            )
        _check_algebra(self.name, algebra, components)
        for array, attribute in ((algebra, "algebra"), (components, "components")):
            array.setflags(write=False)
            object.__setattr__(self, attribute, array)
        self.sample(0, 1)

    @property
    def n(self) -> int:
        """The size of the matrices."""
        return self.algebra.shape[1]

    @property
    def dim(self) -> int:
        """The dimension ``k`` of the group as a manifold, 0 for a finite group."""
        return len(self.algebra)

    def sample(self, seed: Seed, count: int) -> np.ndarray:
        r"""Draw independent Haar matrices.

        Args:
            seed: An integer ``>= 0`` or a NumPy generator.
            count: How many.

        Returns:
            float64 ``(count, n, n)``.

        Raises:
            ValueError: ``count`` or the seed is no such integer, or the sampler returns another shape.
        """
        count = checked_order(count, "count")
        drawn = np.asarray(self.sampler(generator(seed), count), np.float64)
        if drawn.shape != (count, self.n, self.n):
            raise ValueError(
                f"the sampler of group {self.name!r} returned shape {drawn.shape}: must be "
                f"{(count, self.n, self.n)}; remedy: return one matrix of the group for each sample"
            )
        return drawn


def generator(seed: Seed) -> np.random.Generator:
    """Return a NumPy generator from a seed, or the generator itself.

    Raises:
        ValueError: The seed is negative or no integer.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed={seed!r}: must be an integer >= 0; remedy: give one, such as 0")
    return np.random.default_rng(int(seed))


def _stack(values: np.ndarray, what: str) -> np.ndarray:
    array = real_array(values, what)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.shape[1] == 0:
        raise ValueError(
            f"{what} has shape {array.shape}: must be (k, n, n) with n >= 1; remedy: give a stack of square "
            "matrices, zeros((0, n, n)) for none"
        )
    return array


def _check_algebra(name: str, algebra: np.ndarray, components: np.ndarray) -> None:
    n = algebra.shape[1]
    skew = np.abs(algebra + algebra.transpose(0, 2, 1)).max(initial=0.0)
    if skew > ROUNDING:
        raise ValueError(
            f"algebra of group {name!r} is not skew: A + A^T reaches {skew:.2e} (allowed {ROUNDING:g}); "
            "remedy: take (A - A^T) / 2, or change to a basis in which the group is orthogonal"
        )
    off = np.abs(components @ components.transpose(0, 2, 1) - np.eye(n)).max(initial=0.0)
    if off > ROUNDING:
        raise ValueError(
            f"components of group {name!r} are not orthogonal: C C^T differs from I by {off:.2e} (allowed "
            f"{ROUNDING:g}); remedy: change to a basis in which the group is orthogonal"
        )
    if not len(algebra):
        return
    rows = algebra.reshape(len(algebra), -1)
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    if values[-1] <= _DEPENDENT * values[0]:
        raise ValueError(
            f"algebra of group {name!r}: its {len(algebra)} matrices are linearly dependent; "
            "remedy: give a basis"
        )
    brackets = np.einsum("aij,bjk->abik", algebra, algebra)
    brackets = (brackets - brackets.transpose(1, 0, 2, 3)).reshape(-1, n * n)
    moved = np.einsum("cij,ajk,clk->cail", components, algebra, components).reshape(-1, n * n)
    for vectors, rule in ((brackets, "the bracket AB - BA"), (moved, "conjugation by the components")):
        outside = np.abs(vectors - vectors @ basis.T @ basis).max(initial=0.0)
        if outside > ROUNDING * max(1.0, values[0] ** 2):
            raise ValueError(
                f"algebra of group {name!r} is not closed under {rule}: leaves its span by {outside:.2e}; "
                "remedy: add the missing directions"
            )


def _skew_basis(n: int) -> np.ndarray:
    i, j = np.triu_indices(n, 1)
    basis = np.zeros((len(i), n, n))
    basis[np.arange(len(i)), j, i] = 1.0
    basis[np.arange(len(i)), i, j] = -1.0
    return basis


def special_orthogonal(n: int) -> CompactGroup:
    r"""Make the rotations, :math:`SO(n)`, of dimension :math:`n(n-1)/2`.

    Args:
        n: Size of the matrices, from 1 to 16.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    n = checked_order(n, "n", 16)
    return CompactGroup(
        f"SO({n})",
        _skew_basis(n),
        np.zeros((0, n, n)),
        lambda rng, count: special_orthogonal_samples(n, rng, count),
        lambda degree: special_orthogonal_rule(n, degree),
        (lambda degree: special_orthogonal_classes(n, degree)) if n > 1 else None,
    )


def orthogonal(n: int) -> CompactGroup:
    r"""Make the rotations and reflections, :math:`O(n)`, with one reflection for the second component.

    Args:
        n: Size of the matrices, from 1 to 16.

    Raises:
        ValueError: ``n`` is no such integer.
    """
    n = checked_order(n, "n", 16)
    return CompactGroup(
        f"O({n})",
        _skew_basis(n),
        reflection(n)[None],
        lambda rng, count: orthogonal_samples(n, rng, count),
        lambda degree: orthogonal_rule(n, degree),
        (lambda degree: orthogonal_classes(n, degree)) if n > 1 else None,
    )


def compact_from_finite(faithful: Representation) -> CompactGroup:
    r"""Make a compact group of the matrices of a faithful representation of a finite group.

    Its Lie algebra is :math:`\{0\}`, every element is a component, and its average is exact at any degree.

    Args:
        faithful: ``(N, n, n)``, with matrices that are all different.

    Returns:
        The group; it is named as the finite group.

    Raises:
        ValueError: Two elements have the same matrix.
    """
    group, matrices = faithful.group, faithful.matrices
    # faithful exactly when only the identity is represented by I
    twins = np.flatnonzero(np.abs(matrices - np.eye(faithful.dim)).max(axis=(1, 2)) <= ROUNDING)
    if len(twins) > 1:
        raise ValueError(
            f"{faithful.name!r} is not faithful: element {twins[1]} of {group.name!r} acts as the identity; "
            "remedy: add a direct summand on which it acts, such as regular(group)"
        )
    uniform = Rule(matrices, np.full(group.order, 1 / group.order))
    return CompactGroup(
        group.name,
        np.zeros((0, faithful.dim, faithful.dim)),
        matrices[list(group.generators)],
        lambda rng, count: matrices[rng.integers(group.order, size=count)],
        lambda degree: uniform,
        lambda degree: uniform,
    )


def compact_product(first: CompactGroup, second: CompactGroup) -> CompactGroup:
    r"""Make the direct product :math:`G \times H` on block diagonal matrices :math:`g \oplus h`.

    Args:
        first: :math:`G`, matrices ``(n, n)``.
        second: :math:`H`, matrices ``(m, m)``.

    Returns:
        The group of matrices ``(n + m, n + m)``; exact rules where both factors have them.
    """
    n, m = first.n, second.n

    def lift(part: np.ndarray, place: int, rest: float) -> np.ndarray:
        other = np.tile(rest * np.eye(m if place == 0 else n), (len(part), 1, 1))
        return block_diagonal(part, other) if place == 0 else block_diagonal(other, part)

    def both(one: Exact | None, two: Exact | None) -> Exact | None:
        if one is None or two is None:
            return None
        return lambda degree: product_rule(one(degree), two(degree))

    return CompactGroup(
        f"{first.name} x {second.name}",
        np.concatenate([lift(first.algebra, 0, 0.0), lift(second.algebra, 1, 0.0)]),
        np.concatenate([lift(first.components, 0, 1.0), lift(second.components, 1, 1.0)]),
        lambda rng, count: block_diagonal(first.sample(rng, count), second.sample(rng, count)),
        both(first.rule, second.rule),
        both(first.classes, second.classes),
    )


def same_compact_group(first: CompactGroup, second: CompactGroup) -> bool:
    """Tell whether two compact groups are given by the same matrices (names aside)."""
    return first is second or (
        np.array_equal(first.algebra, second.algebra) and np.array_equal(first.components, second.components)
    )

r"""Discovery: a heuristic that finds :math:`\mathcal E^G` from data alone, without knowing the group.

Vanilla training keeps the laws on :math:`\mathcal E^G` there when data are equivariant (up to an escape
that fades as N grows), and no smaller subspace that training does not already respect. So from
:math:`E_0=\{0\}`, for j = 0, 1, ...: start N particles in :math:`E_j`, train, and compare the final cloud
:math:`\nu_j` with its projection. If

.. math:: \mathrm{RMD}^2(\nu_j,P_{E_j}\#\nu_j)>\delta

it has *left*: :math:`E_j` gets one more direction, made from the residuals
:math:`r_i=\theta_i-P_{E_j}\theta_i`. If not it has *stayed*, and :math:`E_j` is the answer. The direction is
the mean residual (rule ``mean``) or the leading right singular vector of the residuals (rule ``singular``):
the line that is nearest to them, which does not care whether particles leave to one side or to both.

The group of the unit is never used: training sees a copy of the unit without it. Source: [MF], Section 4
(figure on page 9) and Appendix F; threshold and direction rule are not given there.

Letters: N particles, D = dim Z, k = dim :math:`E_j`.
"""

import dataclasses
from typing import Any

import jax
import numpy as np
from jax import Array

from widesym.groups import Representation, Subspace, cyclic, trivial
from widesym.meanfield.dynamics import SGD, simulate
from widesym.meanfield.samples import Sample
from widesym.meanfield.schemes import scheme
from widesym.meanfield.teachers import Teacher
from widesym.meanfield.transport import rmd_squared_to_projection

RULES = ("singular", "mean")
ENDS = ("stays", "largest", "whole")
_START, _STEPS = 0, 1  # streams of a step's key


@dataclasses.dataclass(frozen=True)
class Search:
    r"""How the heuristic searches.

    Args:
        rule: ``singular`` or ``mean``, the direction rule.
        threshold: :math:`\delta`, on :math:`\mathrm{RMD}^2`, which lies in [0, 1/2]. It must stand above
            the escape from :math:`\mathcal E^G` itself at this N and batch, and below what leaves.
        N: particles.
        horizon: T; each step of the heuristic trains for N T steps of SGD. Long enough to leave where
            training leaves; what escapes by chance grows with it too.
        sgd: of the training. Its noise is projected on :math:`E_j` unless ``project_noise`` is off. A large
            batch makes the escape small: it falls like 1 / (N batch).
        spread: standard deviation of the starts' coordinates in :math:`E_j`.
        origin_spread: the same at :math:`E_0=\{0\}`, in all coordinates of Z; 0 starts all particles at 0.
            Needed where the gradient at 0 vanishes. A rotation-invariant start is weakly invariant for
            every group, so the mean of the trained cloud still points into :math:`\mathcal E^G`: the
            first direction is the mean with both rules.
        max_dim: give up beyond this dimension; None: at the whole space.
        precision, backend: as for :func:`~widesym.meanfield.dynamics.simulate`.

    Raises:
        ValueError: numbers for which the search is not defined.
    """

    rule: str = "singular"
    threshold: float = 1e-3
    N: int = 100
    horizon: float = 5.0
    sgd: SGD = SGD(batch=3000)
    spread: float = 0.25
    origin_spread: float = 0.0
    max_dim: int | None = None
    precision: str = "float32"
    backend: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what defines no search, with the rule and the remedy."""
        if self.rule not in RULES:
            raise ValueError(f"unknown direction rule {self.rule!r}; valid: {', '.join(RULES)}")
        if not 0 < self.threshold < 0.5:
            raise ValueError(
                f"threshold must lie in (0, 1/2), where RMD^2 to a projection lies, got {self.threshold}; "
                "1e-3 is usual"
            )
        if self.N < 1 or not round(self.horizon * self.N) >= 1:
            raise ValueError(
                f"N={self.N} particles and horizon T={self.horizon} must give a step or more, N T; raise them"
            )
        if not (self.spread > 0 and np.isfinite(self.spread)):
            raise ValueError(
                f"spread must be positive, got {self.spread}: particles at one point cannot leave a line "
                "both ways; 0.25 is usual"
            )
        if not (self.origin_spread >= 0 and np.isfinite(self.origin_spread)):
            raise ValueError(f"origin_spread must not be negative, got {self.origin_spread}; 0 starts at 0")
        if self.max_dim is not None and self.max_dim < 0:
            raise ValueError(f"max_dim must not be negative, got {self.max_dim}; None searches everywhere")


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    r"""The evidence of one step of the heuristic.

    Args:
        subspace: :math:`E_j`.
        start, end: the cloud before and after training, (N, D).
        rmd_squared: :math:`\mathrm{RMD}^2` of the end to its projection on :math:`E_j`. At
            :math:`E_0=\{0\}` it is 1/2 for every cloud that is not at 0: there it says only that
            something moved.
        threshold: what it was compared with.
        singular_values: of the residuals (N, D), the largest first; a gap after the first says that one
            direction explains how the cloud left.
        direction: what :math:`E_j` is extended by, (D,), of norm 1; None when the cloud stayed.
    """

    subspace: Subspace
    start: np.ndarray
    end: np.ndarray
    rmd_squared: float
    threshold: float
    singular_values: np.ndarray
    direction: np.ndarray | None

    @property
    def leaves(self) -> bool:
        """Whether the cloud left the subspace."""
        return self.rmd_squared > self.threshold


@dataclasses.dataclass(frozen=True, eq=False)
class Discovery:
    """What the heuristic found, and its evidence.

    Args:
        steps: one for each subspace that was tried, of dimensions 0, 1, 2, ...
        subspace: the last one.
        ended: ``stays`` when the cloud stayed in it; ``whole`` when it is the whole space, in which
            every cloud stays; ``largest`` when the cloud left it and no larger one was allowed.
    """

    steps: tuple[Step, ...]
    subspace: Subspace
    ended: str

    def sines(self, reference: Subspace) -> np.ndarray:
        """Return the sines (S,) of the largest angles to a known subspace, of those tried and the last."""
        tried = [step.subspace for step in self.steps]
        if tried[-1].dim != self.subspace.dim:
            tried.append(self.subspace)
        return np.array([largest_angle_sine(found, reference) for found in tried])

    def __repr__(self) -> str:
        """Tell the search step by step."""
        lines = [
            f"E_{j}: dim {step.subspace.dim}, RMD^2 = {step.rmd_squared:.2e} "
            f"{'>' if step.leaves else '<='} {step.threshold:g}: {'leaves' if step.leaves else 'stays'}"
            for j, step in enumerate(self.steps)
        ]
        found = f"found: dim {self.subspace.dim} of {self.subspace.ambient} ({self.ended})"
        return "\n".join([*lines, found])


def discover(data: Teacher | Sample, key: Array, search: Search = Search(), **changes: Any) -> Discovery:
    r"""Search the smallest subspace, grown from {0}, that vanilla training does not leave.

    For equivariant data that need all of it, this is :math:`\mathcal E^G`.

    Args:
        data: a teacher or a sample of one's own; of its unit only the function is used, not the group.
        key: one typed key; step j uses ``fold_in(key, j)``.
        search: how to search.
        **changes: fields of :class:`Search` to set beside it, such as ``rule="mean"`` or ``N=200``.

    Returns:
        The subspace, how the search ended, and the evidence of every step.

    Raises:
        ValueError: an unknown field, a value that Search refuses, a key that is none, ``max_dim`` beyond D,
            a mean residual of exactly 0.
        Divergence: a cloud stopped being finite. Source: [MF], Section 4.
    """
    unknown = set(changes) - {field.name for field in dataclasses.fields(Search)}
    if unknown:
        valid = ", ".join(field.name for field in dataclasses.fields(Search))
        raise ValueError(f"unknown setting {sorted(unknown)} of a search; valid: {valid}")
    search = dataclasses.replace(search, **changes)
    D = data.unit.D
    if search.max_dim is not None and search.max_dim > D:
        raise ValueError(
            f"max_dim={search.max_dim} is more than the {D} dimensions of the unit {data.unit.name!r}; "
            "use None for all"
        )
    _check_key(key)
    steps, E = [], Subspace(np.zeros((D, 0)))
    largest = D if search.max_dim is None else search.max_dim
    while True:
        step = depart(data, jax.random.fold_in(key, E.dim), E, search)
        steps.append(step)
        if not step.leaves:
            return Discovery(tuple(steps), E, "stays")
        if E.dim >= largest:
            return Discovery(tuple(steps), E, "largest")
        E = Subspace(np.column_stack([E.basis, step.direction]))
        if E.dim == D:
            return Discovery(tuple(steps), E, "whole")


def depart(data: Teacher | Sample, key: Array, subspace: Subspace, search: Search) -> Step:
    r"""Train from a start in a subspace and see whether the cloud leaves it: one step of the heuristic.

    Args:
        data: a teacher or a sample; of its unit only the function is used.
        key: one typed key.
        subspace: :math:`E`, in R^D.
        search: how to train, and the rule for the direction.

    Returns:
        The evidence. Called with :math:`\mathcal E^G` it measures the escape that a threshold must exceed.

    Raises:
        ValueError: a subspace of another space, a bad key, a mean residual of exactly 0.
        Divergence: a cloud stopped being finite. Source: [MF], Section 4.
    """
    D, N = data.unit.D, search.N
    if subspace.ambient != D:
        raise ValueError(
            f"the subspace lies in R^{subspace.ambient}, the particles of {data.unit.name!r} in R^{D}; "
            "give a subspace of their space"
        )
    _check_key(key)
    drawn = jax.random.fold_in(key, _START)
    basis, spread = (subspace.basis, search.spread) if subspace.dim else (np.eye(D), search.origin_spread)
    normal = np.asarray(jax.random.normal(drawn, (N, basis.shape[1]), np.float32), np.float64)
    start = spread * normal @ basis.T
    trained = simulate(
        without_group(data, subspace),
        [scheme("vanilla")],
        start[None],
        jax.random.fold_in(key, _STEPS)[None],
        search.sgd,
        [round(search.horizon * N)],
        precision=search.precision,
        backend=search.backend,
    )
    end = trained.clouds[0, 0, 0].astype(np.float64)
    distance = rmd_squared_to_projection(end, subspace)
    residuals = end - end @ subspace.projector
    _, values, rows = np.linalg.svd(residuals, full_matrices=False)
    direction = None
    if distance > search.threshold:
        by_mean = search.rule == "mean" or subspace.dim == 0
        direction = _unit(residuals.mean(axis=0) if by_mean else rows[0], subspace)
    return Step(subspace, start, end, distance, search.threshold, values, direction)


def without_group(data: Teacher | Sample, subspace: Subspace) -> Teacher | Sample:
    r"""Return the data with a unit that knows nothing of its group, only of a subspace E.

    Inputs and outputs carry trivial actions, the parameters the reflection :math:`2P_E-I`, whose fixed
    space is E: "noise projected on the invariant vectors" then means noise projected on E. The reflection
    is no symmetry of the unit; vanilla training uses the action for nothing else.
    """
    unit, two = data.unit, cyclic(2)
    identity = np.eye(unit.D)
    reflection = Representation(two, np.stack([identity, 2 * subspace.projector - identity]), "reflection")
    blind = dataclasses.replace(
        unit, rho_in=trivial(two, unit.d), rho_out=trivial(two, unit.c), action=reflection
    )
    return dataclasses.replace(data, unit=blind)


def _check_key(key: Array) -> None:
    if not (jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key) and key.shape == ()):
        raise ValueError(
            f"need one typed key, got shape {key.shape} of {key.dtype}; make it by jax.random.key(0)"
        )


def _unit(vector: np.ndarray, subspace: Subspace) -> np.ndarray:
    """Return the vector's part across the subspace, of norm 1."""
    for _ in range(2):  # the second time removes what rounding left
        vector = vector - subspace.projector @ vector
        norm = np.linalg.norm(vector)
        if norm == 0:
            raise ValueError(
                f"the mean residual across the subspace of dimension {subspace.dim} is exactly 0 and gives "
                "no direction; use the rule 'singular', or a spread at the origin"
            )
        vector = vector / norm
    return vector


def largest_angle_sine(first: Subspace, second: Subspace) -> float:
    r"""Return the sine of the largest principal angle between two subspaces, in [0, 1].

    .. math:: \sin\angle(E,F)=\|(I-P_F)B_E\|_2,\qquad \dim E\le\dim F,

    0 iff the smaller lies in the larger; for equal dimensions it is :math:`\|P_E-P_F\|_2`.

    Raises:
        ValueError: subspaces of different spaces. Source: Golub and Van Loan (2013), section 6.4.
    """
    if first.ambient != second.ambient:
        raise ValueError(
            f"subspaces of R^{first.ambient} and R^{second.ambient} have no angle; give two of one space"
        )
    small, large = sorted((first, second), key=lambda E: E.dim)
    if small.dim == 0:
        return 0.0
    return min(1.0, float(np.linalg.norm(small.basis - large.projector @ small.basis, 2)))

"""Teachers: the numbers of the paper, and the symmetry that each kind must and must not have."""

import numpy as np
import pytest

from widesym.groups import invariant_subspace
from widesym.meanfield.laws import is_strongly_invariant, is_weakly_invariant
from widesym.meanfield.teachers import TEACHERS, Teacher, paper_teacher, paper_unit

SYMMETRY = {"arbitrary": (False, False), "WI": (True, False), "SI": (True, True)}


@pytest.mark.parametrize("name", TEACHERS)
def test_each_teacher_has_just_its_symmetry(name):
    teacher = paper_teacher(name)
    action = teacher.unit.action
    found = is_weakly_invariant(teacher.theta, action), is_strongly_invariant(teacher.theta, action)
    assert found == SYMMETRY[name]


@pytest.mark.parametrize("name", TEACHERS)
def test_equivariant_teachers_give_equivariant_data(name, key):
    import jax

    teacher = paper_teacher(name)
    x = 4 * jax.random.normal(key, (50, 2))
    defect = float(abs(teacher.label(x[:, ::-1]) - teacher.label(x)[:, ::-1]).max())
    assert (defect < 1e-12) == (name != "arbitrary")


def test_the_numbers_are_the_papers():
    assert [len(paper_teacher(name).theta) for name in TEACHERS] == [5, 10, 5]
    np.testing.assert_array_equal(paper_teacher("arbitrary").theta[1], [0.25, 0.5, 0, 0.5])
    # (0.5, 1) in (I, P) / sqrt(2), times 0.5
    expected = np.array([0.25, 0.5, 0.5, 0.25]) / np.sqrt(2)
    np.testing.assert_allclose(paper_teacher("SI").theta[1], expected, rtol=1e-15)
    assert invariant_subspace(paper_unit().action).dim == 2


def test_the_equivariant_risk_floor_of_the_arbitrary_teacher(key):
    # E |f - Q_G f|^2 = 0.0329 by an independent computation; 4 standard errors of 10^5 samples are 0.0004
    import jax

    teacher = paper_teacher("arbitrary")
    x = 4 * jax.random.normal(key, (100_000, 2))
    f = np.asarray(teacher.label(x))
    averaged = (f + np.asarray(teacher.label(x[:, ::-1]))[:, ::-1]) / 2
    assert np.mean(np.sum((f - averaged) ** 2, axis=1)) == pytest.approx(0.0329, abs=6e-4)


def test_bad_teachers_are_refused():
    with pytest.raises(ValueError, match="valid: arbitrary, WI, SI"):
        paper_teacher("wi")
    unit = paper_unit()
    with pytest.raises(ValueError, match="finite particles"):
        Teacher("t", unit, np.full((2, 4), np.nan), 1.0)
    with pytest.raises(ValueError, match="finite particles"):
        Teacher("t", unit, np.ones((2, 3)), 1.0)
    with pytest.raises(ValueError, match="scale must be positive"):
        Teacher("t", unit, np.ones((2, 4)), 0.0)

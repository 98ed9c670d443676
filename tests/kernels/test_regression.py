import subprocess
import sys
import textwrap

import numpy as np
import pytest

from widesym.kernels import regression
from widesym.kernels.regression import cross_validated_ridge, learning_curve, one_hot, predict

# both sides solve systems of condition 1e4 to 1e5 in float64, in different orders
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@pytest.fixture
def problem():
    """Kernels of random features, two sets of labels in three classes: train, test, targets, truth."""
    random = np.random.default_rng(5)
    features = random.standard_normal((70, 60))
    kernel = features @ features.T + 0.1
    targets = one_hot(random.integers(0, 3, 140), 3).reshape(2, 70, 3)
    return kernel[:40, :40], kernel[40:, :40], targets[:, :40], targets[:, 40:]


def slow(train, test, targets, ridge, scale):
    """One label set, by the formula."""
    return test @ np.linalg.solve(train + ridge * scale * np.eye(len(train)), targets)


def test_predictions_are_the_formula(problem):
    train, test, targets, _ = problem
    before = [array.copy() for array in problem]
    found = predict(train, test, targets, ridge=1e-3)
    assert found.shape == (2, 30, 3) and found.dtype == np.float64
    for one, labels in zip(found, targets, strict=True):
        np.testing.assert_allclose(one, slow(train, test, labels, 1e-3, train.diagonal().mean()), **CLOSE)
    np.testing.assert_allclose(predict(train, test, targets[0], ridge=1e-3), found[0], **CLOSE)
    for array, copy in zip(problem, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_curve_is_a_solve_for_each_size(problem, monkeypatch):
    train, test, targets, truth = problem
    monkeypatch.setattr(regression, "_BLOCK", 7)  # several blocks of test images, and one that is not full
    sizes = (1, 2, 17, 40)
    curve = learning_curve(train, test, targets, truth, sizes, ridge=1e-3)
    assert curve.accuracy.shape == curve.mse.shape == (2, 4) and curve.correct.shape == (2, 4, 30)
    for labels, answers, accuracy, mse, correct in zip(
        targets, truth, curve.accuracy, curve.mse, curve.correct, strict=True
    ):
        for i, n in enumerate(sizes):
            f = slow(train[:n, :n], test[:, :n], labels[:n], 1e-3, train.diagonal().mean())
            np.testing.assert_array_equal(correct[i], f.argmax(1) == answers.argmax(1))
            np.testing.assert_allclose(accuracy[i], np.mean(f.argmax(1) == answers.argmax(1)), rtol=1e-15)
            np.testing.assert_allclose(mse[i], np.mean((f - answers) ** 2), **CLOSE)
    assert learning_curve(train, test, targets[0], truth[0], sizes, ridge=1e-3).mse.shape == (4,)


def test_the_scale_of_the_kernel_does_not_matter(problem):
    train, test, targets, _ = problem
    np.testing.assert_allclose(
        predict(1e6 * train, 1e6 * test, targets), predict(train, test, targets), **CLOSE
    )


def test_single_precision_kernels_are_solved_in_double(problem):
    train, test, targets, truth = problem
    train, test = train.astype(np.float32), test.astype(np.float32)
    single = learning_curve(train, test, targets, truth, [40])
    double = learning_curve(train.astype(np.float64), test.astype(np.float64), targets, truth, [40])
    np.testing.assert_array_equal(single.mse, double.mse)


def test_one_number_a_target_is_told_by_its_sign(problem):
    train, test, targets, truth = problem
    curve = learning_curve(train, test, targets[..., :1], truth[..., :1], [40])
    sign = predict(train, test, targets[..., :1])[..., 0] > 0
    np.testing.assert_array_equal(curve.correct[:, 0], sign == (truth[..., 0] > 0))


def test_targets_have_mean_zero():
    found = one_hot([2, 0], 4)
    np.testing.assert_array_equal(found, [[-0.25, -0.25, 0.75, -0.25], [0.75, -0.25, -0.25, -0.25]])


def test_leave_one_out_is_what_it_says(problem, monkeypatch):
    train, _, targets, _ = problem
    monkeypatch.setattr(regression, "_BLOCK", 7)
    ridges, scale = [1e-4, 1e-2, 1.0], train.diagonal().mean()
    found = cross_validated_ridge(train, targets, ridges)
    for ridge, mse, accuracy in zip(ridges, found.mse, found.accuracy, strict=True):
        errors, right = [], []
        for labels in targets:
            for i in range(len(train)):
                kept = np.arange(len(train)) != i
                f = slow(train[np.ix_(kept, kept)], train[i, kept], labels[kept], ridge, scale)
                errors.append(np.mean((f - labels[i]) ** 2))
                right.append(f.argmax() == labels[i].argmax())
        np.testing.assert_allclose(mse, np.mean(errors), rtol=1e-8)
        np.testing.assert_allclose(accuracy, np.mean(right), rtol=1e-15)
    assert found.ridge == ridges[found.mse.argmin()]


def test_the_ridge_that_generated_the_data_is_chosen():
    """Targets drawn from the Gaussian process itself: the noise is the best ridge, within a factor."""
    random = np.random.default_rng(1)
    features = random.standard_normal((300, 40)) / 40**0.5
    kernel = features @ features.T
    noise = 0.1
    targets = features @ random.standard_normal((40, 200)) + noise**0.5 * random.standard_normal((300, 200))
    ridges = np.array([1e-3, 1e-2, 0.1, 1.0, 10.0]) / kernel.diagonal().mean()
    assert cross_validated_ridge(kernel, targets, ridges).ridge == ridges[2]


def not_positive():
    """A matrix with eigenvalues 1 and one of -0.01, and a mean diagonal of nearly 1."""
    vector = np.random.default_rng(0).standard_normal(20)
    vector /= np.linalg.norm(vector)
    return np.eye(20) - 1.01 * np.outer(vector, vector)


def test_a_matrix_that_is_not_positive_is_refused_and_the_remedy_helps():
    matrix, targets = not_positive(), np.ones((20, 1))
    for call in (
        lambda ridge: predict(matrix, matrix, targets, ridge=ridge),
        lambda ridge: learning_curve(matrix, matrix, targets, targets, [20], ridge=ridge),
        lambda ridge: cross_validated_ridge(matrix, targets, [ridge]),
    ):
        with pytest.raises(ValueError, match="smallest eigenvalue is -0.01,") as refused:
            call(1e-3)
        remedy = float(str(refused.value).partition("take ridge=")[2].split()[0])
        assert remedy < 0.03
        call(remedy)


def test_images_that_occur_twice_need_a_ridge():
    x = np.random.default_rng(0).standard_normal((10, 30))
    twice = np.concatenate([x, x])
    kernel = twice @ twice.T
    with pytest.raises(ValueError, match="occur twice"):
        predict(kernel, kernel, np.ones((20, 1)), ridge=0.0)
    assert np.isfinite(predict(kernel, kernel, np.ones((20, 1)))).all()


def test_a_factor_of_roundings_is_no_factor():
    """Cholesky's algorithm comes to an end here, with a last pivot that is one rounding."""
    kernel = np.array([[1.0, 1.0], [1.0, 1.0 + np.finfo(float).eps]])
    assert np.isfinite(np.linalg.cholesky(kernel)).all()
    with pytest.raises(ValueError, match="not positive with ridge=0:"):
        predict(kernel, kernel, np.ones((2, 1)), ridge=0.0)


EYE, ONES = np.eye(3), np.ones((3, 1))
BAD = [
    (lambda: predict(np.ones((3, 2)), EYE, ONES), r"shape \(m, m\)"),
    (lambda: predict(EYE, np.ones((3, 2)), ONES), r"test must be a kernel of shape \(t, 3\)"),
    (lambda: predict(EYE, EYE, np.ones(3)), r"targets\[:, None\]"),
    (lambda: predict(EYE.astype(int), EYE, ONES), "float32 or float64, got int64"),
    (lambda: predict(np.full((3, 3), np.nan), EYE, ONES), "train must be finite"),
    (lambda: predict(EYE, np.full((1, 3), np.inf), ONES), "test must be finite"),
    (lambda: predict(EYE, EYE, ONES * np.nan), "targets must be finite"),
    (lambda: predict(-EYE, EYE, ONES), "mean diagonal of train is -1"),
    (lambda: predict(EYE + np.triu(EYE[::-1], 1) / 1e3, EYE, ONES), "not symmetric: entries differ by 0.001"),
    (lambda: predict(EYE, EYE, ONES, ridge=-1.0), "ridge=-1.0 must be a fraction"),
    (lambda: predict(EYE, EYE, ONES, ridge=np.inf), "ridge=inf must be a fraction"),
    (lambda: learning_curve(EYE, EYE, ONES, np.ones((2, 1)), [3]), r"truth must be of shape \(3, 1\)"),
    (lambda: learning_curve(EYE, EYE, ONES, ONES, [2, 2]), r"increasing whole numbers.*\[2, 2\]"),
    (lambda: learning_curve(EYE, EYE, ONES, ONES, []), "at least one"),
    (lambda: learning_curve(EYE, EYE, ONES, ONES, [0, 2]), "from 1 to 3"),
    (lambda: learning_curve(EYE, EYE, ONES, ONES, [4]), "from 1 to 3"),
    (lambda: learning_curve(EYE, EYE, ONES, ONES, [1.5]), "whole numbers"),
    (lambda: cross_validated_ridge(EYE, ONES, []), "at least one"),
    (lambda: cross_validated_ridge(EYE, ONES, [-1.0]), "ridge=-1.0"),
    (lambda: cross_validated_ridge(np.ones((3, 2)), ONES, [1.0]), r"shape \(m, m\)"),
    (lambda: one_hot([0.0, 1.0], 2), "labels must be integers"),
    (lambda: one_hot([0, 2], 2), "from 0 to 1, got 0 to 2"),
    (lambda: one_hot([-1, 1], 2), "from 0 to 1, got -1 to 1"),
    (lambda: one_hot([0], 1), "classes=1 must be at least 2"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_what_means_nothing_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_float64_matrix_beside_the_inputs():
    """m = 3,000 in float32: the peak grows by one float64 matrix, 72 MB, not by two."""
    script = """
        import re
        from pathlib import Path
        import numpy as np
        from widesym.kernels.regression import learning_curve
        def peak():  # getrusage's is inherited from the process that starts this one
            return 1024 * int(re.search(r"VmHWM:\\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1])
        def matrices(n):
            train = np.full((n, n), 0.5, np.float32)
            train[np.diag_indices(n)] = 1
            return train, train[:100].copy(), np.ones((n, 2)), np.ones((100, 2))
        learning_curve(*matrices(300), [100, 300])  # what LAPACK and NumPy take once
        inputs = matrices(3000)
        before = peak()
        learning_curve(*inputs, [1000, 3000])
        print(peak() - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 1.6 * 8 * 3000**2

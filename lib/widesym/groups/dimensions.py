r"""The dimension of a group of orthogonal matrices, counted in three ways that share nothing.

For a group :math:`G=\{g\in O(n):gC_j=C_jg\}` with Lie algebra
:math:`\mathfrak g=\{A:A^\top=-A,\ AC_j=C_jA\}`:

- as the null space of these linear equations (:func:`commuting`);
- as the smallest algebra that holds a few random elements of it
  (:func:`widesym.groups.lie.lie_closure`): two generic elements of a compact semisimple Lie algebra generate
  all of it;
- as the span of :math:`\log g^2` over drawn elements g (:func:`logarithms`, :func:`rank`). The square lies
  in the component of the identity and has no eigenvalue -1, almost surely, so that its principal logarithm
  is real; as a function of g it commutes with what g commutes with.

Shapes: ``n`` size of the matrices, ``m`` of them. float64.
"""

import numpy as np
from scipy.linalg import schur

from widesym.groups.checks import real_array

_INDEPENDENT = 1e-9  # singular values below this share of the largest count as rounding


def commuting(matrices: np.ndarray) -> np.ndarray:
    r"""Return an orthonormal basis, ``(k, n, n)``, of the skew matrices that commute with all given ones.

    Args:
        matrices: ``(m, n, n)``; m may be 0.

    Raises:
        ValueError: no stack of square matrices.
    """
    matrices = _stack(matrices)
    n = matrices.shape[1]
    eye = np.eye(n)
    # row-major: vec(A C) = (I kron C^T) vec A, vec(C A) = (C kron I) vec A, vec(A^T) is A's entries swapped
    swap = np.eye(n * n).reshape(n, n, n * n).transpose(1, 0, 2).reshape(n * n, n * n)
    rows = [np.eye(n * n) + swap, *(np.kron(eye, c.T) - np.kron(c, eye) for c in matrices)]
    _, values, right = np.linalg.svd(np.concatenate(rows), full_matrices=False)
    return right[values <= _INDEPENDENT * values[0]].reshape(-1, n, n)


def logarithms(elements: np.ndarray) -> np.ndarray:
    r"""Return the principal :math:`\log g^2`, skew, of orthogonal matrices g; both ``(m, n, n)``.

    Raises:
        ValueError: no stack of square matrices.
    """
    found = []
    for g in _stack(elements):
        # a normal matrix: its Schur form is diagonal, also where eigenvalues repeat
        diagonal, basis = schur(g @ g, output="complex")
        angles = np.angle(np.diagonal(diagonal))
        found.append(np.real((basis * (1j * angles)) @ basis.conj().T))
    return np.array(found)


def rank(matrices: np.ndarray) -> int:
    """Return the dimension of the span of matrices ``(m, n, n)``.

    Raises:
        ValueError: no stack of square matrices.
    """
    matrices = _stack(matrices)
    if not len(matrices):
        return 0
    values = np.linalg.svd(matrices.reshape(len(matrices), -1), compute_uv=False)
    return int((values > _INDEPENDENT * values[0]).sum()) if values[0] > 0 else 0


def _stack(matrices: np.ndarray) -> np.ndarray:
    matrices = real_array(matrices, "matrices")
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2]:
        raise ValueError(
            f"matrices have shape {matrices.shape}: must be (m, n, n); remedy: give one as matrix[None]"
        )
    return matrices

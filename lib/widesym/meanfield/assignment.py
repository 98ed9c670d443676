r"""Assignments: the permutation that pairs two clouds of equal size at the least squared distance.

For :math:`x_1,\dots,x_N` and :math:`y_1,\dots,y_N` in :math:`\mathbb R^D`, with :math:`c_{ij}=\|x_i-y_j\|^2`,

.. math:: \min_\pi \frac1N \sum_i c_{i\pi(i)}
    = \max_v \frac1N \Big(\sum_i \min_j (c_{ij}-v_j) + \sum_j v_j\Big).

Costs are never stored: a particle keeps its ``K`` cheapest partners at the prices ``v`` of the moment and a
bound under all the others. Prices only fall, so both stay valid until a choice needs a partner beyond the
bound; then that particle alone looks at the whole cloud again. Three steps: prices of the optimal linear map
between the clouds' covariances; an auction with falling increments (Bertsekas 1988), which makes the prices
nearly optimal; shortest augmenting paths (Jonker and Volgenant 1987), which make the pairing optimal,
whatever prices they start from.

Shapes: ``N`` particles, ``D`` dimension, ``K`` partners kept. float64. Memory is O(N (D + K)).
"""

import numba
import numpy as np

# Partners kept for a particle; from 12 to 48 the time was the same to 20 %.
PARTNERS = 24
# First and last increment of the auction and the ratio between: of the clouds' mean square, of the mean cost
# of the cheapest partners, per round. They move the time, never the result.
FIRST, LAST, RATIO = 0.1, 1e-3, 7.0
# A round of the auction stops after this many bids a particle; the augmenting paths do the rest.
BIDS = 60
# Below this share of particles whose cheapest partner is wanted by another one, the auction has nothing to
# add.
FEW_CONFLICTS = 0.02

# error_model: otherwise numba checks every division and nothing vectorises.
_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


def assign(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Pair two clouds of equal size at the least mean squared distance.

    .. math:: \pi \in \arg\min_\pi \sum_i \|x_i - y_{\pi(i)}\|^2 .

    Args:
        x: ``(N, D)`` float64, finite, centred, entries of order one (see :mod:`widesym.meanfield.transport`,
            which prepares and certifies).
        y: the same.

    Returns:
        ``partner``: ``(N,)`` ints, a permutation, :math:`\pi`.
        ``price``: ``(N,)`` float64, :math:`v`, optimal in the formula above to rounding.

    Source: Jonker and Volgenant, Computing 38 (1987); Bertsekas, Annals of Operations Research 14 (1988).
    """
    size = len(x)
    x = np.ascontiguousarray(x)
    y_rows = np.ascontiguousarray(y.T)
    price = _linear_map_price(x, y)
    kept = min(PARTNERS, size)
    columns = np.zeros((size, kept), np.int64)
    costs = np.zeros((size, kept))
    beyond = np.zeros(size)
    buffer = np.empty(size)
    row_of = np.full(size, -1)
    column_of = np.full(size, -1)
    for row in range(size):
        _look(row, x, y_rows, price, buffer, columns, costs, beyond)
    if len(np.unique(columns[:, 0])) < (1 - FEW_CONFLICTS) * size:
        mean_square = float(np.mean(np.sum(x**2, 1)) + np.mean(np.sum(y**2, 1)))
        # The second term: clouds on a few points have cheapest costs of 0, and increments must stay positive.
        last = LAST * max(float(costs[:, 0].mean()), 1e-3 * mean_square)
        step = max(FIRST * mean_square, last)
        while True:
            _auction(x, y_rows, price, step, row_of, column_of, buffer, columns, costs, beyond, BIDS * size)
            if step <= last:
                break
            step = max(step / RATIO, last)
    _augment(x, y_rows, price, row_of, column_of, buffer, columns, costs, beyond)
    return column_of, price


def _linear_map_price(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Price |y|^2 - y.Ay of the optimal map A between Gaussian laws with the clouds' covariances."""
    var_x, var_y = x.T @ x / len(x), y.T @ y / len(y)
    # Clouds in a subspace have singular covariances; any price is allowed, so a ridge does no harm.
    ridge = 1e-10 * (np.trace(var_x) + np.trace(var_y)) + np.finfo(float).tiny
    values, vectors = np.linalg.eigh(var_y)
    values = np.sqrt(np.maximum(values, 0.0) + ridge)
    root, inverse_root = (vectors * values) @ vectors.T, (vectors / values) @ vectors.T
    values, vectors = np.linalg.eigh(root @ var_x @ root)
    linear = inverse_root @ ((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T) @ inverse_root
    return np.sum((y - y @ linear) * y, axis=1)


@_compiled
def _look(row, x, y_rows, price, buffer, columns, costs, beyond):
    """Find the cheapest partners of a row at the present prices, and the least price beyond them."""
    dim, size = y_rows.shape
    kept = columns.shape[1]
    buffer[:] = 0.0
    # One coordinate at a time over contiguous memory: this loop vectorises.
    for d in range(dim):
        coordinate = x[row, d]
        for j in range(size):
            difference = coordinate - y_rows[d, j]
            buffer[j] += difference * difference
    keys = np.full(kept + 1, np.inf)
    found = np.empty(kept + 1, np.int64)
    for j in range(size):
        key = buffer[j] - price[j]
        if key < keys[kept]:
            s = kept
            while s > 0 and keys[s - 1] > key:
                keys[s] = keys[s - 1]
                found[s] = found[s - 1]
                s -= 1
            keys[s] = key
            found[s] = j
    for s in range(kept):
        columns[row, s] = found[s]
        costs[row, s] = buffer[found[s]]
    beyond[row] = keys[kept]


@_compiled
def _best_two(row, x, y_rows, price, buffer, columns, costs, beyond):
    """Return the two least costs minus prices of a row over the whole cloud, and where the least is."""
    for _ in range(2):
        first = second = np.inf
        partner = -1
        for s in range(columns.shape[1]):
            key = costs[row, s] - price[columns[row, s]]
            if key < first:
                second = first
                first = key
                partner = columns[row, s]
            elif key < second:
                second = key
        if second <= beyond[row]:
            break
        _look(row, x, y_rows, price, buffer, columns, costs, beyond)
    return first, second, partner


@_compiled
def _auction(x, y_rows, price, step, row_of, column_of, buffer, columns, costs, beyond, most_bids):
    """Let unpaired rows bid: the best partner's price falls until it is step worse than the second best."""
    size = x.shape[0]
    row_of[:] = -1
    column_of[:] = -1
    waiting = np.arange(size)
    head, count, bids = 0, size, 0
    while count > 0 and bids < most_bids:
        row = waiting[head]
        head = (head + 1) % size
        count -= 1
        first, second, partner = _best_two(row, x, y_rows, price, buffer, columns, costs, beyond)
        if second == np.inf:  # a cloud of one particle
            second = first
        price[partner] -= second - first + step
        outbid = row_of[partner]
        row_of[partner] = row
        column_of[row] = partner
        if outbid >= 0:
            column_of[outbid] = -1
            waiting[(head + count) % size] = outbid
            count += 1
        bids += 1


@_compiled
def _push(keys, nodes, size, key, node):
    """Add to a binary heap; return its new size."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if keys[parent] <= key:
            break
        keys[place] = keys[parent]
        nodes[place] = nodes[parent]
        place = parent
    keys[place] = key
    nodes[place] = node
    return size + 1


@_compiled
def _pop(keys, nodes, size):
    """Remove the top of a binary heap; return its new size."""
    size -= 1
    key, node = keys[size], nodes[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[place] = keys[child]
        nodes[place] = nodes[child]
        place = child
    keys[place] = key
    nodes[place] = node
    return size


@_compiled
def _keep_tight_pairs(x, y_rows, price, profit, row_of, column_of, buffer, columns, costs, beyond):
    """Set each row's profit to its least cost minus price, and keep only pairs that attain it."""
    size = x.shape[0]
    wanted = np.empty(size, np.int64)
    for row in range(size):
        profit[row], _, wanted[row] = _best_two(row, x, y_rows, price, buffer, columns, costs, beyond)
    row_of[:] = -1
    for row in range(size):
        if column_of[row] == wanted[row]:
            row_of[wanted[row]] = row
        else:
            column_of[row] = -1
    for row in range(size):
        if column_of[row] < 0 and row_of[wanted[row]] < 0:
            row_of[wanted[row]] = row
            column_of[row] = wanted[row]


@_compiled
def _augment(x, y_rows, price, row_of, column_of, buffer, columns, costs, beyond):
    """Pair the remaining rows by shortest augmenting paths in reduced costs, updating prices along each."""
    size, kept = columns.shape
    profit = np.empty(size)
    _keep_tight_pairs(x, y_rows, price, profit, row_of, column_of, buffer, columns, costs, beyond)
    distance = np.full(size, np.inf)  # of a column from the free row
    reached_at = np.zeros(size)  # the same of a row, which is that of its column
    previous = np.empty(size, np.int64)
    done = np.zeros(size, np.bool_)
    touched = np.empty(size, np.int64)
    finished = np.empty(size, np.int64)
    keys, nodes = np.empty(4 * size + 8), np.empty(4 * size + 8, np.int64)
    for free_row in range(size):
        if column_of[free_row] >= 0:
            continue
        profit[free_row], _, _ = _best_two(free_row, x, y_rows, price, buffer, columns, costs, beyond)
        reached_at[free_row] = 0.0
        heap = n_touched = n_finished = 0
        row = free_row
        whole = False  # of this row: the partners kept, or (second visit) the whole cloud
        best = (
            np.inf
        )  # distance of the nearest free column seen: nothing farther is worth a place in the heap
        while True:
            if heap + size + 2 > len(keys):
                keys = np.concatenate((keys, np.empty(len(keys))))
                nodes = np.concatenate((nodes, np.empty(len(nodes), np.int64)))
            at = reached_at[row]
            base = at - profit[row]
            if whole:
                _look(row, x, y_rows, price, buffer, columns, costs, beyond)
            for s in range(size if whole else kept):
                j = s if whole else columns[row, s]
                if done[j]:
                    continue
                # Never below `at`: reduced costs are not negative but for rounding.
                reach = max((buffer[j] if whole else costs[row, s]) - price[j] + base, at)
                if reach < distance[j] and reach < best:
                    if distance[j] == np.inf:
                        touched[n_touched] = j
                        n_touched += 1
                    distance[j] = reach
                    previous[j] = row
                    if row_of[j] < 0:
                        best = reach
                    heap = _push(keys, nodes, heap, reach, j)
            if not whole and beyond[row] + base < best:
                # size + row stands for "all partners of this row that are not kept".
                heap = _push(keys, nodes, heap, max(beyond[row] + base, at), size + row)
            while True:
                key, node = keys[0], nodes[0]
                heap = _pop(keys, nodes, heap)
                if node >= size or not (done[node] or key > distance[node]):
                    break
            whole = node >= size
            if whole:
                row = node - size
                continue
            if row_of[node] < 0:
                break
            done[node] = True
            finished[n_finished] = node
            n_finished += 1
            row = row_of[node]
            reached_at[row] = key
        for s in range(n_finished):
            j = finished[s]
            change = key - distance[j]
            price[j] -= change
            profit[row_of[j]] += change
            done[j] = False
        profit[free_row] += key
        for s in range(n_touched):
            distance[touched[s]] = np.inf
        column = node
        while True:
            row = previous[column]
            column_before = column_of[row]
            row_of[column] = row
            column_of[row] = column
            if row == free_row:
                break
            column = column_before

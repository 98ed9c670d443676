"""Into lanes and out of them: images of a group side by side before the recursion, kernels after it."""

from numba import njit


@njit(nogil=True, cache=True, error_model="numpy")
def gather(table, groups, out):
    """Set ``out`` (G, M, V), for a range of groups, to the images of ``table`` (n, M), V of them a group.

    The last group is filled up with the last image.
    """
    size, last = out.shape[2], table.shape[0] - 1
    for g in range(groups[0], groups[1]):
        for m in range(out.shape[1]):
            for lane in range(size):
                out[g, m, lane] = table[min(g * size + lane, last), m]


@njit(nogil=True, cache=True, error_model="numpy")
def scatter(sums, relu, scale, last1, last2, weight, bias, images, which, triangle, nngp, ntk):
    """Read the kernels out of sums over pixels, and put them in their place.

    Args:
        sums: sums of the state's maps, (G, n, R, 2, V) float64, for each row of offsets; added up in order.
        relu: whether the state is that of ReLU, distance and NTK less distance, or that of erf.
        scale: from sums to means, in natural units.
        last1: mean variance after the last activation, (n1,); used by ReLU.
        last2: the same of the other images, (n2,).
        weight: weight variance.
        bias: bias variance.
        images: (first, last) image, rows of the kernels.
        which: (first, last) group, columns of the kernels.
        triangle: whether only pairs on and above the diagonal count, and are put below it too.
        nngp: (n1, n2), set at these places.
        ntk: the same.
    """
    size = sums.shape[4]
    for g in range(which[0], which[1]):
        for n in range(images[0], images[1]):
            part = sums[g - which[0], n - images[0]]
            for column in range(max(g * size, n) if triangle else g * size, min((g + 1) * size, len(last2))):
                covariance = theta = 0.0
                for row in range(part.shape[0]):
                    covariance += part[row, 0, column - g * size]
                    theta += part[row, 1, column - g * size]
                covariance *= scale
                theta *= scale
                if relu:
                    theta += covariance
                    covariance = (last1[n] + last2[column]) / 2 - covariance
                value = weight * covariance + bias
                nngp[n, column] = value
                ntk[n, column] = value + weight * theta
                if triangle:
                    nngp[column, n] = nngp[n, column]
                    ntk[column, n] = ntk[n, column]

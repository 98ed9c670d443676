import jax
import jax.numpy as jnp
import numpy as np
import pytest

from widesym.networks.convolutions import patches, shared, unshared


def loops(images, weight):
    """Convolution by loops over pixels and offsets; weights (H, W, k, k, C, N)."""
    n, height, width, _ = images.shape
    side = weight.shape[2]
    found = np.zeros((n, height, width, weight.shape[-1]))
    for h, w, i, j in np.ndindex(height, width, side, side):
        pixel = images[:, (h + i - side // 2) % height, (w + j - side // 2) % width]
        found[:, h, w] += pixel @ weight[h, w, i, j]
    return found


def swapped(images, weight):
    """The shared convolution of images (n, H, W, C)."""
    return jnp.swapaxes(shared(jnp.swapaxes(images, 0, 3), weight), 0, 3)


@pytest.mark.parametrize("side, height, width", [(1, 2, 3), (3, 2, 2), (3, 4, 5), (5, 4, 3)])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-5), ("float64", 1e-13)])
def test_both_convolutions_are_loops(side, height, width, dtype, tolerance):
    rng = np.random.default_rng(side)
    images = rng.normal(size=(3, height, width, 2)).astype(dtype)
    weight = rng.normal(size=(side, side, 2, 4)).astype(dtype)
    everywhere = np.broadcast_to(weight, (height, width, *weight.shape))
    expected = loops(images.astype("float64"), everywhere.astype("float64"))
    found = swapped(images, weight)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    local = rng.normal(size=everywhere.shape).astype(dtype)
    found = unshared(np.moveaxis(images, 0, 2), local)
    assert found.dtype == dtype
    expected = loops(images.astype("float64"), local.astype("float64"))
    np.testing.assert_allclose(np.moveaxis(found, 2, 0), expected, rtol=0, atol=tolerance)


def test_patches_are_in_the_documented_order():
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    found = np.asarray(patches(images, 3, (1, 2))).reshape(2, 4, 5, 3, 3, 3)
    for i, j in np.ndindex(3, 3):
        np.testing.assert_array_equal(found[..., i, j, :], np.roll(images, (1 - i, 1 - j), (1, 2)))


def test_runs_stay_apart_under_vmap():
    rng = np.random.default_rng(1)
    for dtype in ("float32", "float64"):
        images, weight = rng.normal(size=(2, 3, 4, 4, 2)), rng.normal(size=(2, 3, 3, 2, 5))
        images, weight = images.astype(dtype), weight.astype(dtype)
        each = np.stack([swapped(x, w) for x, w in zip(images, weight, strict=True)])
        np.testing.assert_allclose(jax.vmap(swapped)(images, weight), each, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_those_of_loops_and_of_xla(dtype):
    rng = np.random.default_rng(2)
    images, weight = rng.normal(size=(3, 4, 5, 2)).astype(dtype), rng.normal(size=(3, 3, 2, 4)).astype(dtype)
    cotangent = rng.normal(size=(3, 4, 5, 4)).astype(dtype)

    def through_patches(x, w):
        return patches(x, 3, (1, 2)) @ w.reshape(18, 4)

    expected = jax.vjp(through_patches, images.astype("float64"), weight.astype("float64"))[1](
        cotangent.astype("float64")
    )
    found = jax.vjp(swapped, images, weight)[1](cotangent)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-5 if dtype == "float32" else 1e-13)
    # and a finite difference of the loops along one direction
    step = 1e-6
    x, w, c = (np.asarray(a, "float64") for a in (images, weight, cotangent))
    direction = rng.normal(size=w.shape)
    change = (loops_shared(x, w + step * direction) - loops_shared(x, w - step * direction)) / (2 * step)
    assert (expected[1] * direction).sum() == pytest.approx((c * change).sum(), rel=1e-7)


def loops_shared(images, weight):
    return loops(images, np.broadcast_to(weight, (*images.shape[1:3], *weight.shape)))

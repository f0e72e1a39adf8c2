"""Images to pool, and what is expected of them."""

import numpy as np
from PIL import Image


def blocks(x, size=2):
    """The windows of `size` by `size` side by side, their pixels on the last axis but one."""
    height, width = x.shape[0] // size, x.shape[1] // size
    cut = x[: height * size, : width * size].reshape(height, size, width, size, -1)
    return cut.swapaxes(1, 2).reshape(height, width, size * size, -1)


def mean(x, size=2):
    """The exact mean of each window, rounded half to even."""
    return np.squeeze(
        np.rint(blocks(x, size).astype(np.float64).mean(2)), -1 if x.ndim == 2 else ()
    )


def noise(*shape, dtype=np.uint8, seed=0):
    top = 1 if dtype is bool else np.iinfo(dtype).max
    return (
        np.random.default_rng(seed).integers(0, top, shape, np.int64, endpoint=True).astype(dtype)
    )


def opened(path):
    with Image.open(path) as image:
        image.load()
        return image


def weighed(x, size=2):
    """The mean of each window, colours weighed by alpha; the alphas' own mean."""
    windows = blocks(x, size).astype(np.float64)
    colours, alpha = windows[..., :-1], windows[..., -1:]
    total = alpha.sum(2)
    colour = np.where(total > 0, (colours * alpha).sum(2) / np.where(total > 0, total, 1), 0)
    return np.rint(np.concatenate([colour, alpha.mean(2)], -1))


def assert_image(image, expected, mode):
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), expected)

"""Weighted sums of boxes: the bits of the definition, for lines of any length."""

import numpy as np
import pytest

from poolcli.engine.backend import BoxWeights, plain


def from_definition(x, rows, columns, shape):
    """One weight after another."""
    out = np.zeros(shape)
    for box, channel, i, j in np.ndindex(shape):
        for y, down in enumerate(rows.weights[box, i]):
            total = 0.0
            for at, across in enumerate(columns.weights[box, j]):
                pixel = x[rows.firsts[box] + y, columns.firsts[box] + at, channel]
                total += across * float(pixel)
            out[box, channel, i, j] += down * total
    return out


def weights_of(random, cells, pixels, length):
    """Weights of three boxes, some of them 0."""
    weights = random.random((3, cells, pixels)) * (random.random((3, cells, pixels)) < 0.8)
    return BoxWeights(random.integers(0, length - pixels + 1, 3), weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 7])
@pytest.mark.parametrize("height", [1, 2, 19])
def test_sums_are_their_definition(height, channels, dtype):
    """One row of one channel is summed up from single numbers."""
    random = np.random.default_rng(height)
    x = random.standard_normal((height, 33, channels)).astype(dtype)
    rows = weights_of(random, 2, min(height, 17), height)
    columns = weights_of(random, 1, 31, 33)
    out = np.empty((3, channels, 2, 1), dtype)
    plain.weigh(x, out, rows, columns)
    expected = from_definition(x, rows, columns, out.shape).astype(dtype)
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("channels", [1, 3])
def test_cells_without_weights_and_sums_of_negative_zeros_are_zero(channels):
    none, one = (BoxWeights(np.zeros(1, np.int64), np.full((1, 1, 2), w)) for w in (0.0, 0.5))
    for rows, columns in ((none, one), (one, none), (one, one)):
        out = np.empty((1, channels, 1, 1))
        plain.weigh(np.full((2, 2, channels), -0.0), out, rows, columns)
        assert not np.signbit(out).any()
        assert not out.any()

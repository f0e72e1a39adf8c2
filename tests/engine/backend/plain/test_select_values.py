"""Ranks and modes, found in each of the ways there are, against NumPy's sort of every window."""

import numpy as np
import pytest
from folded import random_grid, windows

from poolcli.engine.backend import window_views
from poolcli.engine.backend.plain import mode, select, select_values
from poolcli.engine.windows.sliding import Sliding

WAYS = {"network": (False, True), "sort": (False, False), "thresholds": (True, False)}
DTYPES = ("bool", "uint8", "int8", "uint16", "int64", "float16", "float32", "float64")
RANKS = {
    "median": lambda count: (max(count - 1, 0) // 2, count // 2 if count else 0),
    "least": lambda count: (0, 0),
    "most": lambda count: (max(count - 1, 0),) * 2,
    "far apart": lambda count: (0, max(count - 1, 0)),
}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """All windows are put in order in one of the ways; thresholds are for 8 bits only."""
    is_large, pays = WAYS[request.param]
    monkeypatch.setattr(select_values, "has_much_in_common", lambda _: is_large)
    monkeypatch.setattr(select_values, "network_pays", lambda _: pays)
    return request.param


def noise(dtype, shape):
    values = np.random.default_rng(7).integers(-40, 40, shape)
    if np.dtype(dtype).kind == "f":
        return (values / 4).astype(dtype)
    return np.maximum(values, 0 if np.dtype(dtype).kind in "bu" else -40).astype(dtype)


def assert_selected(x, valid, grid, ranks):
    """Both ranks and the mode are those of the sorted pixels that count."""
    low, high = select(x, valid, grid, ranks)
    most = mode(x, valid, grid)
    assert low.dtype == high.dtype == most.dtype == x.dtype
    for cell, window in windows(x, grid):
        pixels = np.sort(x[window].ravel() if valid is None else x[window][valid[window]])
        if pixels.size:
            first, last = ranks(pixels.size)
            values, counts = np.unique(pixels, return_counts=True)
            expected = pixels[first], pixels[last], values[counts.argmax()]
            np.testing.assert_array_equal((low[cell], high[cell], most[cell]), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ranks", RANKS)
def test_places_are_those_of_a_sort(dtype, ranks, way, thinned):
    x = noise(dtype, (2, 15, 17))
    sizes = [(3, 1, 1), (1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 5, 1), (6, 3, 1)]
    for kernel, stride, dilation in thinned(sizes, of=3):
        grid = (
            Sliding((kernel,), (stride,), ((1, 0),), (dilation,)) if kernel > 1 else Sliding((1,))
        )
        assert_selected(x, None, grid.grid((15, 17)), RANKS[ranks])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("ranks", RANKS)
def test_only_what_counts_is_selected(dtype, ranks, way):
    x = noise(dtype, (2, 11, 13))
    valid = np.random.default_rng(1).random(x.shape) < 0.4
    assert_selected(x, valid, Sliding((4,), (3,)).grid((11, 13)), RANKS[ranks])


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_any_grid(axes, way):
    random = np.random.default_rng(axes)
    for _ in range(10):
        space = tuple(random.integers(1, 14, axes))
        x = noise("uint8", (2, *space))
        assert_selected(x, None, random_grid(random, space), RANKS["median"])


@pytest.mark.parametrize("way", ["network", "sort"], indirect=True)
@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("stride", [1, 3])
def test_a_nan_spoils_its_windows_and_no_others(ranks, stride, way):
    x = noise("float32", (16, 17))
    x[[2, 9], [3, 12]] = np.nan
    grid = Sliding((4,), (stride,)).grid((16, 17))
    views = np.lib.stride_tricks.sliding_window_view(x, (4, 4))[::stride, ::stride]
    spoiled = np.isnan(views).any(axis=(-1, -2))
    for result in (*select(x, None, grid, RANKS[ranks]), mode(x, None, grid)):
        np.testing.assert_array_equal(np.isnan(result), spoiled)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_any_memory_order(order, stride, way):
    x = noise("uint8", (3, 14, 25))
    turned = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    assert_selected(turned, None, Sliding((3,), (stride,)).grid((14, 25)), RANKS["median"])


def test_windows_that_are_copied_a_few_at_a_time(monkeypatch, way):
    monkeypatch.setattr(window_views, "MOST", 100)
    x = noise("uint8", (2, 30, 31))
    assert_selected(x, None, Sliding((7,), (3,)).grid((30, 31)), RANKS["median"])


def test_windows_of_the_whole_map_are_not_written_to(way):
    x = noise("float32", (2, 6, 7))
    x.flags.writeable = False
    assert_selected(x, None, Sliding((6, 7)).grid((6, 7)), RANKS["far apart"])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("masked", [False, True])
def test_a_window_of_very_many_values(dtype, masked):
    x = np.random.default_rng(2).integers(0, 120, (2, 300, 200)).astype(dtype)
    valid = x != x[0, 0, 0] if masked else None
    grid = Sliding((300, 200)).grid((300, 200))
    assert_selected(x, valid, grid, RANKS["median"])

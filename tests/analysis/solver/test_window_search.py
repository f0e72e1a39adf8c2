"""Every window that makes a size is found, the least wasteful first."""

import itertools

import pytest
from twin import sliding

from poolcli.analysis.solver.axis_windows import ENDS, AxisTarget
from poolcli.analysis.solver.window_search import search


def brute(length, cells, *, ceil_mode=False):
    """All windows up to the map's size, paddings up to half a kernel, that the plain twin says make
    these cells.
    """
    for kernel, stride in itertools.product(range(1, length + 1), range(1, length + 1)):
        for padding in range(kernel // 2 + 1):
            try:
                windows = sliding(
                    length,
                    kernel=kernel,
                    stride=stride,
                    padding=(padding, padding),
                    dilation=1,
                    ceil_mode=ceil_mode,
                )
            except ValueError:
                continue
            if len(windows) == cells:
                seen = {tap for window in windows for tap in window.taps}
                yield (kernel, stride, padding), length - len(seen)


def found(length, cells, end):
    return {
        (w.kernel, w.stride, w.padding): w.unseen
        for (w,) in search([AxisTarget(length, cells)], [end], 10_000)
    }


@pytest.mark.parametrize("length", [5, 8, 11])
def test_none_is_missing(length):
    for cells in range(2, length + 3):  # one cell has no distance to the next
        assert found(length, cells, "floor") == dict(brute(length, cells))


@pytest.mark.parametrize("length", [5, 8, 11])
def test_none_is_missing_in_ceil_mode_that_floor_mode_has_not(length):
    for cells in range(2, length + 2):
        floor = dict(brute(length, cells))
        wanted = {
            key: seen for key, seen in brute(length, cells, ceil_mode=True) if key not in floor
        }
        both = search([AxisTarget(length, cells)], ["floor", "ceil"], 10_000)
        ceil = {(w.kernel, w.stride, w.padding): w.unseen for (w,) in both if w.end == "ceil"}
        assert ceil == wanted


def test_waste_orders_them():
    rows = [line for (line,) in search([AxisTarget(230, 7)], list(ENDS), 200)]
    waste = [abs(row.kernel - row.stride) + row.outside + row.unseen for row in rows]
    assert waste == sorted(waste)
    (first,) = search([AxisTarget(224, 7)], list(ENDS), 1)[0]
    assert (first.kernel, first.stride, first.padding, first.unseen) == (32, 32, 0, 0)

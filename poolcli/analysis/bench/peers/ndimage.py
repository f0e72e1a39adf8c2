"""SciPy: filters of ndimage at every pixel, of which the cells are a view, and statistics of the
windows that NumPy's `sliding_window_view` gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, stats

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array

FILTERS = {
    "max": ndimage.maximum_filter,
    "min": ndimage.minimum_filter,
    "avg": ndimage.uniform_filter,
    "median": ndimage.median_filter,
}


def _trimmed(windows: Array, case: Case) -> Array:
    flat = windows.reshape(*windows.shape[: -len(case.axes)], -1)
    mean: Array = stats.trim_mean(flat, case.step["trim"], axis=-1)
    return mean


def _mean_angle(windows: Array, case: Case) -> Array:
    axes = tuple(range(-len(case.axes), 0))
    mean: Array = stats.circmean(windows, case.step["period"], axis=axes)
    return mean


STATISTICS = {"trimmed": _trimmed, "circmean": _mean_angle}


HAS = frozenset({"border", "footprint"})
MODES = {"clip": "nearest", "edge": "nearest", "reflect": "mirror", "symmetric": "reflect"}
MODES["wrap"] = "wrap"


def can(case: Case) -> bool:
    if case.op in STATISTICS:
        is_plain = not case.padded and case.footprint is None
        return case.slides and is_plain and set(case.step["dilation"]) == {1}
    if case.op not in FILTERS or not case.slides or set(case.edges) - MODES.keys():
        return False
    if case.footprint is not None and (case.op == "avg" or len(case.axes) != case.x.ndim):
        return False
    extremes = case.op not in ("avg", "median") and case.footprint is None
    return extremes or not case.padded or "clip" not in case.edges


def prepare(case: Case) -> list[Callable[[], Array]]:
    if case.op in STATISTICS:
        index = [slice(None)] * case.x.ndim
        for axis, stride in zip(case.axes, case.stride, strict=True):
            index[axis] = slice(None, None, stride)
        windows = sliding_window_view(case.x, case.kernel, case.axes)[tuple(index)]
        return [lambda: STATISTICS[case.op](windows, case)]
    size, modes = [1] * case.x.ndim, ["nearest"] * case.x.ndim
    for axis, kernel, edge in zip(case.axes, case.kernel, case.edges, strict=True):
        size[axis], modes[axis] = kernel, MODES[str(edge)]
    taps = {"size": tuple(size)} if case.footprint is None else {"footprint": case.footprint}
    mode = modes[0] if len(set(modes)) == 1 else modes
    run = partial(FILTERS[case.op], case.x, mode=mode, **taps)
    if case.op == "avg" and case.x.dtype == np.uint8:  # it would truncate after each axis
        averages = np.empty(case.x.shape, np.float32)
        cells = case.picked(averages)
        rounded = np.empty(cells.shape, np.uint8)
        return [partial(_rounded_averages, partial(run, output=averages), cells, rounded)]
    filtered = np.empty_like(case.x)
    return [lambda: case.picked(run(output=filtered))]


def _rounded_averages(run: Callable[[], Array], cells: Array, out: Array) -> Array:
    run()
    return np.rint(cells, out=out, casting="unsafe")


def read(_: Case, result: Array) -> Array:
    return result

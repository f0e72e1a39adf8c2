"""scipy.ndimage: filters at every pixel, of which the cells are a view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import ndimage

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array

FILTERS = {
    "max": ndimage.maximum_filter,
    "min": ndimage.minimum_filter,
    "avg": ndimage.uniform_filter,
    "median": ndimage.median_filter,
}


def can(case: Case) -> bool:
    return case.op in FILTERS and case.slides and not (case.padded and case.op in ("avg", "median"))


def prepare(case: Case) -> list[Callable[[], Array]]:
    size = [1] * case.x.ndim
    for axis, kernel in zip(case.axes, case.kernel, strict=True):
        size[axis] = kernel
    run = partial(FILTERS[case.op], case.x, size=tuple(size), mode="nearest")
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

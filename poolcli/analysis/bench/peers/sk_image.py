"""scikit-image: block_reduce where windows lie side by side, and the modal filter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from skimage.filters import rank
from skimage.measure import block_reduce

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array

FUNCTIONS = {"max": np.max, "min": np.min, "avg": np.mean, "sum": np.sum, "median": np.median}


def can(case: Case) -> bool:
    if case.op == "mode":
        return case.layout == "HW" and case.slides and not case.padded and case.x.dtype == np.uint8
    return case.op in FUNCTIONS and case.blocks


def prepare(case: Case) -> list[Callable[[], Array]]:
    if case.op == "mode":
        footprint, modes = np.ones(case.kernel, np.uint8), np.empty_like(case.x)
        return [lambda: case.picked(rank.modal(case.x, footprint, out=modes))]
    size = [1] * case.x.ndim
    for axis, kernel in zip(case.axes, case.kernel, strict=True):
        size[axis] = kernel
    return [lambda: block_reduce(case.x, tuple(size), FUNCTIONS[case.op])]


def read(case: Case, result: Array) -> Array:
    index = [slice(None)] * result.ndim
    for axis, cells in zip(case.axes, case.cells, strict=True):
        index[axis] = slice(cells)
    return result[tuple(index)]

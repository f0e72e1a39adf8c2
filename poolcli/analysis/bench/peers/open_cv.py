"""OpenCV: filters at every pixel, resizing by area, and reduction of rows, into arrays that exist.

Maps are stacked into one tall image where no window reaches from one into the next.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import cv2
import numpy as np

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array
from poolcli.resources.threads import cores

cv2.setNumThreads(cores())
FILTERS: dict[str, Callable[[Array, Array, Case], Array]] = {
    "max": lambda image, out, case: cv2.dilate(image, np.ones(_kernel(case), np.uint8), out),
    "min": lambda image, out, case: cv2.erode(image, np.ones(_kernel(case), np.uint8), out),
    "avg": lambda image, out, case: cv2.blur(image, _kernel(case)[::-1], out),
    "median": lambda image, out, case: cv2.medianBlur(image, case.kernel[0], out),
}
REDUCTIONS = {"max": cv2.REDUCE_MAX, "min": cv2.REDUCE_MIN, "avg": cv2.REDUCE_AVG}


HAS = frozenset({"area"})


def can(case: Case) -> bool:
    if _is_area(case):
        shrinks = [a <= b for a, b in zip(case.cells, case.sizes, strict=True)]
        return case.op == "avg" and _is_image(case) and len(set(shrinks)) == 1
    if case.op not in FILTERS or not case.slides or (case.padded and case.op in ("avg", "median")):
        return False
    if case.op == "median" and (len(set(case.kernel)) > 1 or case.kernel[0] % 2 == 0):
        return False
    return _is_image(case) or _stacks(case)


def prepare(case: Case) -> list[Callable[[], Array]]:
    if _is_area(case):
        size, resized = case.cells[::-1], np.empty((*case.cells, *case.x.shape[2:]), case.x.dtype)
        return [lambda: cv2.resize(case.x, size, resized, interpolation=cv2.INTER_AREA)]
    image = case.x if _is_image(case) else case.planes.reshape(-1, case.sizes[-1])
    if case.kernel == case.sizes and case.op in REDUCTIONS and not _is_image(case):
        lines = case.planes.reshape(-1, prod(case.sizes))
        results = np.empty((len(lines), 1), lines.dtype)
        return [lambda: cv2.reduce(lines, 1, REDUCTIONS[case.op], results)]
    filtered = np.empty_like(image)
    calls = [lambda: _picked(FILTERS[case.op](image, filtered, case), case)]
    if case.op == "avg" and case.blocks:
        rows, columns = _cells(case)
        kernel = _kernel(case)
        whole = image[: rows * kernel[0], : columns * kernel[1]]
        out = np.empty((rows, columns, *image.shape[2:]), image.dtype)
        calls.append(lambda: cv2.resize(whole, (columns, rows), out, interpolation=cv2.INTER_AREA))
    return calls


def read(case: Case, result: Array) -> Array:
    return (
        result
        if _is_image(case)
        else case.unplaned(result.reshape(*case.planes.shape[:2], *case.cells))
    )


def _is_area(case: Case) -> bool:
    return case.step.windows is not None and case.step.windows.name == "area"


def _is_image(case: Case) -> bool:
    return case.layout.startswith("HW")


def _stacks(case: Case) -> bool:
    whole_rows = len(case.sizes) == 1 or (
        len(case.sizes) == 2 and case.sizes[0] % case.kernel[0] == 0
    )
    return case.blocks and whole_rows and case.op != "median"


def _kernel(case: Case) -> tuple[int, ...]:
    return case.kernel if len(case.kernel) == 2 else (1, *case.kernel)


def _cells(case: Case) -> tuple[int, int]:
    maps = () if _is_image(case) else case.planes.shape[:2]
    return prod((*maps, *case.cells[:-1])), case.cells[-1]


def _picked(filtered: Array, case: Case) -> Array:
    if _is_image(case):
        return case.picked(filtered)
    (down, across), (rows, columns) = _kernel(case), _cells(case)
    return filtered[down // 2 :: down, across // 2 :: across][:rows, :columns]

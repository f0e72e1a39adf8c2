"""Pillow: Image.reduce, and its rank filters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array

FILTERS = {
    "max": ImageFilter.MaxFilter,
    "min": ImageFilter.MinFilter,
    "median": ImageFilter.MedianFilter,
}
LARGEST_KERNEL = 7  # kernel: the filters read every pixel of each window, and take seconds beyond


def can(case: Case) -> bool:
    if not case.layout.startswith("HW") or not case.slides:
        return False
    if case.op == "avg":
        return case.blocks
    small = (
        len(set(case.kernel)) == 1 and case.kernel[0] % 2 == 1 and case.kernel[0] <= LARGEST_KERNEL
    )
    return case.op in FILTERS and small and not (case.padded and case.op == "median")


def prepare(case: Case) -> list[Callable[[], Image.Image]]:
    image = Image.fromarray(case.x)
    if case.op == "avg":
        return [lambda: image.reduce((case.kernel[1], case.kernel[0]))]
    chosen = FILTERS[case.op](case.kernel[0])
    return [lambda: image.filter(chosen)]


def read(case: Case, result: Image.Image) -> Array:
    pixels = np.asarray(result)
    return pixels[: case.cells[0], : case.cells[1]] if case.op == "avg" else case.picked(pixels)

"""Where in a large map the results of pooling can be told from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap

PARTS = 4  # blocks along each side of a crop, by which places are compared


@dataclass(frozen=True)
class Crop:
    """Rows and columns of a map of `size`, the first and the one after the last of each."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    size: tuple[int, int]

    def __str__(self) -> str:
        """Where it is, for a caption.

        >>> str(Crop((100, 136), (0, 80), (3000, 4000)))
        'rows 100:136, columns 0:80 of 3000x4000'
        """
        where = f"rows {self.rows[0]}:{self.rows[1]}, columns {self.columns[0]}:{self.columns[1]}"
        return f"{where} of {self.size[0]}x{self.size[1]}"

    def of(self, fmap: FeatureMap) -> FeatureMap:
        """The same place in a map of any size that lies over the whole of it."""
        data = fmap.data
        for letter, bounds, length in zip("HW", (self.rows, self.columns), self.size, strict=True):
            axis = fmap.layout.index(letter)
            after = data.shape[axis]
            first, last = bounds[0] * after // length, -(-bounds[1] * after // length)
            data = data[(slice(None),) * axis + (slice(first, max(last, first + 1)),)]
        return fmap.with_data(data)


def crop_for(maps: Sequence[FeatureMap], size: tuple[int, int]) -> Crop | None:
    """The crop of the first map that has `size` at most, where the results differ the most from it.

    None where it need not or cannot be cropped: the map fits, or a result does not lie over it.
    """
    before, *results = maps
    space = before.form.space
    lies_over = [_lies_over(before, each) for each in results]
    if len(space) != 2 or not all(lies_over) or not results:
        return None
    if space[0] <= size[0] and space[1] <= size[1]:
        return None
    # Of whole cells, so that the result shows the same place.
    cells = [
        -(-length // min(each.form.space[axis] for each in results))
        for axis, length in enumerate(space)
    ]
    height, width = (
        min(length, max(cell, most // cell * cell))
        for length, most, cell in zip(space, size, cells, strict=True)
    )
    steps = max(1, height // PARTS), max(1, width // PARTS)
    corner = _busiest(_difference(before, results[0]), steps, (height, width))
    row, column = (first // cell * cell for first, cell in zip(corner, cells, strict=True))
    return Crop((row, row + height), (column, column + width), (space[0], space[1]))


def _lies_over(before: FeatureMap, after: FeatureMap) -> bool:
    space = after.form.space
    smaller = len(space) == 2 and min(space) > 1
    return smaller and all(a <= b for a, b in zip(space, before.form.space, strict=True))


def _difference(before: FeatureMap, after: FeatureMap) -> Array:
    """How far each pixel is from the result at its place."""
    one, other = _plane(before), _plane(after)
    rows, columns = (
        np.arange(length) * small // length
        for length, small in zip(one.shape, other.shape, strict=True)
    )
    difference: Array = np.abs(one - other[rows[:, None], columns])
    return difference


def _plane(fmap: FeatureMap) -> Array:
    """The mean of the channels of an image, or the first plane of an array, without NaN."""
    expanded = fmap.expanded()
    frame = expanded.form.frame
    planes = expanded.planes().reshape(-1, *frame.space)
    plane = planes.mean(0, dtype=np.float32) if expanded.picture else planes[0].astype(np.float32)
    finite: Array = np.nan_to_num(plane, nan=0, posinf=0, neginf=0)
    return finite


def _busiest(values: Array, steps: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The corner of the crop of this size with the largest sum, among those on a grid of steps."""
    sums = values
    for axis, step in enumerate(steps):
        whole = sums.shape[axis] // step * step
        starts = np.arange(0, whole, step)
        sums = np.add.reduceat(sums, starts, axis=axis)
        count = min(size[axis] // step, sums.shape[axis])
        windows = np.lib.stride_tricks.sliding_window_view(sums, count, axis)
        sums = windows.sum(-1)
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    corner = int(row) * steps[0], int(column) * steps[1]
    last = [length - part for length, part in zip(values.shape, size, strict=True)]
    return min(corner[0], last[0]), min(corner[1], last[1])

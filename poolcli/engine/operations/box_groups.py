"""Boxes of RoiAlign that are read together: groups of them, and the copy of the map they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend import BoxWeights, backend
from poolcli.engine.backend.blocks import SMALLEST, Task
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.operations.roi_cells import CellsOf, weighted_sums
from poolcli.engine.operations.roi_weights import BoxSides, SamplePoints
from poolcli.engine.windows.regions import Box
from poolcli.maps.array import Array

COPIED = 1 << 20  # values of a map that are copied at a time: 8 MB of float64
BOXES = 64  # whose weights are computed at a time: fewer calls of NumPy, and tasks for threads


class BoxGroup(NamedTuple):
    """Boxes of one image, by their numbers, and the rectangle of the map that they read."""

    image: int
    numbers: Array
    sides: tuple[BoxSides, BoxSides]
    rows: slice
    columns: slice

    @classmethod
    def of(cls, image: int, numbers: Array, sides: tuple[BoxSides, BoxSides]) -> BoxGroup:
        """The group of these boxes among all."""
        rows, columns = (side.of(numbers) for side in sides)
        return cls(image, numbers, (rows, columns), rows.span, columns.span)

    @property
    def pixels(self) -> int:
        """Pixels of the rectangle."""
        height, width = (span.stop - span.start for span in (self.rows, self.columns))
        return int(height * width)

    @property
    def read(self) -> int:
        """Pixels of all boxes together."""
        rows, columns = self.sides
        return int((rows.widths * columns.widths).sum())

    def parts_of(self, channels: int) -> Iterator[slice]:
        """The channels in parts that are copied at a time."""
        return _slices(channels, COPIED // self.pixels)

    def tasks(self) -> list[Task]:
        """The boxes in parts whose weights are computed together."""
        largest = max(int(side.cells * side.widths.max()) for side in self.sides)
        boxes = min(BOXES, COPIED // largest)
        return [Task((), (part,), ()) for part in _slices(len(self.numbers), boxes)]


@dataclass(frozen=True)
class MapCopy:
    """Some channels of a group's rectangle as (height, width, channels), floats.

    `alpha` is that of each value, or None where there is none.
    """

    group: BoxGroup
    values: Array
    alpha: Array | None
    cells_of: CellsOf

    @property
    def is_large(self) -> bool:
        """Whether threads pay."""
        return self.values.nbytes * len(self.group.numbers) > SMALLEST

    def pool(self, boxes: slice, out: Array, rules: ValueRules) -> None:
        """Write the cells of some of the group's boxes to the array of all boxes."""
        numbers = self.group.numbers[boxes]
        if self.alpha is None and self.cells_of is weighted_sums:
            dtype = out.dtype if out.dtype.char in "fd" else np.float64
            cells = np.empty((len(numbers), *out.shape[1:]), dtype)
            backend().weigh(self.values, cells, *self._weights(boxes))
            out[numbers] = rules.cast(cells)
            return
        axes = (side.of(boxes).points() for side in self.group.sides)
        for number, rows, columns in zip(numbers.tolist(), *axes, strict=True):
            out[number] = rules.cast(self._cells(rows, columns).transpose(2, 0, 1))

    def _weights(self, boxes: slice) -> tuple[BoxWeights, BoxWeights]:
        """The weights of pixels of the copy in the cells of some boxes."""
        rows, columns = (side.of(boxes) for side in self.group.sides)
        return rows.weights(self.group.rows.start), columns.weights(self.group.columns.start)

    def _cells(self, rows: SamplePoints, columns: SamplePoints) -> Array:
        top, left = self.group.rows.start, self.group.columns.start
        box = (_moved(rows.span, -top), _moved(columns.span, -left))
        pixels = self.values[box].astype(np.float64, copy=False)
        if self.alpha is None:
            return self.cells_of(pixels, rows, columns)
        alpha = self.alpha[box]
        total = self.cells_of(pixels * alpha, rows, columns)
        cover = self.cells_of(alpha, rows, columns)
        inside = self.cells_of(np.ones_like(alpha), rows, columns)  # below 1 at the map's border
        return np.where(cover > 0, total / cover * inside, 0)


def groups_of(boxes: Sequence[Box], sides: tuple[BoxSides, BoxSides]) -> Iterator[BoxGroup]:
    """Boxes of an image share a copy of it if they read more pixels than that has."""
    images = np.array([box.image for box in boxes])
    for image in np.unique(images).tolist():
        numbers = np.flatnonzero(images == image)
        group = BoxGroup.of(image, numbers, sides)
        if group.read >= group.pixels:
            yield group
        else:
            yield from (BoxGroup.of(image, numbers[[at]], sides) for at in range(len(numbers)))


def copied_bytes(pixels: int) -> int:
    """The most bytes of a copy of a rectangle of so many pixels, which has one channel at least."""
    return 8 * max(COPIED, pixels)


def _moved(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)


def _slices(size: int, most: int) -> Iterator[slice]:
    """0 to `size` in equal parts of at most `most`, and of one at least."""
    parts = max(1, -(-size // max(1, most)))
    step = max(1, -(-size // parts))
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))

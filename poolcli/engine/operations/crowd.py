"""Means of many boxes on one map: rows x pixels x columns, with the channels last and copied once for all boxes.

Products are of one shape for a box whatever is done beside it, so that their sums have one order; each is too small for
the library of linear algebra to start threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.engine.backend.tasks import Load, Task, run
from poolcli.maps.array import Array

MAP = 1 << 17  # pixels of the largest map whose channels are copied together
SIDE = 1 << 12  # pixels of its longest side
COPIED = 1 << 18  # values of the copy, which stays in cache
SHARES = 1 << 18  # shares of pixels in means that are computed at a time

Keep = Callable[
    [int, slice, Array], None
]  # of a box, by its number, some channels: (channels, rows, columns)


@dataclass(frozen=True)
class Lines:
    """Boxes along one axis: where they begin, how long they are, in how many cells, of `ratio` points (0: its size)."""

    length: int
    begins: Array
    sizes: Array
    cells: int
    ratio: int

    def part(self, boxes: slice) -> Lines:
        return Lines(self.length, self.begins[boxes], self.sizes[boxes], self.cells, self.ratio)

    def shares(self) -> list[tuple[slice, Array]]:
        """For each box the pixels it needs, and (cells, pixels): what each adds to the mean of each cell."""
        grids = np.broadcast_to(self.ratio or np.ceil(self.sizes / self.cells), self.sizes.shape)[
            :, None, None
        ]
        point = np.arange(int(grids.max(initial=0)))
        cell = np.arange(self.cells)[:, None]
        steps = (self.sizes / self.cells)[:, None, None] / np.maximum(grids, 1)
        at = self.begins[:, None, None] + (cell * grids + point + 0.5) * steps
        counted = (point < grids) & (at >= -1) & (at <= self.length)
        at = np.clip(at, 0, self.length - 1)
        below = at.astype(np.int64)
        above = np.minimum(below + 1, self.length - 1)
        lines = (np.arange(len(self.begins))[:, None, None] * self.cells + cell) * self.length
        parts = np.stack([1 - (at - below), at - below]) * (counted / np.maximum(grids, 1))
        places = np.stack([lines + below, lines + above])
        size = len(self.begins) * self.cells * self.length
        shares = np.bincount(places.ravel(), parts.ravel(), size).reshape(
            -1, self.cells, self.length
        )
        used = np.asarray(shares.any(axis=1))
        first, stop = used.argmax(axis=1), self.length - used[:, ::-1].argmax(axis=1)
        spans = [
            slice(begin, end) for begin, end in zip(first.tolist(), stop.tolist(), strict=True)
        ]
        return [
            (span, np.ascontiguousarray(share[:, span]))
            for span, share in zip(spans, shares, strict=True)
        ]


def is_crowded(lines: Sequence[Lines]) -> bool:
    """Whether boxes together cover the map, so that a copy of it is worth while."""
    rows, columns = lines
    pixels, covered = rows.length * columns.length, float((rows.sizes * columns.sizes).sum())
    return pixels <= min(MAP, covered) and max(rows.length, columns.length) <= SIDE


def means(planes: Array, lines: Sequence[Lines], keep: Keep, load: Load) -> bool:
    """The cells of every box by rows and columns, to be kept; False where a value of the planes is not finite."""
    rows, columns = lines
    for channels in _parts(len(planes), max(1, COPIED // (rows.length * columns.length))):
        pixels = np.array(planes[channels].transpose(2, 1, 0), np.float64, order="C")
        if not np.isfinite(pixels).all():
            return False

        def work(task: Task, pixels: Array = pixels, channels: slice = channels) -> None:
            boxes = task.target[0]
            both = zip(rows.part(boxes).shares(), columns.part(boxes).shares(), strict=True)
            for number, ((high, height), (wide, width)) in enumerate(both, boxes.start):
                across = height @ pixels[wide, high]
                keep(number, channels, (width @ across.transpose(1, 0, 2)).transpose(2, 0, 1))

        group = max(
            1, SHARES // (max(rows.cells, columns.cells) * max(rows.length, columns.length))
        )
        tasks = [Task((), (boxes,), ()) for boxes in _parts(len(rows.begins), min(group, 64))]
        run(tasks, work, load._replace(effort=pixels.nbytes * len(rows.begins)))
    return True


def _parts(size: int, step: int) -> Iterator[slice]:
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))

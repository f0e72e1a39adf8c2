"""Runs: windows of equal size at equal distances along one axis, clipped to the map.

Sliding windows are one long run and a few clipped windows at each border; adaptive cells repeat
with a period and are as many runs as the period is long. What folds a run folds every place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from poolcli.maps.array import Array

NO_AXIS = np.array([[0, 1, 0, 1, 1, 1, 1]])  # the table of an axis that a map does not have


class Run(NamedTuple):
    """Windows of equal size at equal distances along one axis.

    All of them lie inside the map, or where the axis has a border, inside that and the map.

    The run has `number` windows. They are the cells `cell`, `cell + every`, `cell + 2 * every`, ...
    of the axis. Window i reads the `size` pixels `start + i * stride + t * step` for t = 0 ... size
    - 1.

    `head` and `tail` are the taps that the borders of the map cut off at either end, and `extent`
    is `size` plus the taps that lie in padding that counts, which only an average with
    `count_include_pad` asks for.

    >>> run = Run(cell=0, number=3, start=1, stride=4, size=2, extent=2, step=2)
    >>> [[run.start + i * run.stride + t * run.step for t in range(2)] for i in range(3)]
    [[1, 3], [5, 7], [9, 11]]
    >>> run.end
    12
    """

    cell: int
    number: int
    start: int
    stride: int
    size: int
    extent: int
    step: int = 1
    every: int = 1
    head: int = 0
    tail: int = 0

    @property
    def centre(self) -> Fraction:
        """The middle of the first window, unclipped."""
        return self.start + Fraction(self.step * (self.size - 1 - self.head + self.tail), 2)

    @property
    def end(self) -> int:
        """The end of the last window: one more than its last pixel."""
        return self.start + (self.number - 1) * self.stride + (self.size - 1) * self.step + 1

    def part(self, first: int, stop: int) -> Iterator[Run]:
        """The windows of cells `first` to `stop`, renumbered from `first`: one run or none."""
        low = max(0, -(-(first - self.cell) // self.every))
        high = min(self.number, -(-(stop - self.cell) // self.every))
        if low < high:
            cell = self.cell + low * self.every - first
            start = self.start + low * self.stride
            yield self._replace(cell=cell, start=start, number=high - low)


def runs_of(windows: Iterable[tuple[int, int, int, int]]) -> tuple[Run, ...]:
    """Runs for the windows of cells 0, 1, ..., which are given as (start, size, head, tail).

    Neighbours of one size at equal distances share a run.

    >>> runs = runs_of([(0, 3, 0, 0), (4, 3, 0, 0), (7, 3, 0, 0)])
    >>> [(run.start, run.number, run.stride) for run in runs]
    [(0, 2, 4), (7, 1, 3)]
    """
    runs: list[Run] = []
    for cell, (start, size, head, tail) in enumerate(windows):
        run = Run(cell, 1, start, size, size, size, head=head, tail=tail)
        longer = _joined(runs[-1], run) if runs else None
        if longer is None:
            runs.append(run)
        else:
            runs[-1] = longer
    return tuple(runs)


@lru_cache(maxsize=256)
def run_table(runs: tuple[Run, ...]) -> Array:
    """Runs as rows (cell, number, start, stride, size, step, every)."""
    columns = [(r.cell, r.number, r.start, r.stride, r.size, r.step, r.every) for r in runs]
    return np.array(columns, np.int64)


def _joined(run: Run, window: Run) -> Run | None:
    """The run with one more window, if that has its size and its distance; else None."""
    distance = window.start - run.start
    alike = (window.size, window.head, window.tail) == (run.size, run.head, run.tail)
    stride = distance if run.number == 1 else run.stride
    if not alike or distance <= 0 or distance != run.number * stride:
        return None
    return run._replace(number=run.number + 1, stride=stride)

"""Cutting the work into blocks that stay in cache, and doing them in several threads.

NumPy holds the interpreter's lock between its calls but not within them, so threads help as long
as calls are long: blocks are as large as the cache allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import gcd, inf, prod
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from poolcli.maps.array import Array
from poolcli.resources.limits import Limits, current
from poolcli.resources.threads import for_each

T = TypeVar("T")

LARGEST = 1 << 22  # bytes of the states of a block
TILED = 16  # times as large are blocks that the backend cuts into tiles of its own
# Bytes of the states of a block where this makes enough blocks for all threads: a maximum of
# 1.6 MB of float32 took 0.08 ms in one thread, and 0.15 in two.
SMALLEST = 1 << 21
# Blocks for each thread, if they are large enough, so that one that starts late has fewer: with
# four, maxima of 36 MB of bytes took 3.4 ms in place of 3.1.
SHARES = 2


class Load(NamedTuple):
    """Bytes of scratch that work takes: for a pixel, for the smallest block, for all at once.

    `state` is the size of a pixel's state, by which the size of a block is measured; `tiled` tells
    that the backend keeps within the cache by itself.
    """

    state: float
    pixel: int
    least: int
    whole: int
    tiled: bool = False

    @classmethod
    def of(cls, loads: Sequence[Load]) -> Load:
        """The load of work that does all of these, one after another."""
        return cls(
            min((load.state for load in loads), default=1),
            max((load.pixel for load in loads), default=1),
            max((load.least for load in loads), default=0),
            sum(load.whole for load in loads),
            all(load.tiled for load in loads),
        )

    @property
    def threads(self) -> int:
        """How many threads work at once in the limits in force."""
        return self.within(current())[0]

    @property
    def block(self) -> int:
        """Scratch of one block in the limits in force."""
        return self.within(current())[1]

    def within(self, limits: Limits) -> tuple[int, int]:
        """How many threads work at once, and the scratch of one block.

        Each thread has memory for the smallest block. Blocks are some equal shares for each, within
        cache and budget.
        """
        threads, scratch = limits.threads, limits.memory.scratch
        if scratch < inf:
            threads = max(1, min(threads, int(scratch // max(self.least, 1))))
        pixels = self.pixel / self.state
        largest = LARGEST * pixels * (TILED if self.tiled else 1)
        share = max(SMALLEST * pixels, -(-self.whole // (SHARES * threads)))
        return threads, int(min(share, largest, scratch / threads))

    @property
    def is_small(self) -> bool:
        """Whether all of it is one block, whatever the number of threads."""
        least = min(SMALLEST, LARGEST) * self.pixel
        return 0 < self.whole * self.state <= least and current().memory.limit is None

    @property
    def bands(self) -> int:
        """About how many blocks there are."""
        return max(1, min(-(-self.whole // self.block), self.whole // max(self.least, 1)))

    @property
    def peak(self) -> int:
        """Scratch of all threads together."""
        return min(self.whole, self.threads * max(self.block, self.least))


class Task(NamedTuple):
    """A part of the work: the pixels to read, the cells to write, and the axes between them."""

    source: tuple[Any, ...]
    target: tuple[Any, ...]
    axes: tuple[Any, ...]


class CellAxis(Protocol):
    """The cells along an axis, as `grid.Axis` has them."""

    @property
    def cells(self) -> int: ...
    @property
    def window(self) -> int: ...
    @property
    def stride(self) -> Fraction: ...
    def part(self, first: int, stop: int) -> tuple[slice, Self]:
        """The pixels that some of the cells read, and these cells as an axis of those pixels."""
        ...


def run(blocks: Sequence[T], work: Callable[[T], None], threads: int) -> None:
    """Work on all blocks in up to `threads` threads, without floating-point warnings."""
    with np.errstate(all="ignore"):
        if len(blocks) == 1:
            work(blocks[0])
        else:
            for_each(blocks, work, threads)


def whole(lead: Sequence[int], axes: Sequence[CellAxis]) -> Task:
    """All the work on (*lead, *map) as one block."""
    planes = tuple(map(slice, lead))
    spans, parts = zip(*[axis.part(0, axis.cells) for axis in axes], strict=True)
    return Task((*planes, *spans), (*planes, *(slice(axis.cells) for axis in axes)), parts)


def cut(x: Array, axes: Sequence[CellAxis], load: Load) -> list[Task]:
    """Cut the work on (..., *map) into blocks, as the limits in force ask for."""
    return Division.of(x, len(axes), load).blocks(x.shape[: x.ndim - len(axes)], axes)


class Division(NamedTuple):
    """How work is cut into blocks: all that these depend on beside the shape and the axes.

    A block has about `pixels`, and of the planes that share their pixels' memory `together`. It is
    everything if `is_one`. `is_limited` tells whether memory is.
    """

    threads: int
    pixels: int
    together: int
    is_one: bool
    is_limited: bool

    @classmethod
    def of(cls, x: Array, axes: int, load: Load) -> Division:
        """The division of (..., *map), which has so many spatial axes, in the limits in force."""
        limits, together = current(), _interleaved(x, axes)
        if load.least * together > limits.memory.scratch:
            together = 1
        threads, block = load.within(limits)
        is_one, is_limited = 0 < load.whole <= block, limits.memory.limit is not None
        return cls(threads, max(1, block // load.pixel), together, is_one, is_limited)

    def blocks(self, lead: tuple[int, ...], axes: Sequence[CellAxis]) -> list[Task]:
        """Bands of rows of groups of planes (*lead, *map).

        Blocks that are neighbours in memory follow each other.
        """
        block = whole(lead, axes)
        if self.is_one:
            return [block]
        spans, cells, parts = block.source[len(lead) :], block.target[len(lead) :], block.axes
        rows, *columns = (span.stop - span.start for span in spans)
        row = prod(columns) * self.together
        most = max(1, self.pixels // (rows * row)) * self.together
        groups = list(_groups(lead, most, self.threads))
        return [
            Task((*group, band, *spans[1:]), (*group, these, *cells[1:]), (part, *parts[1:]))
            for band, these, part in self._bands(axes[0], row, len(groups))
            for group in groups
        ]

    def _bands(
        self, axis: CellAxis, row: int, groups: int
    ) -> Iterator[tuple[slice, slice, CellAxis]]:
        """Bands of rows of so many pixels, their number times `groups` a multiple of the threads.

        If memory is not limited, a band is four windows high: what neighbours both read is little.
        """
        stride = float(axis.stride)
        least = 1 if self.is_limited else int(4 * axis.window / stride)
        most = max(int((self.pixels / row - axis.window) / stride) + 1, least, 1)
        shares = self.threads // gcd(self.threads, groups)
        step = max(_equal(axis.cells, most, shares), least)
        for start in range(0, axis.cells, step):
            stop = min(start + step, axis.cells)
            source, part = axis.part(start, stop)
            yield source, slice(start, stop), part


AT_ONCE = Division(threads=1, pixels=1, together=1, is_one=True, is_limited=False)


def _interleaved(x: Array, axes: int) -> int:
    """How many planes share their pixels' memory, as the channels of an image do, else 1."""
    lead = x.ndim - axes
    if lead and 0 < abs(x.strides[lead - 1]) < abs(x.strides[-1]):
        return int(x.shape[lead - 1])
    return 1


def _groups(lead: tuple[int, ...], most: int, threads: int) -> Iterator[tuple[Any, ...]]:
    """Groups of at most `most` planes, neighbours on the last axis, on others if it is short."""
    if not lead:
        yield ()
        return
    *outer, last = lead
    if outer and 0 < last <= most:
        for group in _groups(tuple(outer), most // last, threads):
            yield (*group, slice(0, last))
        return
    step = _equal(last, most, threads // gcd(threads, prod(outer)))
    for index in product(*map(range, outer)):
        for start in range(0, last, step):
            yield (*index, slice(start, start + step))


def _equal(size: int, most: int, shares: int) -> int:
    """The length of equal parts that are at most `most` long: one, or a multiple of `shares`."""
    parts = max(1, -(-size // most))
    if parts > 1:
        parts = -(-parts // shares) * shares
    return max(1, -(-size // parts))

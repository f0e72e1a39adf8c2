"""The windows of a map in order, each kind in the way that is quickest: exchanges, counts, or sorted copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend.kernels import fold_grid
from poolcli.engine.backend.levels import Levels, spans, tiles
from poolcli.engine.backend.lines import as_they_lie, empty_like, lying, turned_back
from poolcli.engine.backend.order import Hand, Wanted, copied, dealt, put
from poolcli.engine.backend.ranks import Lines
from poolcli.engine.backend.tape import Kind, Tape, tapes
from poolcli.engine.backend.tasks import COPIED as BYTES
from poolcli.engine.backend.tasks import copied_at_once
from poolcli.engine.backend.whole import cells_of, some, viewed
from poolcli.engine.reducers.folds import Order
from poolcli.engine.reducers.merges import MIN
from poolcli.engine.windows.counts import WindowCounts
from poolcli.engine.windows.grid import Grid, Run
from poolcli.maps.array import Array
from poolcli.resources.memory import here

LINE = 3 << 17  # bytes of a line: calls are long, and lines stay in cache
LINES = 12 << 20  # bytes of as many lines as a window has taps, for the same reason
FEW = 1 << 8  # kinds of windows up to which the pieces of a block are kept for the next
NOTED = 1 << 10  # bytes that a piece takes there
SORTED = 1 << 21  # values of windows that are copied and sorted at a time

Places = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class Windows:
    """The windows of a map: its values, and which of them count (None: all)."""

    values: Array
    counting: Array | None
    grid: Grid

    @cached_property
    def counts(self) -> Array | int:
        """How many count of each."""
        if self.counting is None:
            return WindowCounts(self.grid).pixels
        return fold_grid(np.add, self.counting.astype(np.int64), self.grid)

    def counted(self, cells: tuple[slice, ...]) -> Array | int:
        """How many count of each of some."""
        if isinstance(self.counts, int):
            return self.counts
        lead = self.values.shape[: -len(self.grid.axes)]
        counted: Array = np.broadcast_to(self.counts, (*lead, *self.grid.shape))[cells]
        return counted


def in_order(values: Array, weights: Array | None, grid: Grid, order: Order, room: Array) -> Array:
    """What is chosen of the values of every window in order: in the room for it where its dtype suits."""
    counting = None if weights is None else weights > 0
    dtype = order.dtype(_taps(grid) if counting is None else None)
    out = room if room.dtype == dtype else empty_like(values, room.shape, dtype)
    given = Windows(values, counting, grid)
    few = values.dtype.itemsize == 1 and _counts_pay(grid)
    for cells, lines in _by_levels(given) if few else _by_pieces(given, order.places, out):
        out[cells] = order.choose(lines)
    return out


def _counts_pay(grid: Grid) -> bool:
    """Where windows have nearly all in common with their neighbours, or there are so few that few levels matter."""
    fresh = prod(min(float(axis.stride), axis.largest) for axis in grid.axes)
    return grid.largest > 160 * fresh or grid.largest > 1 << 17


def _by_levels(given: Windows) -> Iterator[tuple[tuple[slice, ...], Levels]]:
    for pixels, cells, part in tiles(given.values.shape, given.grid):
        flags = None if given.counting is None else given.counting[pixels]
        yield cells, Levels(given.values[pixels], flags, part, given.counted(cells))


class Piece(NamedTuple):
    """Windows that are put in order together: where their pixels and their cells are, and the runs among these."""

    pixels: tuple[slice, ...]
    cells: tuple[slice, ...]
    runs: tuple[Run, ...]
    wanted: Wanted


class Dealt(NamedTuple):
    """The calls for a piece, and for all that are like it: where its pixels and cells begin, in bytes."""

    tape: Tape
    starts: list[int]

    @property
    def nbytes(self) -> int:
        """Bytes of its rooms."""
        return self.tape.nbytes


class Plan(NamedTuple):
    """The pieces of a block, and how each is put in order: by calls, or by a sort where there are none."""

    pieces: list[tuple[Piece, Dealt | None]]

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return (
            sum({id(dealt): dealt.nbytes for _, dealt in self.pieces if dealt}.values())
            + len(self.pieces) * NOTED
        )


class Block(NamedTuple):
    """What is alike in blocks that are put in order in the same way: how axes lie in memory, the values and the room
    for results (if they can be written to that), the windows, and which of their values are wanted.
    """

    order: tuple[int, ...]
    kinds: tuple[Kind, ...]
    grid: Grid
    wanted: tuple[Wanted, ...]
    sizes: tuple[int, ...]

    def plan(self) -> Plan:
        """All pieces; those that are alike share their calls."""
        made: dict[Any, Dealt] = {}

        def found(key: Any, prepare: Callable[[], Dealt]) -> Dealt:
            if key not in made:
                made[key] = prepare()
            return made[key]

        return Plan(list(self.pieces(found)))

    def pieces(
        self, found: Callable[[Any, Callable[[], Dealt]], Dealt]
    ) -> Iterator[tuple[Piece, Dealt | None]]:
        """Piece by piece, and how; `found` has what was prepared for one that is alike."""
        lead = len(self.order) - len(self.grid.axes)
        (lies, dtype), wanted = self.kinds[0], {each.taps: each for each in self.wanted}
        shape = [lies[at] for at in turned_back(self.order)]
        for planes, runs in _pieces(shape, self.grid, self.order, dtype.itemsize):
            spans, there = zip(*map(_span, runs, shape[lead:]), strict=True)
            pixels, cells = (*planes, *spans), (*planes, *map(cells_of, runs))
            piece = Piece(pixels, cells, there, wanted[prod(run.size for run in runs)])
            alike = self, tuple(span.stop - span.start for span in pixels), there
            yield piece, found(alike, partial(self.dealt, piece)) if _exchanges_pay(runs) else None

    def starts(self, piece: Piece) -> list[int]:
        """By how many bytes its pixels, and its cells, come after those of the block."""
        return [
            _offset(part, self.order, *kind)
            for part, kind in zip((piece.pixels, piece.cells), self.kinds, strict=False)
        ]

    def dealt(self, piece: Piece) -> Dealt:
        """The calls on a piece: what is one value is copied to the result, if that is there."""
        tape = Tape(*self.kinds)
        lead = len(self.order) - len(piece.runs)
        runs = {self.order.index(lead + axis): run for axis, run in enumerate(piece.runs)}
        lines = dealt(
            tape,
            tape.outside[0][tuple(piece.pixels[axis] for axis in self.order)],
            runs,
            piece.wanted,
        )
        if len(self.kinds) > 1 and len(lines) == 1:
            put(lines[0], tape.outside[1][tuple(piece.cells[axis] for axis in self.order)], tape)
        else:
            tape.results = (
                copied(Hand(lines, 0, 1), tape).lines if piece.wanted.taps == 1 else lines
            )
        return Dealt(tape.prepared(), self.starts(piece))


def _by_pieces(
    given: Windows, places: Places, out: Array
) -> Iterator[tuple[tuple[slice, ...], Lines]]:
    """Of n values those from the first to the last place of `places(n)`; one alone is copied to `out` where it can be.

    Those that do not count are put before all others, so that the places move on with how many count.
    """
    values, whole = given.values, given.counting is None
    if given.counting is not None:
        values = np.where(given.counting, values, np.asarray(MIN.empty(values.dtype), values.dtype))
    if values.dtype == np.float16:
        values = values.astype(np.float32)  # which the processor compares itself
    order = as_they_lie(values)
    room = lying(out, order, out.dtype) if whole else None
    outside = [np.ascontiguousarray(values.transpose(order)), *([] if room is None else [room])]
    wanted = tuple(
        Wanted(taps, places(taps if whole else 1)[0], places(taps)[1])
        for taps in sorted(_taps(given.grid))
    )
    kinds = tuple((each.shape, each.dtype) for each in outside)
    block = Block(tuple(order), kinds, given.grid, wanted, (LINE, LINES, SORTED, copied_at_once()))
    few = here().limit is None and prod(len(axis.runs) for axis in given.grid.axes) <= FEW
    for piece, how in tapes.of(block, block.plan).pieces if few else block.pieces(tapes.of):
        if how is None:
            lines = _by_sort(values, piece)
        else:
            ahead = [at - first for at, first in zip(block.starts(piece), how.starts, strict=True)]
            lines = [
                line.transpose(turned_back(order)) for line in how.tape.run(*outside, ahead=ahead)
            ]
        if lines:
            count = piece.wanted.taps if whole else given.counted(piece.cells)
            yield piece.cells, Lines(lines, piece.wanted.first, count)


def _taps(grid: Grid) -> set[int]:
    """How many pixels windows have."""
    return {prod(run.size for run in runs) for runs in product(*(axis.runs for axis in grid.axes))}


def _offset(
    part: Sequence[slice], order: Sequence[int], shape: Sequence[int], dtype: np.dtype[Any]
) -> int:
    """By how many bytes a part begins after the array of this shape whose axes lie in this order."""
    at = 0
    for axis, size in zip(order, shape, strict=True):
        at = at * size + part[axis].start
    return at * dtype.itemsize


def _span(run: Run, length: int) -> tuple[slice, Run]:
    """The pixels to work on, and the run among them: all of an axis where most is needed, as that lies together."""
    whole = 2 * (run.end - run.start) > length
    span, start = (slice(0, length), run.start) if whole else (slice(run.start, run.end), 0)
    return span, run._replace(start=start, cell=0)


def _exchanges_pay(runs: Sequence[Run]) -> bool:
    """For small windows, and larger ones that have much in common with their neighbours."""
    fresh = prod(min(run.stride, run.size) for run in runs)
    return prod(run.size for run in runs) + 3 * fresh <= 128


def _by_sort(values: Array, piece: Piece) -> list[Array]:
    """Of copies of all windows; a NaN, which is sorted behind all else, makes every place NaN.

    NumPy has quick ways to sort all but bytes, and to find one place; the next one is the smallest of what is above.
    """
    part, runs, wanted = values[piece.pixels], piece.runs, piece.wanted
    view = viewed(part if part.itemsize > 1 else part.astype(np.int16), runs)
    copies = view.copy("C").reshape(*view.shape[: -len(runs)], -1)
    nan = np.isnan(copies).any(axis=-1) if copies.dtype.kind == "f" else np.False_
    if wanted.last - wanted.first < 2:
        copies.partition(wanted.first, axis=-1)
        lines = [copies[..., wanted.first]]
        lines += [copies[..., wanted.last :].min(axis=-1)] if wanted.last > wanted.first else []
    else:
        copies.sort(axis=-1)
        lines = list(np.moveaxis(copies[..., wanted.first : wanted.last + 1], -1, 0).copy("C"))
    if nan.any():
        lines = [np.where(nan, np.nan, line) for line in lines]
    return lines


def _pieces(
    shape: Sequence[int], grid: Grid, order: Sequence[int], itemsize: int
) -> Iterator[tuple[tuple[slice, ...], tuple[Run, ...]]]:
    """Planes and runs whose lines are as long as they should be, cut where neighbours in memory stay together."""
    lead = len(shape) - len(grid.axes)
    for runs in product(*(axis.runs for axis in grid.axes)):
        taps = prod(run.size for run in runs)
        room = _room(taps, itemsize, exchanges=_exchanges_pay(runs))
        sizes, steps = [*shape[:lead], *(run.number for run in runs)], [1] * len(shape)
        for axis in reversed(order):
            apart = runs[axis - lead].stride if axis > lead else 1
            steps[axis] = max(1, min(sizes[axis], room // apart))
            room //= steps[axis] * apart
        planes = product(
            *(spans(size, step) for size, step in zip(shape[:lead], steps[:lead], strict=True))
        )
        firsts = product(
            *(range(0, run.number, step) for run, step in zip(runs, steps[lead:], strict=True))
        )
        for part, first in product(planes, firsts):
            yield part, tuple(some(*each) for each in zip(runs, first, steps[lead:], strict=True))


def _room(taps: int, itemsize: int, *, exchanges: bool) -> int:
    """How many cells are worked on at once: of exchanges, no more than the copies of the windows may take."""
    copied = copied_at_once()
    if not exchanges:
        return min(SORTED, copied) // taps
    return min(LINE, LINES // taps, copied * BYTES // (4 * taps)) // itemsize

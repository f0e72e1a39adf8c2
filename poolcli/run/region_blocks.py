"""The blocks of maps that are pooled region by region: read, pooled, collected, written."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from math import prod
from queue import Empty, SimpleQueue
from threading import Lock
from typing import NamedTuple

import numpy as np

from poolcli import io
from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.map_part import MapPart, Numbers, runs_of
from poolcli.run.empty_regions import EmptyRegions, is_regular, shape_of
from poolcli.run.open_chunks import OpenChunks
from poolcli.run.region_plan import RegionPlan
from poolcli.run.saturated_regions import OwnedCells, pooled_part
from poolcli.run.turns import Turns


class PieceTask(NamedTuple):
    """A piece to be made: the number of its block among those of all maps, and its own in that."""

    turn: int
    piece: int


class LocatedPiece(NamedTuple):
    """A piece as its map, its block, and its region."""

    number: int
    block: Region
    region: Region


class Sources:
    """One open source for each worker: a file has one place from which it is read."""

    def __init__(self, opened: Callable[[], object]) -> None:
        self._opened = opened
        self._idle: SimpleQueue[io.Source] = SimpleQueue()
        self._stack = ExitStack()

    def __enter__(self) -> Sources:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def one(self) -> Iterator[io.Source]:
        """A source from which no other thread reads in this block."""
        try:
            source = self._idle.get_nowait()
        except Empty:
            source = self._stack.enter_context(self._opened())  # type: ignore[arg-type]
        try:
            yield source
        finally:
            self._idle.put(source)


@dataclass
class Tally:
    """What workers have done so far: seconds by phase and by step, and bytes."""

    seconds: dict[str | int, float] = field(default_factory=lambda: defaultdict(float))
    read_bytes: int = 0
    written_bytes: int = 0
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def timed(self, phase: str | int) -> Iterator[None]:
        """Count the time of the block."""
        start = time.perf_counter()
        yield
        with self.lock:
            self.seconds[phase] += time.perf_counter() - start

    def add(self, *, read: int = 0, written: int = 0) -> None:
        """Count bytes."""
        with self.lock:
            self.read_bytes += read
            self.written_bytes += written

    def include(self, other: Tally) -> None:
        """Count what another has counted."""
        self.add(read=other.read_bytes, written=other.written_bytes)
        for phase, seconds in other.seconds.items():
            self.seconds[phase] += seconds


class BlockMaker:
    """Makes pieces with several workers, and writes each block when all of its pieces are there.

    `in_order` says that the output takes blocks in their order alone. `note` is told the number of
    each block that is written, and the bytes that were read so far.
    """

    def __init__(
        self,
        plans: Sequence[RegionPlan],
        sources: Sources,
        sink: io.Sink,
        *,
        in_order: bool,
        note: Callable[[int, int], object] = lambda *_: None,
    ) -> None:
        self._plans, self._sources, self._sink = plans, sources, sink
        self._turns = Turns() if in_order else None
        self._note = note
        self._owned = [OwnedCells(plan) for plan in plans]
        self._are_regular = [all(map(is_regular, plan.need.stages)) for plan in plans]
        self._open, self._empty = OpenChunks(), EmptyRegions()
        self.tally = Tally()

    def tasks(self, turns: Iterable[int]) -> Iterator[PieceTask]:
        """Every piece of these blocks."""
        for turn in turns:
            number, at = self._map_of(turn)
            plan = self._plans[number]
            for piece in range(plan.piece_count(plan.block_at(at))):
                yield PieceTask(turn, piece)

    def _map_of(self, turn: int) -> tuple[int, int]:
        """The map that a block is of, and its number there."""
        at = turn
        for number, plan in enumerate(self._plans):
            if at < plan.count:
                return number, at
            at -= plan.count
        raise IndexError(turn)

    def _located(self, task: PieceTask) -> LocatedPiece:
        number, at = self._map_of(task.turn)
        block = self._plans[number].block_at(at)
        return LocatedPiece(number, block, self._plans[number].piece_at(block, task.piece))

    def make(self, task: PieceTask) -> None:
        """Make a piece, and write its block if it was the last."""
        try:
            piece = self._located(task)
            values = self._pooled(piece)
            whole = self._open.put(task.turn, piece.block, piece.region, values)
            if whole is not None:
                self._write(task.turn, piece, whole)
        except BaseException as error:
            if self._turns:
                self._turns.end(error)
            raise

    def _pooled(self, piece: LocatedPiece) -> Array:
        need = self._plans[piece.number].need
        numbers = need.numbers_of(piece.region)
        assert numbers is not None, "only regions that can be made are planned"
        sizes = tuple(tuple(map(len, each.values())) for each in numbers)
        self.tally.add(read=prod(sizes[0]) * need.form.dtype.itemsize)
        make = partial(self._pieces, piece, numbers)
        if not (self._are_regular[piece.number] and self._is_empty(piece.number, numbers[0])):
            return make()[0]
        (values,) = self._empty.made((piece.number, sizes), [shape_of(piece.region)], make)
        return values

    def _is_empty(self, number: int, numbers: Numbers) -> bool:
        with self._sources.one() as source:
            ends = (numbers[letter][[0, -1]] for letter in source.headers[number].layout)
            region = tuple(slice(int(first), int(last) + 1) for first, last in ends)
            return io.is_empty(source, number, region)

    def _pieces(self, piece: LocatedPiece, numbers: Sequence[Numbers]) -> list[Array]:
        """The values of a piece."""
        need = self._plans[piece.number].need
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, piece.number, numbers[0])
        part = MapPart(pixels, need.form, numbers[0])
        for step, (stage, wanted) in enumerate(zip(need.stages, numbers[1:], strict=True)):
            with self.tally.timed(step):
                made = pooled_part(
                    stage, part, wanted, (self._owned[piece.number], piece.region, step)
                )
                part = MapPart(made, stage.output, wanted)
        return [part.pixels.data]

    def _write(self, turn: int, piece: LocatedPiece, values: Array) -> None:
        write = self._packed(piece, values)
        if self._turns is None:
            self._put(write)
        else:
            with self._turns.turn(turn):
                self._put(write)
        self.tally.add(written=values.nbytes)
        self._note(turn, self.tally.read_bytes)

    def _packed(self, piece: LocatedPiece, values: Array) -> Callable[[], object]:
        """What writes a block; where the sink can, its values are packed before its turn comes."""
        if not isinstance(self._sink, io.PackingSink):
            return partial(self._sink.write, piece.number, piece.block, values)
        with self.tally.timed("write"):
            return self._sink.packed(piece.number, piece.block, values)

    def _put(self, write: Callable[[], object]) -> None:
        with self.tally.timed("write"):
            write()


def read_pixels(source: io.Source, number: int, numbers: Numbers) -> FeatureMap:
    """The pixels of a map at these numbers along each axis, without facts."""
    layout = source.headers[number].layout
    runs = [runs_of(numbers[letter]) for letter in layout]
    turns = list(product(*runs))
    if len(turns) == 1:
        return replace(source.read(number, turns[0]), facts={})
    whole, values = tuple(numbers[letter] for letter in layout), None
    for turn in turns:
        part = source.read(number, turn)
        if values is None:
            values = np.empty(tuple(map(len, whole)), part.data.dtype)
        where = tuple(
            slice(start := int(np.searchsorted(each, run.start)), start + run.stop - run.start)
            for each, run in zip(whole, turn, strict=True)
        )
        values[where] = part.data
    assert values is not None
    return replace(part, data=values, facts={})

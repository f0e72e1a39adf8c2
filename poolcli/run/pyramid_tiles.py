"""The tiles of a pyramid: levels of a tile are made, and chunks written when they are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import accumulate
from math import prod
from threading import Lock
from typing import NamedTuple

import numpy as np

from poolcli import io
from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.map_part import MapPart, held_region
from poolcli.run.pyramid_plan import PyramidPlan
from poolcli.run.region_blocks import Sources, Tally, read_pixels
from poolcli.run.turns import Turns


class Tile(NamedTuple):
    """A tile of a map: its turn among all tiles, the number of its map, and its region."""

    turn: int
    number: int
    region: Region


class TileMaker:
    """Makes all levels of tiles, and writes each chunk once all of its parts are there.

    `in_order` says that the output takes chunks in one order alone: that of the tiles. `note` is
    called with the number of each chunk that is written, and the bytes that were read so far.
    """

    def __init__(
        self,
        plans: Sequence[PyramidPlan],
        sources: Sources,
        sink: io.Sink,
        *,
        in_order: bool,
        note: Callable[[int, int], object],
    ) -> None:
        self._plans, self._sources, self._sink, self._note = plans, sources, sink, note
        self._turns = Turns() if in_order else None
        sizes = [prod(level.counts) for plan in plans for level in plan.levels]
        self._first = list(accumulate(sizes, initial=0))  # the number of each level's first chunk
        self._open: dict[int, tuple[Array, int]] = {}  # chunks, and how many cells they lack
        self._lock = Lock()
        self.tally = Tally()

    def tiles(self, done: frozenset[int]) -> Iterator[Tile]:
        """The tiles that have a part of a chunk that is not done."""
        tiles = (
            (number, region) for number, plan in enumerate(self._plans) for region in plan.tiles
        )
        for turn, (number, region) in enumerate(tiles):
            tile = Tile(turn, number, region)
            if not done or any(chunk not in done for chunk, *_ in self._parts(tile)):
                yield tile

    def _parts(self, tile: Tile) -> Iterator[tuple[int, int, Region, Region]]:
        """The parts of chunks in a tile: number of the chunk, its level, its region, the part's."""
        plan = self._plans[tile.number]
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for at, level in enumerate(plan.levels):
            cells = level.region_of(tile.region)
            for block, region in level.blocks_of(cells):
                pairs = zip(cells, region, strict=True)
                part = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in pairs)
                yield self._first[base + at] + block, at, region, part

    def make(self, tile: Tile, done: frozenset[int]) -> None:
        """Make the levels of a tile, and write the chunks that are whole with it."""
        try:
            values, stored = self._levels(tile)
            with self._turns.turn(tile.turn) if self._turns else nullcontext():
                self._put(tile, values, stored, done)
        except BaseException as error:
            if self._turns:
                self._turns.end(error)
            raise

    def _levels(self, tile: Tile) -> tuple[list[Array], object]:
        """The values of all levels of a tile, and how the map is stored."""
        plan = self._plans[tile.number]
        numbers = plan.numbers(tile.region)
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, tile.number, numbers)
            stored = io.stored(source, tile.number)
        self.tally.add(read=pixels.data.nbytes)
        tiled = MapPart(pixels, plan.form, numbers)
        values = [pixels.data]
        for at, level in enumerate(plan.levels[1:]):
            wanted = plan.numbers(level.region_of(tile.region))
            assert level.stage is not None
            with self.tally.timed(at):
                values.append(level.stage.step.pool_part(tiled, wanted).data)
        return values, stored

    def _put(
        self, tile: Tile, values: Sequence[Array], stored: object, done: frozenset[int]
    ) -> None:
        """Take the levels of a tile, and write the chunks that are whole with it."""
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for turn, at, region, part in self._parts(tile):
            if turn not in done:
                cells = self._plans[tile.number].levels[at].region_of(tile.region)
                whole = self._collected(turn, region, part, values[at][held_region(part, cells)])
                if whole is not None:
                    same = stored if at == 0 and part == region else None
                    self._write(turn, base + at, region, whole, same)

    def _collected(self, turn: int, region: Region, part: Region, values: Array) -> Array | None:
        """The values of a chunk, if this part was the last that it lacked."""
        if part == region:
            return values
        with self._lock:
            shape = tuple(span.stop - span.start for span in region)
            whole, lacking = self._open.pop(turn, (None, prod(shape)))
            whole = np.empty(shape, values.dtype) if whole is None else whole
            whole[held_region(part, region)] = values
            if lacking == values.size:
                return whole
            self._open[turn] = whole, lacking - values.size
            return None

    def _write(self, turn: int, number: int, region: Region, values: Array, stored: object) -> None:
        """Write a chunk; one of the map itself is copied, if the output stores it alike."""
        with self.tally.timed("write"):
            if not io.copied(self._sink, number, region, stored):
                self._sink.write(number, region, values)
        self.tally.add(written=values.nbytes)
        self._note(turn, self.tally.read_bytes)

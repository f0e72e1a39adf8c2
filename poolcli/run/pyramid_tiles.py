"""The tiles of a pyramid: levels of a tile are made, and chunks written when they are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


class Tile(NamedTuple):
    """A tile of a map, by its number and its region."""

    number: int
    region: Region


class TileMaker:
    """Makes all levels of tiles, and writes each chunk once all of its parts are there."""

    def __init__(
        self,
        plans: Sequence[PyramidPlan],
        sources: Sources,
        sink: io.Sink,
        note: Callable[[int, int], object],
    ) -> None:
        self._plans, self._sources, self._sink, self._note = plans, sources, sink, note
        sizes = [prod(level.counts) for plan in plans for level in plan.levels]
        self._first = list(accumulate(sizes, initial=0))  # the number of each level's first chunk
        self._open: dict[int, tuple[Array, int]] = {}  # chunks, and how many cells they lack
        self._lock = Lock()
        self.tally = Tally()

    def tiles(self, done: frozenset[int]) -> Iterator[Tile]:
        """The tiles that have a part of a chunk that is not done."""
        for number, plan in enumerate(self._plans):
            for region in plan.tiles:
                tile = Tile(number, region)
                if not done or any(turn not in done for turn, *_ in self._parts(tile)):
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
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for turn, at, region, part in self._parts(tile):
            if turn not in done:
                cells = plan.levels[at].region_of(tile.region)
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

"""The levels of a tile are made, and collected until chunks are whole."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from threading import Lock
from typing import NamedTuple

import numpy as np

from poolcli import io
from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.map_part import MapPart, held_region
from poolcli.run.pyramid_plan import ChunkPart, PyramidPlan
from poolcli.run.region_blocks import Sources, Tally, read_pixels


class LevelsOfTile(NamedTuple):
    """The values of all levels of a tile, the finest first, and how the map is stored."""

    values: Sequence[Array]
    stored: object


class LevelMaker:
    """Makes the levels of tiles of the maps of a file."""

    def __init__(self, plans: Sequence[PyramidPlan], sources: Sources) -> None:
        self._plans, self._sources = plans, sources
        self.tally = Tally()

    def make(self, number: int, tile: Region) -> LevelsOfTile:
        """The levels of a tile of a map."""
        plan = self._plans[number]
        numbers = plan.numbers(tile)
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, number, numbers)
            stored = io.stored(source, number)
        self.tally.add(read=pixels.data.nbytes)
        tiled = MapPart(pixels, plan.form, numbers)
        values = [pixels.data]
        for at, level in enumerate(plan.levels[1:]):
            wanted = plan.numbers(level.region_of(tile))
            assert level.stage is not None
            with self.tally.timed(at):
                values.append(level.stage.step.pool_part(tiled, wanted).data)
        return LevelsOfTile(values, stored)

    def write(
        self, sink: io.Sink, number: int, region: Region, values: Array, stored: object
    ) -> None:
        """Write a chunk; one of the map itself is copied, if the output stores it alike."""
        with self.tally.timed("write"):
            if not io.copied(sink, number, region, stored):
                sink.write(number, region, values)
        self.tally.add(written=values.nbytes)


class OpenChunks:
    """Chunks of which some parts are made, by any keys, and how many cells they lack."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[Array, int]] = {}
        self._lock = Lock()

    def put(self, key: object, at: ChunkPart, values: Array) -> Array | None:
        """The values of a chunk, if this part was the last that it lacked."""
        if at.part == at.chunk:
            return values
        with self._lock:
            shape = tuple(span.stop - span.start for span in at.chunk)
            whole, lacking = self._open.pop(key, (None, prod(shape)))
            whole = np.empty(shape, values.dtype) if whole is None else whole
            whole[held_region(at.part, at.chunk)] = values
            if lacking == values.size:
                return whole
            self._open[key] = whole, lacking - values.size
            return None

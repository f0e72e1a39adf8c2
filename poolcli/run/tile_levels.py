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
        self._constant: dict[object, Sequence[Array]] = {}  # one value of each level
        self.tally = Tally()

    def make(self, number: int, tile: Region) -> LevelsOfTile:
        """The levels of a tile of a map.

        Of tiles that hold nothing, and are as large, the first alone is read and pooled.
        """
        plan = self._plans[number]
        with self._sources.one() as source:
            is_empty = plan.is_regular and io.is_empty(source, number, tile)
            stored = io.stored(source, number)
        if not is_empty:
            return LevelsOfTile(self._levels(number, tile), stored)
        shapes = [_shape(level.region_of(tile)) for level in plan.levels]
        key = number, shapes[0]
        values = self._constant.get(key)
        if values is None:
            made = self._levels(number, tile)
            if not all(map(_is_constant, made)):
                return LevelsOfTile(made, stored)
            values = self._constant[key] = [each.flat[0].copy() for each in made]
        else:
            self.tally.add(read=prod(shapes[0]) * plan.form.dtype.itemsize)
        pairs = zip(values, shapes, strict=True)
        return LevelsOfTile([np.broadcast_to(value, shape) for value, shape in pairs], stored)

    def _levels(self, number: int, tile: Region) -> list[Array]:
        plan = self._plans[number]
        numbers = plan.numbers(tile)
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, number, numbers)
        self.tally.add(read=pixels.data.nbytes)
        tiled = MapPart(pixels, plan.form, numbers)
        values = [pixels.data]
        for at, level in enumerate(plan.levels[1:]):
            wanted = plan.numbers(level.region_of(tile))
            assert level.stage is not None
            with self.tally.timed(at):
                values.append(level.stage.step.pool_part(tiled, wanted).data)
        return values

    def write(
        self, sink: io.Sink, number: int, region: Region, values: Array, stored: object
    ) -> None:
        """Write a chunk; one of the map itself is copied, if the output stores it alike."""
        with self.tally.timed("write"):
            if not io.copied(sink, number, region, stored):
                sink.write(number, region, values)
        self.tally.add(written=values.nbytes)


def _shape(region: Region) -> tuple[int, ...]:
    return tuple(span.stop - span.start for span in region)


def _is_constant(values: Array) -> bool:
    """Whether all values are one number; NaN is none."""
    return bool((values == values.flat[0]).all())


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
            shape = _shape(at.chunk)
            whole, lacking = self._open.pop(key, (None, prod(shape)))
            whole = np.empty(shape, values.dtype) if whole is None else whole
            whole[held_region(at.part, at.chunk)] = values
            if lacking == values.size:
                return whole
            self._open[key] = whole, lacking - values.size
            return None

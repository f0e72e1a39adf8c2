"""The levels of a tile are made, and chunks of them written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import NamedTuple

from poolcli import io
from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.map_part import MapPart
from poolcli.run.empty_regions import EmptyRegions, shape_of
from poolcli.run.pyramid_plan import PyramidPlan
from poolcli.run.region_blocks import Sources, Tally, read_pixels


class LevelsOfTile(NamedTuple):
    """The values of all levels of a tile, the finest first, and how the map is stored."""

    values: Sequence[Array]
    stored: object


class LevelMaker:
    """Makes the levels of tiles of the maps of a file."""

    def __init__(self, plans: Sequence[PyramidPlan], sources: Sources) -> None:
        self._plans, self._sources = plans, sources
        self._empty = EmptyRegions()
        self.tally = Tally()

    def make(self, number: int, tile: Region) -> LevelsOfTile:
        """The levels of a tile of a map."""
        plan = self._plans[number]
        with self._sources.one() as source:
            is_empty = plan.is_regular and io.is_empty(source, number, tile)
            stored = io.stored(source, number)
        self.tally.add(read=prod(shape_of(tile)) * plan.form.dtype.itemsize)
        make = partial(self._levels, number, tile)
        if not is_empty:
            return LevelsOfTile(make(), stored)
        shapes = [shape_of(level.region_of(tile)) for level in plan.levels]
        return LevelsOfTile(self._empty.made((number, shapes[0]), shapes, make), stored)

    def _levels(self, number: int, tile: Region) -> list[Array]:
        plan = self._plans[number]
        numbers = plan.numbers(tile)
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, number, numbers)
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

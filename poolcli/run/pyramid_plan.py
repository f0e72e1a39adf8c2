"""How the levels of a map are made in one pass: which tiles are read, and what each adds to.

A tile is a region of the map whose sides are whole windows of the coarsest level, so that every
level of it is made from its pixels alone. Blocks are the chunks of each level in the output; a
tile fills some of the fine levels, and a part of one of a coarse level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from poolcli import io
from poolcli.io import Region
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import Form
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.region_walk import whole_letters
from poolcli.pipeline.step import Stage
from poolcli.run.empty_regions import is_regular
from poolcli.run.region_plan import part_at

Shape = tuple[int, ...]

# Bytes of the map that a tile reads at most if it is more than a chunk, and how many tiles there
# are at least. Tiles of 8 MB take half the time of tiles of 512 x 512 pixels of 16 bits.
_TARGET, _TILES = 1 << 23, 32


class ChunkPart(NamedTuple):
    """The number of a chunk, where it is, and where a part of it is."""

    number: int
    chunk: Region
    part: Region


@dataclass(frozen=True)
class Level:
    """A level of an output: its header, the shape of a chunk, and the stage that makes it.

    The finest level is the map itself, which no stage makes.
    """

    header: io.Header
    chunk: Shape
    stage: Stage | None

    @property
    def counts(self) -> Shape:
        """How many chunks there are along each axis."""
        return tuple(
            -(-size // part) for size, part in zip(self.header.shape, self.chunk, strict=True)
        )

    @cached_property
    def strides(self) -> Shape:
        """How many pixels of the map are between two cells along each axis."""
        if self.stage is None:
            return (1,) * len(self.chunk)
        sampling = self.stage.sampling
        return tuple(int(sampling[letter].stride or 1) for letter in self.header.layout)

    def region_of(self, tile: Region) -> Region:
        """The cells whose windows are in a tile."""
        spans = zip(tile, self.strides, self.header.shape, strict=True)
        return tuple(
            slice(span.start // by, min(-(-span.stop // by), size)) for span, by, size in spans
        )

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return prod(self.counts)

    def chunk_at(self, number: int) -> Region:
        """Where a chunk is."""
        return part_at(tuple(slice(0, size) for size in self.header.shape), self.chunk, number)

    def parts_of(self, tile: Region) -> Iterator[ChunkPart]:
        """The parts of chunks that a tile makes."""
        cells = self.region_of(tile)
        ranges = [
            range(span.start // part, -(-span.stop // part))
            for span, part in zip(cells, self.chunk, strict=True)
        ]
        for index in product(*ranges):
            number = int(np.ravel_multi_index(index, self.counts))
            chunk = self.chunk_at(number)
            pairs = zip(cells, chunk, strict=True)
            part = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in pairs)
            yield ChunkPart(number, chunk, part)


@dataclass(frozen=True)
class PyramidPlan:
    """The levels of a map, the finest first, and the shape of its tiles."""

    levels: tuple[Level, ...]
    tile: Shape

    @property
    def form(self) -> Form:
        """The form of the map."""
        return self.levels[0].header.form

    @cached_property
    def is_regular(self) -> bool:
        """Whether equal tiles have equal levels, wherever they are."""
        return all(is_regular(level.stage) for level in self.levels if level.stage)

    @cached_property
    def tiles(self) -> Sequence[Region]:
        """The tiles, those of a chunk of a coarse level together: so few chunks are open."""
        return self.tiles_of(tuple(slice(0, size) for size in self.form.shape))

    def tiles_of(self, region: Region) -> Sequence[Region]:
        """The tiles of a region that begins where a tile can, in the same order."""
        spans = [
            [slice(at, min(at + part, span.stop)) for at in range(span.start, span.stop, part)]
            for span, part in zip(region, self.tile, strict=True)
        ]
        return sorted(product(*spans), key=self._order)

    def _order(self, tile: Region) -> list[Shape]:
        """The chunks that a tile begins in, from the coarsest level on."""
        return [
            tuple(
                span.start // part
                for span, part in zip(level.region_of(tile), level.chunk, strict=True)
            )
            for level in reversed(self.levels)
        ]

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return prod(-(-size // part) for size, part in zip(self.form.shape, self.tile, strict=True))

    @property
    def block(self) -> Shape:
        """The shape of what is read at once."""
        return self.tile

    @property
    def at_once(self) -> int:
        """Bytes that a tile takes."""
        return self.bytes_of(self.tile)

    @property
    def blocks(self) -> int:
        """The chunks of all levels."""
        return sum(level.count for level in self.levels)

    def bytes_of(self, tile: Shape) -> int:
        """Bytes of a tile and its levels, and of a chunk of each level that is not full yet."""
        pixel = self.form.dtype.itemsize
        read = prod(tile) * pixel
        unpacked = 2 * prod(self.levels[0].header.chunks or ()) * pixel
        made = scratch = 0
        for level in self.levels[1:]:
            size = np.dtype(level.header.dtype).itemsize
            made += size * (prod(tile) // prod(level.strides) + prod(level.chunk))
            assert level.stage is not None
            rows = level.strides[-2] if len(level.strides) > 1 else 1
            row = prod(tile) // max(1, tile[-2] if len(tile) > 1 else 1)
            scratch = max(scratch, int(level.stage.load.pixel) * min(prod(tile), rows * row))
        open_chunk = 0 if _holds(tile, self.levels[0].chunk) else prod(self.levels[0].chunk) * pixel
        return read + unpacked + made + scratch + open_chunk

    def numbers(self, tile: Region) -> Numbers:
        """The pixels of a tile."""
        pairs = zip(self.form.layout, tile, strict=True)
        return {letter: np.arange(span.start, span.stop) for letter, span in pairs}


def _holds(tile: Shape, chunk: Shape) -> bool:
    """Whether tiles hold whole chunks."""
    return all(part % size == 0 for part, size in zip(tile, chunk, strict=True))


def pyramid_plan(levels: Sequence[Level], share: int) -> PyramidPlan | None:
    """The plan whose tiles take at most `share` bytes; None where the smallest takes more."""
    form = levels[0].header.form
    together = whole_letters([level.stage for level in levels if level.stage], form)
    units = tuple(map(max, zip(*(level.strides for level in levels), strict=True)))
    wanted = levels[0].header.chunks or form.shape
    tile = tuple(
        size if letter in together else min(-(-part // unit) * unit, _rounded(size, unit))
        for letter, part, unit, size in zip(form.layout, wanted, units, form.shape, strict=True)
    )
    plan = PyramidPlan(tuple(levels), tile)
    if plan.bytes_of(tile) <= share:
        return _grown(plan, together, share)
    while plan.bytes_of(tile) > share:
        sides = zip(form.layout, tile, units, strict=True)
        open_axes = [
            axis
            for axis, (letter, part, unit) in enumerate(sides)
            if part > unit and letter not in together
        ]
        if not open_axes:
            return None
        axis = max(open_axes, key=lambda each: tile[each] / units[each])
        half = _rounded(tile[axis] // 2, units[axis])
        tile = (*tile[:axis], half, *tile[axis + 1 :])
    return PyramidPlan(tuple(levels), tile)


def _grown(plan: PyramidPlan, together: str, share: int) -> PyramidPlan:
    """Tiles of more chunks: small ones take more calls."""
    while True:
        axes = [
            axis
            for axis, letter in enumerate(plan.form.layout)
            if letter in "HWL"
            and letter not in together
            and plan.tile[axis] < plan.form.shape[axis]
        ]
        if not axes:
            return plan
        axis = min(axes, key=lambda each: plan.tile[each])
        tile = (*plan.tile[:axis], 2 * plan.tile[axis], *plan.tile[axis + 1 :])
        larger = PyramidPlan(plan.levels, tile)
        is_small = prod(tile) * plan.form.dtype.itemsize <= _TARGET
        if not is_small or larger.count < _TILES or larger.at_once > share:
            return plan
        plan = larger


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit

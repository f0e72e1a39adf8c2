"""The tiles of a pyramid that one process writes: in order, if the output takes no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import accumulate
from typing import NamedTuple

from poolcli import io
from poolcli.io import Region
from poolcli.pipeline.map_part import held_region
from poolcli.run.open_chunks import OpenChunks
from poolcli.run.pyramid_plan import ChunkPart, PyramidPlan
from poolcli.run.region_blocks import Sources
from poolcli.run.tile_levels import LevelMaker, LevelsOfTile
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
        self._plans, self._sink, self._note = plans, sink, note
        self._turns = Turns() if in_order else None
        sizes = [level.count for plan in plans for level in plan.levels]
        self._first = list(accumulate(sizes, initial=0))  # the number of each level's first chunk
        self._maker, self._open = LevelMaker(plans, sources), OpenChunks()
        self.tally = self._maker.tally

    def tiles(self, done: frozenset[int]) -> Iterator[Tile]:
        """The tiles that have a part of a chunk that is not done."""
        tiles = (
            (number, region) for number, plan in enumerate(self._plans) for region in plan.tiles
        )
        for turn, (number, region) in enumerate(tiles):
            tile = Tile(turn, number, region)
            if not done or any(chunk not in done for chunk, *_ in self._parts(tile)):
                yield tile

    def _parts(self, tile: Tile) -> Iterator[tuple[int, int, ChunkPart]]:
        """The parts of chunks in a tile: number of the chunk among all, its level, and the part."""
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for at, level in enumerate(self._plans[tile.number].levels):
            for part in level.parts_of(tile.region):
                yield self._first[base + at] + part.number, at, part

    def make(self, tile: Tile, done: frozenset[int]) -> None:
        """Make the levels of a tile, and write the chunks that are whole with it."""
        try:
            made = self._maker.make(tile.number, tile.region)
            with self._turns.turn(tile.turn) if self._turns else nullcontext():
                self._put(tile, made, done)
        except BaseException as error:
            if self._turns:
                self._turns.end(error)
            raise

    def _put(self, tile: Tile, made: LevelsOfTile, done: frozenset[int]) -> None:
        """Take the levels of a tile, and write the chunks that are whole with it."""
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for turn, at, part in self._parts(tile):
            if turn not in done:
                cells = self._plans[tile.number].levels[at].region_of(tile.region)
                values = made.values[at][held_region(part.part, cells)]
                whole = self._open.put(turn, part.chunk, part.part, values)
                if whole is not None:
                    same = made.stored if at == 0 and part.part == part.chunk else None
                    self._maker.write(self._sink, base + at, part.chunk, whole, same)
                    self._note(turn, self.tally.read_bytes)

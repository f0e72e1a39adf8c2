"""Makes the groups of a pyramid, and puts chunks together from what they put aside."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from poolcli import io
from poolcli.io import Region
from poolcli.pipeline.map_part import held_region
from poolcli.run.open_chunks import OpenChunks
from poolcli.run.pyramid_groups import GroupTasks, SplitChunk
from poolcli.run.region_blocks import Sources
from poolcli.run.tile_levels import LevelMaker, LevelsOfTile


class GroupMaker:
    """Does the tasks of a pyramid, any of them at once that are of one phase.

    `sink` takes the levels, and `parts` what is put aside of them. `note` is called with the number
    of each task that is done, and the bytes that were read so far.
    """

    def __init__(
        self,
        tasks: GroupTasks,
        sources: Sources,
        sinks: tuple[io.Sink, io.ReadableSink | None],
        note: Callable[[int, int], object] = lambda *_: None,
    ) -> None:
        self._tasks, self._note = tasks, note
        self._sink, self._parts = sinks
        sizes = (len(each.plan.levels) for each in tasks.maps)
        self._first = list(accumulate(sizes, initial=0))  # the first level of each map
        self._split = {each: at for at, each in enumerate(tasks.split)}
        self._maker = LevelMaker([each.plan for each in tasks.maps], sources)
        self.tally = self._maker.tally

    def make(self, task: int) -> None:
        """Do a task."""
        found = self._tasks.located(task)
        if isinstance(found, SplitChunk):
            self._put_together(found)
        else:
            self._make_group(*found)
        self._note(task, self.tally.read_bytes)

    def _make_group(self, number: int, group: Region) -> None:
        chunks = OpenChunks()
        for tile in self._tasks.maps[number].plan.tiles_of(group):
            self._put(number, tile, self._maker.make(number, tile), chunks)

    def _put(self, number: int, tile: Region, made: LevelsOfTile, chunks: OpenChunks) -> None:
        """Take the levels of a tile, and write the chunks and parts that are whole with it."""
        for at, level in enumerate(self._tasks.maps[number].levels):
            cells = level.region_of(tile)
            split = self._split.get((number, at))
            for part in level.parts_of(tile):
                values = made.values[at][held_region(part.part, cells)]
                whole = chunks.put((at, part.number), part.chunk, part.part, values)
                if whole is None:
                    continue
                if split is None:
                    same = made.stored if at == 0 and part.part == part.chunk else None
                    self._maker.write(self._sink, self._first[number] + at, part.chunk, whole, same)
                else:
                    assert self._parts is not None
                    with self.tally.timed("write"):
                        self._parts.write(split, part.chunk, whole)

    def _put_together(self, chunk: SplitChunk) -> None:
        """Write a chunk of a level that is split."""
        number, at = chunk.number, chunk.level
        region = self._tasks.maps[number].plan.levels[at].chunk_at(chunk.chunk)
        assert self._parts is not None
        with self.tally.timed("write"):
            values = self._parts.read(self._split[number, at], region)
        self._maker.write(self._sink, self._first[number] + at, region, values, None)

"""A pyramid in groups of tiles that have no chunk in common: what several workers write at once.

A group is a region of the map in which the chunks of the finest level are whole. Chunks of a coarse
level may be larger than a group. Such a level is split: each group makes a part of it, which is
put aside, and once all parts are there its chunks are put together from them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import lcm, prod
from pathlib import Path
from typing import NamedTuple

from poolcli import io
from poolcli.io import Region
from poolcli.maps.cached import cached_property
from poolcli.run.pyramid_plan import Level, PyramidPlan, Shape
from poolcli.run.region_plan import part_at

# Bytes that a group reads at most: what is lost with a worker. Chunks of the finest level may need
# more. Of 64 MB to 512 MB, none is faster than another.
_MOST = 1 << 27
_GROUPS = 4  # groups for each worker, at least


@dataclass(frozen=True)
class PyramidGroups:
    """The plan of a map, and the shape of its groups."""

    plan: PyramidPlan
    group: Shape

    @cached_property
    def count(self) -> int:
        """How many groups there are."""
        sizes = zip(self.plan.form.shape, self.group, strict=True)
        return prod(-(-size // part) for size, part in sizes)

    def at(self, number: int) -> Region:
        """A group, counted in the order of the map."""
        whole = tuple(slice(0, size) for size in self.plan.form.shape)
        return part_at(whole, self.group, number)

    @property
    def split(self) -> list[int]:
        """The levels that are split."""
        return [at for at, level in enumerate(self.plan.levels) if not self._holds(level)]

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels as groups make them: the chunks of a level that is split are its parts."""
        return tuple(
            level if self._holds(level) else replace(level, chunk=self._part_of(level))
            for level in self.plan.levels
        )

    def _part_of(self, level: Level) -> Shape:
        sizes = zip(self.group, level.strides, level.header.shape, strict=True)
        return tuple(min(-(-side // stride), size) for side, stride, size in sizes)

    def _holds(self, level: Level) -> bool:
        """Whether the chunks of a level are whole in groups."""
        sides = zip(self.group, self.plan.form.shape, level.chunk, level.strides, strict=True)
        return all(
            side >= size or side % (chunk * stride) == 0 for side, size, chunk, stride in sides
        )

    @property
    def parts_fit(self) -> bool:
        """Whether parts of chunks are no larger than chunks."""
        pairs = zip(self.levels, self.plan.levels, strict=True)
        return all(prod(made.chunk) <= prod(level.chunk) for made, level in pairs)


def groups_of(plan: PyramidPlan, workers: int) -> PyramidGroups | None:
    """The groups of a map for so many workers; None where there are too few of them."""
    finest, *others = plan.levels
    units = tuple(map(max, zip(*(level.strides for level in plan.levels), strict=True)))
    groups = PyramidGroups(plan, _grown(plan, units, finest))
    whole_tiles = PyramidGroups(plan, _grown(plan, plan.tile, finest))
    if _suits(whole_tiles, workers):
        groups = whole_tiles
    for level in others:
        larger = PyramidGroups(plan, _grown(plan, groups.group, level))
        if not _suits(larger, workers):
            break
        groups = larger
    return groups if groups.parts_fit and groups.count >= _GROUPS * workers else None


def _grown(plan: PyramidPlan, group: Shape, level: Level) -> Shape:
    """The smallest group that holds whole ones of another size, and whole chunks of a level."""
    sizes = zip(group, level.chunk, level.strides, plan.form.shape, strict=True)
    return tuple(min(lcm(side, chunk * stride), size) for side, chunk, stride, size in sizes)


def _suits(groups: PyramidGroups, workers: int) -> bool:
    """Whether groups are small enough, and enough."""
    read = prod(groups.group) * groups.plan.form.dtype.itemsize
    return read <= _MOST and groups.parts_fit and groups.count >= _GROUPS * workers


# Several maps --------------------------------------------------------------------------------


class SplitChunk(NamedTuple):
    """A chunk of a level that is split: the numbers of its map, its level, and its own."""

    number: int
    level: int
    chunk: int


@dataclass(frozen=True)
class GroupTasks:
    """What is done for the maps of a file, numbered: all groups, and then the split chunks."""

    maps: tuple[PyramidGroups, ...]

    @cached_property
    def groups(self) -> int:
        """How many groups there are."""
        return sum(each.count for each in self.maps)

    @cached_property
    def _first_groups(self) -> Sequence[int]:
        return list(accumulate((each.count for each in self.maps), initial=0))

    @cached_property
    def split(self) -> Sequence[tuple[int, int]]:
        """The numbers of the maps and of their levels that are split."""
        return [(number, at) for number, each in enumerate(self.maps) for at in each.split]

    @cached_property
    def _first_chunks(self) -> Sequence[int]:
        sizes = (self.maps[number].plan.levels[at].count for number, at in self.split)
        return list(accumulate(sizes, initial=self.groups))

    @property
    def count(self) -> int:
        """How many tasks there are."""
        return self._first_chunks[-1]

    @property
    def phases(self) -> Iterator[range]:
        """The tasks that can be done at once, one phase after another."""
        yield range(self.groups)
        yield range(self.groups, self.count)

    def located(self, task: int) -> tuple[int, Region] | SplitChunk:
        """A group as the number of its map and its region, or a split chunk."""
        if task < self.groups:
            number = bisect_right(self._first_groups, task) - 1
            return number, self.maps[number].at(task - self._first_groups[number])
        at = bisect_right(self._first_chunks, task) - 1
        return SplitChunk(*self.split[at], task - self._first_chunks[at])

    def parts(self, folder: Path) -> io.LevelParts:
        """Where the parts of split levels are put aside, in the folder that is being written."""
        levels = [self.maps[number].levels[at] for number, at in self.split]
        return io.level_parts(folder, [(level.header, level.chunk) for level in levels])

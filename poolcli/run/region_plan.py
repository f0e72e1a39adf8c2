"""How a map is pooled region by region: in which blocks of its result, and in which pieces.

A block is what is written at once: whole chunks of the output. A piece is what is read and pooled
at once: a block, or a part of one where a block reads more than memory has. Each has a place in the
result alone; what it reads of the input follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from poolcli.io import Region
from poolcli.run.file_plan import PlannedMap
from poolcli.run.region_need import RegionNeed, Shape, count_of
from poolcli.run.region_shapes import CALLS, Share, grown, shrunk, stretched

# Pieces, about a millisecond each, that are too many where their calls take so many times as long
# as pooling does: memory is so short then that a run would seem to hang.
_MANY, _TIMES = 1 << 14, 16


@dataclass(frozen=True)
class RegionPlan:
    """The blocks and the pieces of a map, and the bytes that a piece takes at once."""

    need: RegionNeed
    block: Shape
    piece: Shape
    at_once: int

    @property
    def is_useful(self) -> bool:
        """Whether the pieces are large enough to be done in a reasonable time."""
        pieces = self.need.parts(self.piece)
        return pieces <= _MANY or pieces * CALLS <= _TIMES * self.need.form.nbytes

    def of(self, planned: PlannedMap) -> RegionPlan:
        """The same regions of a map with other stages of the same forms."""
        return replace(self, need=replace(self.need, planned=planned))

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return self.need.parts(self.block)

    def block_at(self, number: int) -> Region:
        """A block, counted in the order of the result."""
        return part_at(tuple(slice(0, size) for size in self.need.shape), self.block, number)

    def piece_count(self, block: Region) -> int:
        """How many pieces a block has."""
        sizes = zip(block, self.piece, strict=True)
        return prod(count_of(span.stop - span.start, part) for span, part in sizes)

    def piece_at(self, block: Region, number: int) -> Region:
        """A piece of a block."""
        return part_at(block, self.piece, number)


def part_at(whole: Region, part: Shape, number: int) -> Region:
    """A part of a region that is cut; the last ones along an axis may be smaller.

    >>> [part_at((slice(0, 5),), (3,), number)[0] for number in (0, 1)]
    [slice(0, 3, None), slice(3, 5, None)]
    """
    counts = [
        count_of(span.stop - span.start, size) for span, size in zip(whole, part, strict=True)
    ]
    index = map(int, np.unravel_index(number, counts))
    starts = [span.start + at * size for span, at, size in zip(whole, index, part, strict=True)]
    return tuple(
        slice(start, min(start + size, span.stop))
        for span, start, size in zip(whole, starts, part, strict=True)
    )


def region_plan(need: RegionNeed, share: int, workers: int) -> RegionPlan:
    """The plan whose pieces take at most `share` bytes, or one that takes the least.

    `share` is for each of the workers.
    """
    block = need.least_chunk
    piece = shrunk(need, block, share)
    if piece == block:
        block = piece = grown(need, block, Share(share, workers))
    elif need.bytes_of(piece, block) <= share:
        block, piece = stretched(need, block, piece, Share(share, workers))
    return RegionPlan(need, block, piece, need.bytes_of(piece, block))


def least_plan(need: RegionNeed) -> RegionPlan:
    """The plan that takes the least memory, or little more where that is of use."""
    plan = region_plan(need, 0, 1)
    share = plan.at_once
    while not plan.is_useful and plan.piece != plan.block:
        share += share // 4
        plan = region_plan(need, share, 1)
    return plan

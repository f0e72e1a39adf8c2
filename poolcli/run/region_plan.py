"""How a map is pooled region by region: in which blocks of its result, and in which pieces.

A block is what is written at once: whole chunks of the output. A piece is what is read and pooled
at once: a block, or a part of one where a block reads more than memory has. Each has a place in the
result alone; what it reads of the input follows from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from poolcli.io import Region
from poolcli.maps.feature_map import Form
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.region_walk import needed, whole_letters
from poolcli.pipeline.step import Stage
from poolcli.run.file_plan import PlannedMap

Shape = tuple[int, ...]

# Bytes of the input that a block should at least read. Blocks of 16 MB are a thousandth of a
# second's work each; smaller ones cost more calls, larger ones memory.
_TARGET = 1 << 24
_DECODING = 2  # copies of a chunk of the input while it is unpacked
_BLOCKS = 4  # blocks for each worker, so that none waits long for the others at the end


@dataclass(frozen=True)
class RegionNeed:
    """What pooling regions of a map takes.

    `chunk` is the shape of what the output takes at once, and `copies` how many copies of a block
    there are while it is written.
    """

    planned: PlannedMap
    chunk: Shape
    copies: int

    @property
    def shape(self) -> Shape:
        """The shape of the result."""
        return self.planned.header.shape

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages of the pipeline."""
        return self.planned.stages

    @property
    def form(self) -> Form:
        """The form of the input."""
        return self.planned.source.form

    @cached_property
    def least_chunk(self) -> Shape:
        """The chunk, with all of the axes whose pixels belong together."""
        together = whole_letters(self.stages, self.form)
        sizes = zip(self.planned.header.layout, self.chunk, self.shape, strict=True)
        return tuple(
            size if letter in together else max(1, min(chunk, size))
            for letter, chunk, size in sizes
        )

    def numbers_of(self, region: Region) -> list[Numbers] | None:
        """The pixels that a region of the result needs of the input, and after each stage."""
        pairs = zip(self.planned.header.layout, region, strict=True)
        wanted = {letter: np.arange(part.start, part.stop) for letter, part in pairs}
        return needed(self.stages, self.form, wanted)

    def read_bytes(self, shape: Shape) -> int:
        """Bytes of the input that a piece of this shape reads."""
        return max(_bytes(self.form, numbers[0]) for numbers in self._examples(shape))

    def bytes_of(self, piece: Shape, block: Shape) -> int:
        """Bytes of the arrays that a piece takes beside its block, and the scratch of its steps."""
        chunks = self.planned.source.chunks or ()
        unpacked = _DECODING * prod(chunks) * self.form.dtype.itemsize
        written = self.copies * prod(block) * np.dtype(self.planned.header.dtype).itemsize
        return written + unpacked + max(map(self._piece_bytes, self._examples(piece)))

    def _piece_bytes(self, numbers: Sequence[Numbers]) -> int:
        arrays = _bytes(self.form, numbers[0])
        scratch, before = 0, self.form
        for stage, read, made in zip(self.stages, numbers[:-1], numbers[1:], strict=True):
            arrays += _bytes(stage.output, made)
            if stage.input != before:  # colours instead of a palette
                arrays += _bytes(before, read) * (stage.input.nbytes // before.nbytes)
            scratch = max(scratch, _scratch(stage, read))
            before = stage.output
        return arrays + scratch

    def _examples(self, shape: Shape) -> list[list[Numbers]]:
        """What pieces at the beginning and in the middle need: borders may be read at both ends."""
        starts = [
            (0, max(0, (size - part) // 2)) for part, size in zip(shape, self.shape, strict=True)
        ]
        found = []
        for turn in (0, 1):
            region = tuple(
                slice(start[turn], min(start[turn] + part, size))
                for start, part, size in zip(starts, shape, self.shape, strict=True)
            )
            numbers = self.numbers_of(region)
            assert numbers is not None, "only regions that can be made are planned"
            found.append(numbers)
        return found


@dataclass(frozen=True)
class RegionPlan:
    """The blocks and the pieces of a map, and the bytes that a piece takes at once."""

    need: RegionNeed
    block: Shape
    piece: Shape
    at_once: int

    def of(self, planned: PlannedMap) -> RegionPlan:
        """The same regions of a map with other stages of the same forms."""
        return replace(self, need=replace(self.need, planned=planned))

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return prod(
            _count(size, part) for size, part in zip(self.need.shape, self.block, strict=True)
        )

    def block_at(self, number: int) -> Region:
        """A block, counted in the order of the result."""
        return part_at(tuple(slice(0, size) for size in self.need.shape), self.block, number)

    def piece_count(self, block: Region) -> int:
        """How many pieces a block has."""
        sizes = zip(block, self.piece, strict=True)
        return prod(_count(span.stop - span.start, part) for span, part in sizes)

    def piece_at(self, block: Region, number: int) -> Region:
        """A piece of a block."""
        return part_at(block, self.piece, number)


def part_at(whole: Region, part: Shape, number: int) -> Region:
    """A part of a region that is cut; the last ones along an axis may be smaller.

    >>> [part_at((slice(0, 5),), (3,), number)[0] for number in (0, 1)]
    [slice(0, 3, None), slice(3, 5, None)]
    """
    counts = [_count(span.stop - span.start, size) for span, size in zip(whole, part, strict=True)]
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
    piece = _shrunk(need, block, share)
    if piece == block:
        block = piece = _grown(need, block, share, workers)
    return RegionPlan(need, block, piece, need.bytes_of(piece, block))


def _shrunk(need: RegionNeed, block: Shape, share: int) -> Shape:
    """The largest piece of a block that fits, halved where it reads most chunks of the input."""
    piece, together = block, whole_letters(need.stages, need.form)
    letters = need.planned.header.layout
    while need.bytes_of(piece, block) > share:
        axes = [
            axis
            for axis, letter in enumerate(letters)
            if piece[axis] > 1 and letter not in together
        ]
        if not axes:
            break
        spans = _spans_in_chunks(need, piece)
        axis = max(axes, key=lambda each: (spans.get(letters[each], 1.0), -each))
        half = -(-piece[axis] // 2)
        piece = (*piece[:axis], half, *piece[axis + 1 :])
    return piece


def _spans_in_chunks(need: RegionNeed, piece: Shape) -> dict[str, float]:
    """How many chunks of the input a piece reads along each axis."""
    (numbers, *_), *_ = need._examples(piece)
    source = need.planned.source
    chunks = zip(source.layout, source.chunks or source.shape, strict=True)
    return {letter: len(numbers[letter]) / chunk for letter, chunk in chunks}


def _grown(need: RegionNeed, block: Shape, share: int, workers: int) -> Shape:
    """Several chunks together: until they read whole chunks of the input, and enough of these."""
    larger: Shape | None = block
    while larger is not None:
        block = larger
        axis = _axis_to_grow(need, block)
        larger = None if axis is None else _doubled(need, block, axis)
        if larger is not None and not _suits(need, larger, share, workers):
            larger = None
    return block


def _axis_to_grow(need: RegionNeed, block: Shape) -> int | None:
    """The axis along which a block reads least of a chunk; the last one if it reads too little."""
    letters = need.planned.header.layout
    open_axes = [axis for axis, size in enumerate(need.shape) if block[axis] < size]
    spans = _spans_in_chunks(need, block)
    broken = [axis for axis in open_axes if spans.get(letters[axis], 1.0) < 1]
    if broken:
        return min(broken, key=lambda axis: spans[letters[axis]])
    return open_axes[-1] if open_axes and need.read_bytes(block) < _TARGET else None


def _doubled(need: RegionNeed, block: Shape, axis: int) -> Shape:
    return (*block[:axis], min(2 * block[axis], need.shape[axis]), *block[axis + 1 :])


def _suits(need: RegionNeed, block: Shape, share: int, workers: int) -> bool:
    """Whether a block fits into memory, and there are enough of them for all workers."""
    parts = prod(_count(size, part) for size, part in zip(need.shape, block, strict=True))
    return parts >= _BLOCKS * workers and need.bytes_of(block, block) <= share


def _count(size: int, part: int) -> int:
    return -(-size // part)


def _bytes(form: Form, numbers: Numbers) -> int:
    return form.dtype.itemsize * prod(len(numbers[letter]) for letter in form.layout)


def _scratch(stage: Stage, read: Numbers) -> int:
    """Bytes of the smallest block of the work of a stage on these pixels."""
    load, space = stage.load, stage.input.space
    letters = [each for each in "DHWL" if each in stage.input.layout]
    first, *others = (len(read[each]) for each in letters)
    rows = -(-load.least // max(1, load.pixel * prod(space[1:])))
    return int(load.pixel) * min(rows, first) * prod(others)

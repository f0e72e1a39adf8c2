"""What pooling regions of a map takes: the pixels that they read, and bytes of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from poolcli.io import Region
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import Form
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.region_walk import needed, whole_letters
from poolcli.pipeline.step import Stage
from poolcli.run.file_plan import PlannedMap

Shape = tuple[int, ...]

_DECODING = 2  # copies of a chunk of the input while it is unpacked


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

    def parts(self, part: Shape) -> int:
        """How many parts of a shape the result has."""
        return prod(count_of(size, one) for size, one in zip(self.shape, part, strict=True))

    def numbers_of(self, region: Region) -> list[Numbers] | None:
        """The pixels that a region of the result needs of the input, and after each stage."""
        pairs = zip(self.planned.header.layout, region, strict=True)
        wanted = {letter: np.arange(part.start, part.stop) for letter, part in pairs}
        return needed(self.stages, self.form, wanted)

    def read_bytes(self, shape: Shape) -> int:
        """Bytes of the input that a piece of this shape reads."""
        return max(_bytes(self.form, numbers[0]) for numbers in self._examples(shape))

    def sizes_read(self, shape: Shape) -> dict[str, int]:
        """How many pixels a piece of this shape reads along each axis."""
        numbers, *_ = self._examples(shape)[0]
        return {letter: len(numbers[letter]) for letter in self.form.layout}

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


def count_of(size: int, part: int) -> int:
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

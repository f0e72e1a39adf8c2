"""Normalisation of the values of a map before they are pooled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.operation import Arguments
from poolcli.engine.operations.partial_operation import PartialOperation
from poolcli.engine.operations.pixels import (
    MaskedPixels,
    ValueRules,
    blank_value,
    check_nodata,
    counting,
    masked_pixels,
)
from poolcli.engine.operations.transformed import Transformed
from poolcli.engine.windows.plane_part import Cells, PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame
from poolcli.maps.moments import Moments, Statistics
from poolcli.resources import memory

# Bytes of scratch for a pixel: two float64 copies, masks, and what the formula makes of them. A
# bound, which tests/resources/test_memory.py checks.
PIXEL = 60


class _Image(NamedTuple):
    """An image of a batch: where it is, and its pixels, which of them count and which are shown."""

    where: Any
    pixels: MaskedPixels
    counts: Array | None


@dataclass(frozen=True)
class Normalized(Transformed):
    """An operation on normalised values: each image of a batch by itself, its channels together.

    `how` is "minmax", which maps the smallest value to 0 and the largest to the maximum of the
    result's integer dtype (1 for floats), or "zscore", which is (x - mean) / std. A constant map
    is 0. Values that are masked out or not finite have no part in the statistics.

    `statistics` are those of the images, without which no part of a map can be normalised; they
    are empty while a part is planned and not yet made.
    """

    how: str
    statistics: tuple[Statistics, ...] | None = None

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """A whole image at a time, and what the operation takes."""
        sample = prod(frame.shape) // (frame.batch or 1)
        whole = Load(dtype.itemsize, PIXEL, sample * PIXEL, prod(frame.shape) * PIXEL)
        return Load.of(
            [whole, self.operation.load(frame, np.dtype(np.float64), rules, weighed=weighed)]
        )

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The result of the operation."""
        return self.operation(*self.arguments(planes, frame, rules, weights))

    def arguments(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Arguments:
        """The arguments of the operation: normalised values, with a mask of those that count."""
        moments = self.moments(planes, frame, rules, weights)
        return self._arguments((planes, frame, rules, weights), [m.statistics for m in moments])

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        """The pixels that the operation reads, where the statistics need not be read first."""
        return None if self.statistics is None else super().reads(frame, cells)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """Some cells of the operation."""
        assert isinstance(self.operation, PartialOperation)
        arguments = planes, part.frame, rules, weights
        values, _, inner, weights = self.part_arguments(arguments, part.lead)
        return self.operation.pool_part(values, part, inner, weights)

    def part_arguments(self, arguments: Arguments, lead: tuple[slice, ...]) -> Arguments:
        """The arguments of the operation for pixels of some planes."""
        assert self.statistics, "the map has been measured"
        frame = arguments[1]
        return self._arguments(
            arguments, self.statistics if frame.batch is None else self.statistics[lead[0]]
        )

    def moments(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> list[Moments]:
        """What the statistics of each image are made of, or those of parts of images."""
        check_nodata(rules.nodata, planes.dtype)
        found = []
        for image in _images(planes, frame, rules, weights):
            values, shown = image.pixels.values.astype(np.float64), image.pixels.weights
            seen = np.isfinite(values)
            seen &= True if image.counts is None else image.counts
            seen &= True if shown is None else shown > 0
            counting_all = values if seen.all() else values[seen]
            found.append(Moments.of(counting_all, sums=self.how == "zscore"))
        return found

    def _arguments(self, arguments: Arguments, statistics: Sequence[Statistics]) -> Arguments:
        planes, frame, rules, weights = arguments
        scaled, valid = memory.empty_like(planes, planes.shape, np.float64), None
        if rules.picky:
            valid = memory.empty_like(planes, planes.shape, np.bool_)
        images = _images(planes, frame, rules, weights)
        for image, known in zip(images, statistics, strict=True):
            with np.errstate(all="ignore"):
                scaled[image.where] = self._scaled(image.pixels.values, known, _top(rules))
            if valid is not None:
                valid[image.where] = True if image.counts is None else image.counts
        border = rules.with_counted_border(planes.dtype).border
        inner = rules._replace(border=border, mask=valid, nodata=(), empty=blank_value(rules))
        return scaled, frame, inner, weights

    def _scaled(self, values: Array, known: Statistics, top: int) -> Array:
        x = values.astype(np.float64)
        if not known.high > known.low:
            return x - x
        if self.how == "minmax":
            return (x - known.low) * top / (known.high - known.low)
        return (x - known.mean) / known.deviation


def _images(
    planes: Array, frame: Frame, rules: ValueRules, weights: Array | None
) -> Iterator[_Image]:
    pixels = masked_pixels(planes, rules, weights)
    for number in range(1 if frame.batch is None else len(planes)):
        where = ... if frame.batch is None else number
        block = pixels.part(where)
        yield _Image(where, block, counting(block.values, block.mask, rules))


def _top(rules: ValueRules) -> int:
    dtype = np.dtype(rules.dtype)
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1

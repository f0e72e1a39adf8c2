"""Normalisation of the values of a map before they are pooled."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.operation import Arguments, Operation, Trace
from poolcli.engine.operations.pixels import (
    MaskedPixels,
    ValueRules,
    blank_value,
    check_nodata,
    counting,
    masked_pixels,
)
from poolcli.engine.windows.place import Geometry
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

# Bytes of scratch for a pixel: two float64 copies, masks, and what the formula makes of them. A
# bound, which tests/resources/test_memory.py checks.
PIXEL = 60


@dataclass(frozen=True)
class Normalized:
    """An operation on normalised values: each image of a batch by itself, its channels together.

    `how` is "minmax", which maps the smallest value to 0 and the largest to the maximum of the
    result's integer dtype (1 for floats), or "zscore", which is (x - mean) / std. A constant map
    is 0. Values that are masked out or not finite have no part in the statistics.
    """

    operation: Operation
    how: str

    def geometry(self, frame: Frame) -> Geometry:
        """That of the operation."""
        return self.operation.geometry(frame)

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace | None:
        """The pixels that the operation reads."""
        return self.operation.trace(frame, cell, weights)

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
        check_nodata(rules.nodata, planes.dtype)
        pixels = masked_pixels(planes, rules, weights)
        scaled, valid = memory.empty_like(planes, planes.shape, np.float64), None
        if rules.picky:
            valid = memory.empty_like(planes, planes.shape, np.bool_)
        for sample in range(1 if frame.batch is None else frame.batch):
            where = ... if frame.batch is None else sample
            block = pixels.part(where)
            counts = counting(block.values, block.mask, rules)
            scaled[where] = self._scaled(block, counts, _top(rules))
            if valid is not None:
                valid[where] = True if counts is None else counts
        border = rules.with_counted_border(planes.dtype).border
        inner = rules._replace(border=border, mask=valid, nodata=(), empty=blank_value(rules))
        return scaled, frame, inner, weights

    def _scaled(self, sample: MaskedPixels, valid: Array | None, top: int) -> Array:
        x = sample.values.astype(
            np.float64, order="C"
        )  # so that sums do not depend on the order of memory
        shown = True if sample.weights is None else sample.weights > 0
        seen = np.isfinite(x) & (True if valid is None else valid) & shown
        counts = np.True_ if seen.all() else seen  # without a mask NumPy is several times faster
        with np.errstate(all="ignore"):
            return _minmax(x, counts, top) if self.how == "minmax" else _zscore(x, counts)


def _top(rules: ValueRules) -> int:
    dtype = np.dtype(rules.dtype)
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


def _minmax(x: Array, counts: Array | np.bool, top: int) -> Array:
    low, high = _range(x, counts)
    return np.where(high > low, (x - low) * top / (high - low), x - x)


def _zscore(x: Array, counts: Array | np.bool) -> Array:
    low, high = _range(x, counts)
    mean = _mean(x, counts)
    away = x - mean
    return np.where(high > low, away / np.sqrt(_mean(away * away, counts)), x - x)


def _range(x: Array, counts: Array | np.bool) -> tuple[Array, Array]:
    return np.min(x, where=counts, initial=np.inf), np.max(x, where=counts, initial=-np.inf)


def _mean(x: Array, counts: Array | np.bool) -> Array:
    mean: Array = np.sum(x, where=counts) / np.sum(np.broadcast_to(counts, x.shape))
    return mean

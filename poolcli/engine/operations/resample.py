"""Resampling: new pixels that are weighted means of old ones, along one axis after another.

Whole numbers are summed in parts of a pixel and divided once, so that their results are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load, Task, cut, run
from poolcli.engine.operations.operation import Trace
from poolcli.engine.operations.pixels import (
    MaskedPixels,
    ValueRules,
    blank,
    check_nodata,
    counting,
    masked_pixels,
)
from poolcli.engine.operations.weighted_axis import WeightedAxis, weighted_sums
from poolcli.engine.reducers.exact_sums import adding, quotient
from poolcli.engine.reducers.long_numbers import LongNumbers
from poolcli.engine.reducers.reducer import Values
from poolcli.engine.reducers.rounding import Exact, without
from poolcli.engine.windows.place import Geometry
from poolcli.engine.windows.plane_part import Cells, PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

# Bytes of scratch for a pixel: about ten float64 copies, of which the steps below make fewer. A
# bound, which tests/resources/test_memory.py checks.
PIXEL = 80
EXACT = 1 << 30  # parts of a pixel, times weights: sums of 32-bit halves stay below 2^62


@dataclass(frozen=True)
class Resampling:
    """An operation of weighted means: `axes_of` gives the new pixels for the sizes of a map."""

    axes_of: Callable[[Size], Sequence[WeightedAxis]]

    def geometry(self, frame: Frame) -> Geometry:
        """The new pixels; each costs as many additions as it has taps, less one."""
        axes = self.axes_of(frame.space)
        result = frame.pooled(tuple(axis.cells for axis in axes))
        window, stride = tuple(axis.taps for axis in axes), tuple(axis.stride for axis in axes)
        centre = tuple(axis.centre for axis in axes)
        return Geometry(result, window, stride, prod(result.shape) * (prod(window) - 1), centre)

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace:
        """The old pixels of a new one."""
        lead = len(frame.lead)
        return Trace(cell[:lead], tuple(self.axes_of(frame.space)), cell[lead:])

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """At least one row of new pixels at a time."""
        picky = weighed or rules.picky
        return load_of(self.axes_of(frame.space), frame.shape, dtype, picky=picky)

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The new pixels; those that do not count have no share."""
        return self._resample(planes, self.axes_of(frame.space), rules, weights)

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        """The old pixels of some new ones."""
        pairs = zip(self.axes_of(frame.space), cells, strict=True)
        return tuple(axis.pixels_of(some.start, some.stop) for axis, some in pairs)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """Some new pixels."""
        facts = zip(self.axes_of(part.frame.space), part.cells, part.pixels, strict=True)
        axes = [axis.held(cells, pixels) for axis, cells, pixels in facts]
        return self._resample(planes, axes, rules, weights)

    @staticmethod
    def _resample(
        planes: Array, axes: Sequence[WeightedAxis], rules: ValueRules, weights: Array | None
    ) -> Array:
        check_nodata(rules.nodata, planes.dtype)
        pixels = masked_pixels(planes, rules, weights)
        heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
        shape = (*planes.shape[: -len(axes)], *(axis.cells for axis in axes))
        out = memory.empty_like(planes, shape, rules.dtype)
        picky = weights is not None or rules.picky
        load = load_of(axes, planes.shape, planes.dtype, picky=picky)

        def work(task: Task) -> None:
            with np.errstate(all="ignore"):
                out[task.target] = _resampled(pixels.part(task.source), task.axes, rules, heaviest)

        run(cut(planes, axes, load), work, load.threads)
        return out


def load_of(
    axes: Sequence[WeightedAxis], shape: Size, dtype: np.dtype[Any], *, picky: bool
) -> Load:
    """The scratch of resampling an array of this shape: one row of new pixels at least."""
    space = shape[len(shape) - len(axes) :]
    grown = max(1, prod(axis.cells for axis in axes) // prod(space))
    pixel = PIXEL * grown + (40 if picky else 0)
    row = axes[0].window * prod(space[1:])
    return Load(dtype.itemsize, pixel, row * pixel, prod(shape) * pixel)


def _resampled(
    block: MaskedPixels, axes: Sequence[WeightedAxis], rules: ValueRules, heaviest: int
) -> Array:
    x = block.values.astype(block.values.dtype.newbyteorder("="), copy=False)
    valid = counting(x, block.mask, rules)
    if valid is None and block.weights is None:
        return rules.cast(_mean(x, axes))
    heavy = np.broadcast_to(1 if valid is None else valid, x.shape).astype(np.int64)
    weights = heavy if block.weights is None else heavy * block.weights
    mean, share = _weighted(x, weights, axes, heaviest)
    few = share == 0
    if rules.min_valid is not None and valid is not None:
        few |= weighted_sums(heavy.astype(np.float64), axes) < rules.min_valid
    resampled = rules.cast(without(mean, few))
    return np.where(few, blank(rules, valid), resampled) if few.any() else resampled


def _mean(x: Array, axes: Sequence[WeightedAxis]) -> Exact:
    """The means of pixels without weights, as quotients of integers if they are integers."""
    states, total = _states(x, axes, 1)
    result, whole = total(weighted_sums(states, axes)), prod(axis.whole for axis in axes)
    return quotient(result, whole) if states.dtype.kind in "iu" else result


def _weighted(
    x: Array, weights: Array, axes: Sequence[WeightedAxis], heaviest: int
) -> tuple[Exact, Array]:
    """The means of pixels with weights, and the sums of these."""
    states, total = _states(np.where(weights > 0, x, np.ones((), x.dtype)), axes, heaviest)
    heavy = weights.astype(states.dtype)
    share = weighted_sums(heavy, axes)
    return quotient(total(weighted_sums(states * heavy, axes)), share), share


def _states(
    x: Array, axes: Sequence[WeightedAxis], heaviest: int
) -> tuple[Array, Callable[[Array], Array | LongNumbers]]:
    """The pixels in a type whose sums do not overflow, and what turns a sum into the total."""
    largest = prod(axis.whole for axis in axes) * heaviest
    x = x.astype(np.float64) if largest > EXACT else x
    part, total = adding(Values(x.dtype, largest, prod(axis.taps for axis in axes)))
    return part.states(x), total

"""Resampling: along each axis every new pixel is a weighted mean of a few old ones, exact in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.lines import empty_like
from poolcli.engine.backend.tasks import COPIED, Load, Task, cut, run
from poolcli.engine.operations.operation import Sight
from poolcli.engine.operations.pixels import Layers, Rules, blank, check_nodata, counting, layers_of
from poolcli.engine.reducers.folds import Values, adding
from poolcli.engine.reducers.rounding import Ratio
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.place import Geometry
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size
from poolcli.resources import memory

PIXEL = 80  # bytes that a pixel takes at most until its results are kept
EXACT = 1 << 30  # up to so many parts of a pixel, sums of 64-bit halves do not overflow


@dataclass(frozen=True, eq=False)
class Line:
    """One axis: tap t of the new pixels reads the old ones `sources[t]`, `shares[t]` parts of `whole` from each.

    New pixels are `stride` apart, the first at `centre`.
    """

    sources: Array
    shares: Array
    whole: int
    stride: Fraction
    centre: Fraction

    @property
    def cells(self) -> int:
        return int(self.sources.shape[1])

    @property
    def window(self) -> int:
        """The pixels that a new one spans."""
        return int((self.sources.max(axis=0) - self.sources.min(axis=0)).max()) + 1

    def part(self, first: int, stop: int) -> tuple[slice, Line]:
        """Some of the new pixels: the old ones they see, and the line of those alone."""
        sources = self.sources[:, first:stop]
        shares = np.broadcast_to(self.shares, self.sources.shape)[:, first:stop]
        begin, end = int(sources.min()), int(sources.max()) + 1
        return slice(begin, end), replace(self, sources=sources - begin, shares=shares)

    @property
    def taps(self) -> int:
        return len(self.sources)

    def taps_of(self, cell: int) -> Taps:
        """What this cell is made of; where the border is reflected a pixel comes twice."""
        pixels: list[int] = self.sources[:, cell].tolist()
        shares = np.broadcast_to(self.shares, self.sources.shape)[:, cell] / self.whole
        return Taps(pixels, range(min(pixels), max(pixels) + 1), len(pixels), shares.tolist())


@dataclass(frozen=True)
class Resampling:
    """The operation that has these lines for these spatial sizes."""

    lines: Callable[[Size], Sequence[Line]]

    def geometry(self, frame: Frame) -> Geometry:
        lines = self.lines(frame.space)
        result = frame.pooled(tuple(line.cells for line in lines))
        window, stride = tuple(line.taps for line in lines), tuple(line.stride for line in lines)
        centre = tuple(line.centre for line in lines)
        return Geometry(result, window, stride, prod(result.shape) * (prod(window) - 1), centre)

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight:
        lead = len(frame.lead)
        return Sight(cell[:lead], tuple(self.lines(frame.space)), cell[lead:])

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: Rules, *, weighed: bool = False
    ) -> Load:
        lines = self.lines(frame.space)
        grown = max(1, prod(line.cells for line in lines) // prod(frame.space))
        pixel = PIXEL * grown + (40 if weighed or rules.picky else 0)
        row, pixels = lines[0].window * prod(frame.space[1:]), prod(frame.shape)
        return Load(dtype.itemsize, pixel, row * pixel, pixels * pixel, pixels * COPIED)

    def __call__(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Array:
        lines = self.lines(frame.space)
        check_nodata(rules.nodata, planes.dtype)
        layers = layers_of(planes, rules, weights)
        heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
        result = frame.pooled(tuple(line.cells for line in lines))
        out = empty_like(planes, result.shape, rules.dtype, memory.empty)
        load = self.load(frame, planes.dtype, rules, weighed=weights is not None)

        def work(task: Task) -> None:
            with np.errstate(all="ignore"):
                out[task.target] = rules.kept(
                    _resampled(layers.part(task.source), task.axes, rules, heaviest)
                )

        run(cut(planes, lines, load), work, load)
        return out


def _resampled(block: Layers, lines: Sequence[Line], rules: Rules, heaviest: int) -> Array | Ratio:
    x = block.values.astype(block.values.dtype.newbyteorder("="), copy=False)
    valid = counting(x, block.mask, rules)
    if valid is None and block.weights is None:
        return _mean(x, lines)
    heavy = np.broadcast_to(1 if valid is None else valid, x.shape).astype(np.int64)
    weights = heavy if block.weights is None else heavy * block.weights
    mean, share = _weighted(x, weights, lines, heaviest)
    few = share == 0
    if rules.min_valid is not None and valid is not None:
        few |= _fold(heavy.astype(np.float64), lines) < rules.min_valid
    return np.where(few, blank(rules, valid, mean.dtype), mean)


def _mean(x: Array, lines: Sequence[Line]) -> Array | Ratio:
    """The mean of all pixels, as a quotient of whole numbers where they are."""
    states, total = _states(x, lines, 1)
    result, whole = total(_fold(states, lines)), prod(line.whole for line in lines)
    if result.dtype.kind in "iu":
        return Ratio(result, whole)
    return result / (whole if states.dtype.kind in "iu" else 1)


def _weighted(
    x: Array, weights: Array, lines: Sequence[Line], heaviest: int
) -> tuple[Array, Array]:
    """The mean of the pixels as they weigh, and what all of them weigh."""
    states, total = _states(np.where(weights > 0, x, np.ones((), x.dtype)), lines, heaviest)
    heavy = weights.astype(states.dtype)
    share = _fold(heavy, lines)
    return total(_fold(states * heavy, lines)) / share, share


def _states(
    x: Array, lines: Sequence[Line], heaviest: int
) -> tuple[Array, Callable[[Array], Array]]:
    """The pixels so that sums of them cannot overflow, and what turns a sum into the total."""
    largest = prod(line.whole for line in lines) * heaviest
    x = x.astype(np.float64) if largest > EXACT else x
    part, total = adding(Values(x.dtype, largest, prod(line.taps for line in lines)))
    return part.states(x), total


def _fold(states: Array, lines: Sequence[Line]) -> Array:
    """Sums of shares: in parts of the whole for whole numbers, in fractions for others, which then cannot overflow."""
    for axis, line in enumerate(lines, start=-len(lines)):
        shares = line.shares if states.dtype.kind in "iu" else line.shares / line.whole
        shares = shares.astype(states.dtype).reshape(*shares.shape, *(1,) * (-axis - 1))
        total = states.take(line.sources[0], axis) * shares[0]
        for source, share in zip(line.sources[1:], shares[1:], strict=True):
            total += states.take(source, axis) * share
        states = total
    return states

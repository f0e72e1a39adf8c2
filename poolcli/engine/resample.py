"""Resampling: along each axis every new pixel is a weighted mean of a few old ones, exact in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np

from poolcli.array import Array
from poolcli.engine.grid import Side
from poolcli.engine.operation import Outline, Sight
from poolcli.engine.pixels import Rules, blank, check_nodata, counting
from poolcli.engine.reduce import Values, adding
from poolcli.engine.rounding import Ratio
from poolcli.frame import Frame
from poolcli.values import Size

EXACT = 1 << 30  # up to so many parts of a pixel, sums of 64-bit halves do not overflow


@dataclass(frozen=True, eq=False)
class Line:
    """One axis: tap t of the new pixels reads the old ones `sources[t]`, `shares[t]` parts of `whole` from each."""

    sources: Array
    shares: Array
    whole: int
    stride: Fraction

    @property
    def cells(self) -> int:
        return int(self.sources.shape[1])

    @property
    def taps(self) -> int:
        return len(self.sources)

    def side(self, cell: int) -> Side:
        """What this cell is made of; where the border is reflected a pixel comes twice."""
        pixels: list[int] = self.sources[:, cell].tolist()
        shares = np.broadcast_to(self.shares, self.sources.shape)[:, cell] / self.whole
        return Side(pixels, range(min(pixels), max(pixels) + 1), len(pixels), shares.tolist())


@dataclass(frozen=True)
class Resampling:
    """The operation that has these lines for these spatial sizes."""

    lines: Callable[[Size], Sequence[Line]]

    def outline(self, frame: Frame) -> Outline:
        lines = self.lines(frame.space)
        result = frame.pooled(tuple(line.cells for line in lines))
        window, stride = tuple(line.taps for line in lines), tuple(line.stride for line in lines)
        return Outline(result, window, stride, prod(result.shape) * (prod(window) - 1))

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight:  # noqa: ARG002 - an operation's
        lead = len(frame.lead)
        return Sight(cell[:lead], tuple(self.lines(frame.space)), cell[lead:])

    def __call__(self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None) -> Array:
        lines = self.lines(frame.space)
        x = planes.astype(planes.dtype.newbyteorder("="), copy=False)
        check_nodata(rules.nodata, x.dtype)
        with np.errstate(all="ignore"):
            valid = counting(x, rules.mask, rules)
            if valid is None and weights is None:
                return rules.kept(_mean(x, lines))
            heavy = np.broadcast_to(1 if valid is None else valid, x.shape).astype(np.int64)
            mean, share = _weighted(x, heavy if weights is None else heavy * weights, lines)
            few = share == 0
            if rules.min_valid is not None and valid is not None:
                few |= _fold(heavy.astype(np.float64), lines) < rules.min_valid
            return rules.kept(np.where(few, blank(rules, valid, mean.dtype), mean))


def _mean(x: Array, lines: Sequence[Line]) -> Array | Ratio:
    """The mean of all pixels, as a quotient of whole numbers where they are."""
    states, total = _states(x, lines, 1)
    result, whole = total(_fold(states, lines)), prod(line.whole for line in lines)
    if result.dtype.kind in "iu":
        return Ratio(result, whole)
    return result / (whole if states.dtype.kind in "iu" else 1)


def _weighted(x: Array, weights: Array, lines: Sequence[Line]) -> tuple[Array, Array]:
    """The mean of the pixels as they weigh, and what all of them weigh."""
    states, total = _states(np.where(weights > 0, x, np.ones((), x.dtype)), lines, int(weights.max()))
    heavy = weights.astype(states.dtype)
    share = _fold(heavy, lines)
    return total(_fold(states * heavy, lines)) / share, share


def _states(x: Array, lines: Sequence[Line], heaviest: int) -> tuple[Array, Callable[[Array], Array]]:
    """The pixels so that sums of them cannot overflow, and what turns a sum into the total."""
    largest = prod(line.whole for line in lines) * max(heaviest, 1)
    x = x.astype(np.float64) if largest > EXACT else x
    part, total = adding(Values(x.dtype, largest, prod(line.taps for line in lines)))
    return part.lift(x), total


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

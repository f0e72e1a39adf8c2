"""The new pixels of a resampled axis, and their sums: each is the weighted mean of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.plane_part import held_places
from poolcli.maps.array import Array


@dataclass(frozen=True, eq=False)
class WeightedAxis:
    """The new pixels along one axis, each the weighted mean of old ones.

    New pixel i is the sum over taps t of `shares[t, i] / whole` times the old pixel
    `sources[t, i]`: arrays of shape (taps, new pixels), or `shares` of (taps, 1) where all new
    pixels have the same. New pixels are `stride` old ones apart, and the first is at `centre`.
    """

    sources: Array
    shares: Array
    whole: int
    stride: Fraction
    centre: Fraction

    @property
    def cells(self) -> int:
        """The number of new pixels."""
        return int(self.sources.shape[1])

    @property
    def window(self) -> int:
        """The most old pixels from the first to the last that a new one reads."""
        return int((self.sources.max(axis=0) - self.sources.min(axis=0)).max()) + 1

    def part(self, first: int, stop: int) -> tuple[slice, WeightedAxis]:
        """The old pixels that new ones `first` to `stop` read, and these as an axis of them."""
        sources = self.sources[:, first:stop]
        shares = np.broadcast_to(self.shares, self.sources.shape)[:, first:stop]
        begin, end = int(sources.min()), int(sources.max()) + 1
        return slice(begin, end), replace(self, sources=sources - begin, shares=shares)

    def pixels_of(self, first: int, stop: int) -> Array:
        """The numbers of the old pixels that new ones `first` to `stop` read, and those between."""
        sources = self.sources[:, first:stop]
        return np.arange(int(sources.min()), int(sources.max()) + 1)

    def held(self, cells: slice, pixels: Array) -> WeightedAxis:
        """Some new pixels, as an axis of the old ones that are in memory, by their numbers."""
        span, part = self.part(cells.start, cells.stop)
        return replace(part, sources=held_places(part.sources + span.start, pixels))

    @property
    def taps(self) -> int:
        """How many old pixels a new one reads."""
        return len(self.sources)

    def taps_of(self, cell: int) -> Taps:
        """The old pixels of a new one; one may come twice where the border is reflected."""
        pixels: list[int] = self.sources[:, cell].tolist()
        shares = np.broadcast_to(self.shares, self.sources.shape)[:, cell] / self.whole
        return Taps(pixels, range(min(pixels), max(pixels) + 1), len(pixels), shares.tolist())


def weighted_sums(states: Array, axes: Sequence[WeightedAxis]) -> Array:
    """Weighted sums along each axis, tap by tap.

    Integers are weighted by parts of the whole, floats by fractions, whose sums cannot overflow.
    """
    for number, axis in enumerate(axes, start=-len(axes)):
        shares = axis.shares if states.dtype.kind in "iu" else axis.shares / axis.whole
        shares = shares.astype(states.dtype).reshape(*shares.shape, *(1,) * (-number - 1))
        if number == -1:  # NumPy steps faster through one row than over channels side by side
            states = np.ascontiguousarray(states)
        states = _along_axis(states, axis.sources, shares, number)
    return states


def _along_axis(states: Array, sources: Array, shares: Array, number: int) -> Array:
    """Weighted sums along one axis: of views, but for the pixels near borders.

    A blur of 5 taps and stride 4 of 12 megapixels took 250 ms where all pixels were gathered.
    """
    shape = list(states.shape)
    shape[number] = sources.shape[1]
    sums = np.empty_like(states, shape=shape)
    for cells in _parts(sources):
        part = sums[_at(cells, number)]
        weights = shares[:, cells] if shares.shape[1] > 1 else shares
        for tap, (source, weight) in enumerate(zip(sources[:, cells], weights, strict=True)):
            pixels = states[_at(_as_slice(source), number)]
            if tap:
                part += pixels * weight
            else:
                np.multiply(pixels, weight, out=part)
    return sums


def _parts(sources: Array) -> list[slice]:
    """New pixels whose taps are equally far apart, those around the middle, and the others."""
    steps = np.diff(sources, axis=1)
    middle = steps.shape[1] // 2
    breaks = np.flatnonzero((steps != steps[:1, middle : middle + 1]).any(axis=0))
    at = int(np.searchsorted(breaks, middle))
    first = int(breaks[at - 1]) + 1 if at else 0
    stop = int(breaks[at]) + 1 if at < len(breaks) else sources.shape[1]
    parts = slice(0, first), slice(first, stop), slice(stop, sources.shape[1])
    return [part for part in parts if part.start < part.stop]


def _as_slice(numbers: Array) -> slice | Array:
    """Numbers that are equally far apart as a slice, which makes a view of an array."""
    if len(numbers) < 2:
        return numbers
    step = int(numbers[1] - numbers[0])
    if step < 1 or (np.diff(numbers) != step).any():
        return numbers
    return slice(int(numbers[0]), int(numbers[-1]) + 1, step)


def _at(numbers: slice | Array, axis: int) -> tuple[Any, ...]:
    """The index of these numbers along an axis, counted from the last."""
    return (..., numbers, *(slice(None),) * (-axis - 1))

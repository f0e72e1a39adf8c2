"""Unpooling: pooled values put back where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.index import NOWHERE
from poolcli.engine.operations.operation import Trace
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.place import Geometry, per_axis
from poolcli.errors import RequestError, ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Padding, Size
from poolcli.maps.layout import shape_words
from poolcli.resources import memory

# Bytes of scratch for a value, counted from the arrays that are made: its index, where it goes, and
# three masks.
PIXEL = 40


@dataclass(frozen=True)
class SinglePixel:
    """An axis of `cells` cells of which only one is asked for, and it reads this pixel."""

    cells: int
    pixel: int

    def taps_of(self, cell: int) -> Taps:
        """The pixel."""
        return Taps((self.pixel,), range(self.pixel, self.pixel + 1), 1)


@dataclass(frozen=True, kw_only=True)
class Unpool:
    """Each value at its index, in a map of zeros: (N, C, h, w) gives (N, C, *output_size).

    `indices` has the shape of the values; -1 puts a value nowhere, and of several values with one
    index the last stays. They count in each plane, or as `index_order` says. Without an
    `output_size` it is that of sliding windows that fit along each axis: (cells - 1) stride -
    padding + kernel. With `indices_in` "windows" the indices count in a map of that size, whose end
    is padded with zeros up to the `output_size`.

    Source: PyTorch MaxUnpool2d; ONNX MaxUnpool.
    """

    indices: Array
    output_size: Size | None
    kernel: Size
    stride: Size | None
    padding: Padding
    index_order: str
    indices_in: str = "output"

    def __post_init__(self) -> None:
        if (dtype := self.indices.dtype).kind not in "iu":
            raise RequestError(f"`indices` holds {dtype}: indices are whole numbers")

    def geometry(self, frame: Frame) -> Geometry:
        """The planes at their new size."""
        space = self._space(frame.space)
        stride = tuple(
            Fraction(cells, size) for cells, size in zip(frame.space, space, strict=True)
        )
        return Geometry(
            frame.pooled(space),
            (1,) * len(space),
            stride,
            0,
            tuple((step - 1) / 2 for step in stride),
        )

    def _space(self, cells: Size) -> Size:
        if self.output_size:
            return per_axis("output_size", self.output_size, len(cells))
        return self._fitted(cells)

    def _indexed_space(self, cells: Size) -> Size:
        """The size of the map that the indices count in."""
        space = self._space(cells)
        if self.indices_in == "output":
            return space
        fitted = self._fitted(cells)
        if any(size > most for size, most in zip(fitted, space, strict=True)):
            raise ShapeError(
                f"`output_size` {shape_words(space)} is less than the {shape_words(fitted)} that "
                "the windows fit: give more, or `indices_in` output"
            )
        return fitted

    def _fitted(self, cells: Size) -> Size:
        """The size of the map that windows fit."""
        if self.padding in ("same", "same-lower"):
            raise RequestError(
                f"`padding` {self.padding} does not tell how large the map was: give `output_size`"
            )
        count = len(cells)
        kernel, stride = (
            per_axis("kernel", self.kernel, count),
            per_axis("stride", self.stride or self.kernel, count),
        )
        pads = per_axis(
            "padding", ((0, 0),) if isinstance(self.padding, str) else self.padding, count
        )
        facts = zip(cells, kernel, stride, pads, strict=True)
        space = tuple((cell - 1) * step + size - sum(pad) for cell, size, step, pad in facts)
        if min(space) < 1:
            raise ShapeError(
                f"padding {pads} leaves no pixel of a map of {cells} cells: give `output_size`"
            )
        return space

    def sources(
        self, frame: Frame, plane: Size, axes: Sequence[Array], indices: Array
    ) -> tuple[Array, ...]:
        """Along each axis, the pixels whose values go to one of these cells of a plane."""
        first, shape = plane[:1], (*frame.lead[1:], *self._space(frame.space))
        mine = indices[first]
        numbers = np.ravel_multi_index((*plane[1:], *np.ix_(*axes)), shape)
        found = np.isin(self._places(mine, shape, (sum(first), frame)), numbers) & (mine != NOWHERE)
        return tuple(np.unique(at) for at in np.nonzero(found)[-len(axes) :])

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace | None:
        """The last value whose index is this cell, or None if there is none."""
        assert weights is not None
        space = self._space(frame.space)
        first, shape = cell[: len(frame.lead[:1])], (*frame.lead[1:], *space)
        indices = weights[first]
        places = self._places(indices, shape, (sum(first), frame))
        number = np.ravel_multi_index(cell[len(first) :], shape)
        found = np.argwhere((places == number) & (indices != NOWHERE))
        if not len(found):
            return None
        lead, at = len(frame.lead), (*first, *map(int, found[-1]))
        lines = tuple(
            SinglePixel(size, pixel) for size, pixel in zip(space, at[lead:], strict=True)
        )
        return Trace(at[:lead], lines, cell[lead:])

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """An image of the batch at a time."""
        whole = PIXEL * prod(frame.shape)
        return Load(dtype.itemsize, PIXEL, whole // max(1, prod(frame.lead[:1])), whole)

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The map; `weights` are the indices, of the planes' shape."""
        assert weights is not None
        out = memory.empty(self.geometry(frame).frame.shape, rules.dtype)
        for number in range(prod(frame.lead[:1])):
            where: Any = number if frame.lead else ...
            sample = out[where]
            sample[...] = 0
            put = weights[where] != NOWHERE
            places = self._places(weights[where], sample.shape, (number, frame))
            sample.reshape(-1)[places[put]] = rules.cast(planes[where][put])
        return out

    def _places(self, indices: Array, shape: Size, which: tuple[int, Frame]) -> Array:
        """The indices of a sample, which has this shape, counted in all of it."""
        number, frame = which
        space, indexed = shape[-len(frame.space) :], self._indexed_space(frame.space)
        plane, lead = prod(indexed), shape[: -len(frame.space)]
        planes = np.arange(prod(lead)).reshape(*lead, *(1,) * len(frame.space))
        pixels = self._pixels(indices, number * prod(lead) + planes, (plane, frame))
        wrong = (indices != NOWHERE) & ((pixels < 0) | (pixels >= plane))
        if wrong.any():
            index = indices[wrong].flat[0]
            is_in_map = self.index_order != "plane" and 0 <= index < frame.planes * plane
            where = "its plane" if is_in_map else "the map"
            raise ValueRuleError(
                f"`indices` has {index}, which is outside of {where} of {plane} pixels a plane: "
                "give the `output_size` and the `index_order` they were made with"
            )
        if indexed != space:
            at = np.unravel_index(np.clip(pixels, 0, plane - 1), indexed)
            pixels = np.asarray(np.ravel_multi_index(at, space))
        return pixels + planes * prod(space)

    def _pixels(self, indices: Array, planes: Array, which: tuple[int, Frame]) -> Array:
        """The indices counted in each plane, by the numbers of the planes; -1 for other planes'."""
        (plane, frame), indices = which, indices.astype(np.int64)
        if self.index_order == "nhwc":
            channels = frame.channels or 1
            return np.where(indices % channels == planes % channels, indices // channels, -1)
        return indices - planes * plane if self.index_order == "tensor" else indices


unpool = Unpool

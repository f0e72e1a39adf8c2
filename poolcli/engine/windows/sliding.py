"""Sliding windows: one size at equal distances."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import (
    AXIS_NAMES,
    Geometry,
    GridPlace,
    PlacedGrid,
    Placement,
    per_axis,
)
from poolcli.engine.windows.sliding_axis import SlidingAxis
from poolcli.errors import ShapeError
from poolcli.maps.frame import Frame, Padding, Size

if TYPE_CHECKING:
    from poolcli.engine.windows.footprint import Footprint


@dataclass(frozen=True)
class Sliding(GridPlace):
    """Windows of `kernel` taps, `dilation` pixels apart, at every `stride` pixels from the
    padding's begin on.

    Windows are clipped to the map: padding adds cells and no pixels. Where `border` names another
    of `MODES`, for each axis or for all, that is what windows read in the padding. With a
    `footprint`, or the name of one, some taps of the kernel count. `padding` is
    (begin, end) for each axis or for all, or a word: "valid" (none), "same" and "same-lower" (what
    gives ceil(L / stride) cells, the odd pixel at the end or at the beginning). `stride` is the
    kernel's size unless given. With `ceil_mode` a last window may reach beyond the padded map. True
    and "drop" leave it out where it starts in the padding at the end, "drop-padded" only if there
    is padding on any axis, "keep" does not, and "fill" makes the padding larger until it is full.
    `exact` refuses a map where a window would be left out or reach beyond.

    A window that reads no pixel is refused, or, with `allows_empty`, a cell without a grid; with a
    `footprint` it is empty.

    Source: PyTorch aten/src/ATen/native/Pool.h (number of cells), ONNX MaxPool (words for padding),
    OpenVINO rounding_type (keep), Caffe pooling_layer.cpp (drop-padded), scikit-image block_reduce
    (fill).

    >>> Sliding(kernel=(3,), stride=(2,), padding=((1, 1),)).grid((112, 112)).shape
    (56, 56)
    >>> axis, = Sliding(kernel=(3,), padding="same").grid((7,)).axes
    >>> [list(axis.taps_of(cell).pixels) for cell in range(3)]
    [[0, 1], [2, 3, 4], [5, 6]]
    """

    kernel: Size = (2,)
    stride: Size | None = None
    padding: Padding = ((0, 0),)
    dilation: Size = (1,)
    ceil_mode: bool | str = False
    exact: bool = False
    border: tuple[str, ...] = ("clip",)
    footprint: Footprint | str | None = None
    allows_empty: bool = False

    def grid(self, space: Size) -> Grid:
        """The cells of a map with these spatial sizes; ShapeError if windows do not fit."""
        footprint = self._footprint(len(space))
        return Grid(tuple(axis.cut() for axis in self.axes(space)), footprint)

    def _footprint(self, axes: int) -> Footprint | None:
        if isinstance(self.footprint, str):
            from poolcli.engine.windows.footprint import Footprint

            return Footprint.named(self.footprint, per_axis("kernel", self.kernel, axes))
        if self.footprint is not None and len(self.footprint.shape) != axes:
            size = "x".join(map(str, self.footprint.shape))
            raise ShapeError(f"`footprint` has the size {size}, and the map {axes} spatial axes")
        return self.footprint

    def on(self, frame: Frame) -> Placement:
        """The same windows on every plane; without those that read no pixel, if there may be."""
        return _without_empty(self, frame) if self.allows_empty else super().on(frame)

    def axes(self, space: Size) -> list[SlidingAxis]:
        """The windows along each axis of a map with these spatial sizes."""
        axes = self._padded_axes(space)
        if self.exact:
            for axis in axes:
                axis.check_exact()
        return [axis.filled() for axis in axes] if self.ceil_mode == "fill" else axes

    def _padded_axes(self, space: Size) -> list[SlidingAxis]:
        count = len(space)
        kernel = per_axis("kernel", self.kernel, count)
        stride = per_axis("stride", self.stride or self.kernel, count)
        dilation = per_axis("dilation", self.dilation, count)
        padding = ((0, 0),) if isinstance(self.padding, str) else self.padding
        pads = per_axis("padding", padding, count)
        borders = per_axis("border", self.border, count)
        facts = zip(AXIS_NAMES[count], space, kernel, stride, dilation, pads, borders, strict=True)
        rule = self.ceil_mode
        if rule == "drop-padded":
            rule = "drop" if any(map(any, pads)) else "keep"
        whole = self.footprint is not None
        axes = [SlidingAxis(rule, *fact)._replace(whole=whole) for fact in facts]
        if isinstance(self.padding, str) and self.padding != "valid":
            return [axis.padded_same(self.padding) for axis in axes]
        return axes


@lru_cache(maxsize=64)  # as `place.GridPlace.on`
def _without_empty(place: Sliding, frame: Frame) -> Placement:
    """A grid of the windows that read a pixel, and the place of these in the result."""
    axes = place.axes(frame.space)
    empty, cut = zip(*(axis.cut_without_empty() for axis in axes), strict=True)
    if not any(empty):
        return GridPlace.on(place, frame)
    cells = tuple(axis.cells for axis in axes)
    is_filled = all(axis.cells for axis in cut)
    filled = tuple(
        np.delete(np.arange(size), left) for size, left in zip(cells, empty, strict=True)
    )
    placed = PlacedGrid(..., (..., *np.ix_(*filled)), Grid(cut), frame.planes, filled)
    pooled = frame.pooled(cells)
    known = Geometry(
        pooled,
        tuple(axis.window for axis in axes),
        tuple(Fraction(axis.stride) for axis in axes),
        placed.merges if is_filled else 0,
        tuple(Fraction(axis.window - 1, 2) - axis.padding[0] for axis in axes),
    )
    return Placement(pooled, (placed,) if is_filled else (), known)

"""Sliding windows: one size at equal distances. The formulas for lengths and borders, each with its
source.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from poolcli.engine.windows.border import Border
from poolcli.engine.windows.grid import Axis, Grid, Run
from poolcli.engine.windows.place import AXIS_NAMES, GridPlace, per_axis
from poolcli.errors import ShapeError
from poolcli.maps.frame import Padding, Size


@dataclass(frozen=True)
class Sliding(GridPlace):
    """Windows of `kernel` taps, `dilation` pixels apart, at every `stride` pixels from the
    padding's begin on.

    Windows are clipped to the map: padding adds cells and no pixels. Where `border` names another
    of `MODES`, for each axis or for all, that is what windows read in the padding. `padding` is
    (begin, end) for each axis or for all, or a word: "valid" (none), "same" and "same-lower" (what
    gives ceil(L / stride) cells, the odd pixel at the end or at the beginning). `stride` is the
    kernel's size unless given. With `ceil_mode` a last window may reach beyond the map if it
    starts inside.

    Source: PyTorch aten/src/ATen/native/Pool.h (number of cells), ONNX MaxPool (words for padding).

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
    ceil_mode: bool = False
    border: tuple[str, ...] = ("clip",)

    def grid(self, space: Size) -> Grid:
        """The cells of a map with these spatial sizes; ShapeError if windows do not fit."""
        return Grid(tuple(axis.cut() for axis in self._axes(space)))

    def _axes(self, space: Size) -> list[_SlidingAxis]:
        count = len(space)
        kernel = per_axis("kernel", self.kernel, count)
        stride = per_axis("stride", self.stride or self.kernel, count)
        dilation = per_axis("dilation", self.dilation, count)
        padding = ((0, 0),) if isinstance(self.padding, str) else self.padding
        pads = per_axis("padding", padding, count)
        borders = per_axis("border", self.border, count)
        facts = zip(AXIS_NAMES[count], space, kernel, stride, dilation, pads, borders, strict=True)
        axes = [_SlidingAxis(self.ceil_mode, *fact) for fact in facts]
        if isinstance(self.padding, str) and self.padding != "valid":
            return [axis.padded_same(self.padding) for axis in axes]
        return axes


class _SlidingAxis(NamedTuple):
    """One axis under a sliding window, in the terms of the formulas."""

    ceil_mode: bool
    name: str
    length: int
    kernel: int
    stride: int
    dilation: int
    padding: tuple[int, int]
    border: str

    @property
    def window(self) -> int:
        """A window's length, the gaps of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def cells(self) -> int:
        """How many windows fit (PyTorch pooling_output_shape_pad_lr); below 1 if none does.

        In ceil mode a last window that would start in the padding at the end is left out.
        """
        begin, end = self.padding
        steps = self.length + begin + end - self.window
        if not self.ceil_mode:
            return steps // self.stride + 1
        cells = -(-steps // self.stride) + 1
        starts_in_padding = (cells - 1) * self.stride >= self.length + begin
        return cells - 1 if starts_in_padding else cells

    def padded_same(self, word: str) -> _SlidingAxis:
        """With the padding that gives ceil(length / stride) windows (ONNX SAME_UPPER and
        SAME_LOWER).
        """
        cells = -(-self.length // self.stride)
        total = max((cells - 1) * self.stride + self.window - self.length, 0)
        less, more = total // 2, total - total // 2
        return self._replace(padding=(less, more) if word == "same" else (more, less))

    def cut(self) -> Axis:
        """The axis cut into runs: the unclipped windows, then each clipped one at the beginning and
        at the end.
        """
        cells, begin = self.cells, self.padding[0]
        if cells < 1:
            raise ShapeError(self._too_large())
        if self.border != "clip":
            return self._cut_with_border(cells)
        first = min(-(-begin // self.stride), cells)
        stop = max(first, min(cells, (self.length - self.window + begin) // self.stride + 1))
        unclipped = [self._run(first, stop - first)] if stop > first else []
        clipped = [self._run(cell, 1) for cell in (*range(first), *range(stop, cells))]
        runs = (*unclipped, *clipped)
        return Axis(cells, runs, self.kernel, self.window, Fraction(self.stride))

    def _cut_with_border(self, cells: int) -> Axis:
        """The axis whose windows are clipped where the padding ends, which is all border."""
        begin, end = self.padding
        length, border = begin + self.length + end, Border(self.border, self.length, begin, end)
        stop = min(cells, (length - self.window) // self.stride + 1)
        runs = []
        for cell, number in [(0, stop), *((cell, 1) for cell in range(stop, cells))]:
            start = cell * self.stride
            size = min(self.kernel, -(-(length - start) // self.dilation))
            tail = self.kernel - size
            step, start = self.dilation, start - begin
            if number:
                runs.append(Run(cell, number, start, self.stride, size, size, step, tail=tail))
        stride = Fraction(self.stride)
        return Axis(cells, tuple(runs), self.kernel, self.window, stride, border=border)

    def _run(self, cell: int, count: int) -> Run:
        """`count` windows from this cell on, which the borders clip alike."""
        begin, end = self.padding
        start = cell * self.stride - begin
        head = -(-max(0, -start) // self.dilation)
        size = min(self.kernel, -(-(self.length - start) // self.dilation)) - head
        if size < 1:
            raise ShapeError(
                f"padding {begin}:{end} leaves a window of {self.window} without a pixel "
                f"on axis {self.name}, which is {self.length} long: use less padding"
            )
        return Run(
            cell,
            count,
            start + head * self.dilation,
            self.stride,
            size,
            extent=min(self.kernel, -(-(self.length + end - start) // self.dilation)),
            step=self.dilation,
            head=head,
            tail=self.kernel - head - size,
        )

    def _too_large(self) -> str:
        begin, end = self.padding
        dilated = f" (dilated to {self.window})" if self.dilation > 1 else ""
        padded = f" padded by {begin}:{end}" if begin or end else ""
        longest = (self.length + begin + end - 1) // self.dilation + 1
        return (
            f"kernel {self.kernel}{dilated} is larger than axis {self.name}, "
            f"which is {self.length} long{padded}: "
            f"use a kernel of at most {longest}, or more padding"
        )

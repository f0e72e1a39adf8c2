"""Sliding windows: their lengths and borders, every formula with its source. Whole numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from poolcli.engine.windows.grid import AXIS_NAMES, Axis, Grid, Run, Uniform, spread
from poolcli.errors import ShapeError
from poolcli.maps.frame import Padding, Size


@dataclass(frozen=True)
class Sliding(Uniform):
    """Windows of one size at equal distances.

    Source: PyTorch aten/src/ATen/native/Pool.h (lengths, last-window rule), ONNX MaxPool (the words of padding).

    >>> Sliding(kernel=(3,), stride=(2,), padding=((1, 1),)).grid((112, 112)).shape
    (56, 56)
    """

    kernel: Size = (2,)
    stride: Size | None = None
    padding: Padding = ((0, 0),)
    dilation: Size = (1,)
    ceil_mode: bool = False

    def grid(self, shape: Size) -> Grid:
        """The cells of a map whose spatial axes have this shape; ShapeError where windows do not fit."""
        return Grid(tuple(line.axis() for line in self._lines(shape)))

    def _lines(self, shape: Size) -> list[_Line]:
        count = len(shape)
        kernel = spread("kernel", self.kernel, count)
        stride = spread("stride", self.stride or self.kernel, count)
        dilation = spread("dilation", self.dilation, count)
        word = self.padding if isinstance(self.padding, str) else "valid"
        pads = (
            [(0, 0)] * count
            if isinstance(self.padding, str)
            else spread("padding", self.padding, count)
        )
        facts = zip(AXIS_NAMES[count], shape, kernel, stride, dilation, pads, strict=True)
        return [_Line(self.ceil_mode, *line).padded(word) for line in facts]


class _Line(NamedTuple):
    """One axis under a sliding window, in the terms of the formulas."""

    ceil_mode: bool
    name: str
    length: int
    kernel: int
    stride: int
    dilation: int
    padding: tuple[int, int]

    @property
    def span(self) -> int:
        """A window's length, the gaps of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def cells(self) -> int:
        """How many windows fit (PyTorch pooling_output_shape_pad_lr); below 1 where none does.

        In ceil mode a last window that would start in the padding at the end is left out.
        """
        begin, end = self.padding
        room = self.length + begin + end - self.span
        cells = (room + (self.stride - 1 if self.ceil_mode else 0)) // self.stride + 1
        return (
            cells - 1
            if self.ceil_mode and (cells - 1) * self.stride >= self.length + begin
            else cells
        )

    def padded(self, word: str) -> _Line:
        """With the padding that gives ceil(length / stride) windows (ONNX SAME_UPPER and SAME_LOWER)."""
        if word == "valid":
            return self
        total = max((-(-self.length // self.stride) - 1) * self.stride + self.span - self.length, 0)
        less, more = total // 2, total - total // 2
        return self._replace(padding=(less, more) if word == "same" else (more, less))

    def axis(self) -> Axis:
        """The windows as runs: clipped ones at the beginning, whole ones, clipped ones at the end."""
        cells = self.cells
        if cells < 1:
            raise ShapeError(self._too_large())
        begin = self.padding[0]
        first = min(-(-begin // self.stride), cells)
        stop = max(first, min(cells, (self.length - self.span + begin) // self.stride + 1))
        whole = [self._run(first, stop - first)] if stop > first else []
        clipped = [self._run(cell, 1) for cell in (*range(first), *range(stop, cells))]
        return Axis(cells, (*whole, *clipped), self.kernel, self.span, Fraction(self.stride))

    def _run(self, cell: int, count: int) -> Run:
        """`count` windows from this cell on, alike in how the borders clip them."""
        begin, end = self.padding
        start = cell * self.stride - begin
        head = -(-max(0, -start) // self.dilation)
        size = min(self.kernel, -(-(self.length - start) // self.dilation)) - head
        if size < 1:
            raise ShapeError(
                f"padding {begin}:{end} leaves a window of {self.span} without a pixel "
                f"on axis {self.name}, which is {self.length} long: use less padding"
            )
        extent = min(self.kernel, -(-(self.length + end - start) // self.dilation))
        return Run(
            cell,
            count,
            start + head * self.dilation,
            self.stride,
            size,
            extent,
            self.dilation,
            head=head,
            tail=self.kernel - head - size,
        )

    def _too_large(self) -> str:
        begin, end = self.padding
        dilated = f" (dilated to {self.span})" if self.dilation > 1 else ""
        padded = f" padded by {begin}:{end}" if begin or end else ""
        longest = (self.length + begin + end - 1) // self.dilation + 1
        return (
            f"kernel {self.kernel}{dilated} is larger than axis {self.name}, which is {self.length} long{padded}: "
            f"use a kernel of at most {longest}, or more padding"
        )

"""One axis under a sliding window: the formulas for lengths and borders, each with its source."""

from __future__ import annotations

from bisect import bisect
from fractions import Fraction
from typing import NamedTuple

from poolcli.engine.windows.border import Border
from poolcli.engine.windows.grid import Axis
from poolcli.engine.windows.runs import Run
from poolcli.errors import ShapeError


class SlidingAxis(NamedTuple):
    """One axis under a sliding window, in the terms of the formulas.

    With `whole` all windows have all taps of the kernel, and those beside the map are absent pixels
    of its border.
    """

    ceil_mode: bool | str
    name: str
    length: int
    kernel: int
    stride: int
    dilation: int
    padding: tuple[int, int]
    border: str
    whole: bool = False

    @property
    def window(self) -> int:
        """A window's length, the gaps of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def cells(self) -> int:
        """How many windows fit (PyTorch pooling_output_shape_pad_lr); below 1 if none does.

        In ceil mode a last window that would start in the padding at the end may be left out.
        """
        begin, end = self.padding
        steps = self.length + begin + end - self.window
        if not self.ceil_mode:
            return steps // self.stride + 1
        cells = -(-steps // self.stride) + 1
        starts_in_padding = (cells - 1) * self.stride >= self.length + begin
        return cells - (starts_in_padding and self.ceil_mode in (True, "drop"))

    def padded_same(self, word: str) -> SlidingAxis:
        """With the padding that gives ceil(length / stride) windows (ONNX SAME_UPPER and
        SAME_LOWER).
        """
        cells = -(-self.length // self.stride)
        total = max((cells - 1) * self.stride + self.window - self.length, 0)
        less, more = total // 2, total - total // 2
        return self._replace(padding=(less, more) if word == "same" else (more, less))

    def filled(self) -> SlidingAxis:
        """With padding at the end up to the end of the last window."""
        begin, end = self.padding
        beyond = (self.cells - 1) * self.stride + self.window - (self.length + begin + end)
        return self._replace(padding=(begin, end + max(beyond, 0)))

    def check_exact(self) -> None:
        """ShapeError if a window would be left out, or reach beyond the padded map."""
        steps = self.length + sum(self.padding) - self.window
        rest = steps % self.stride
        if steps < 0 or not rest:
            return
        fits = (self.length - rest, self.length - rest + self.stride)
        raise ShapeError(
            f"`exact`: windows of {self.window} at a stride of {self.stride} do not divide axis "
            f"{self.name}, which is {self.length} long: {fits[0]} or {fits[1]} would do"
        )

    def cut(self) -> Axis:
        """The axis cut into runs: the unclipped windows, then each clipped one at the beginning and
        at the end.
        """
        unclipped, clipped = self._parted()
        runs = (
            *(self._run(*part) for part in unclipped),
            *(self._run(cell, 1) for cell in clipped),
        )
        return self._axis(self.cells, runs)

    def _axis(self, cells: int, runs: tuple[Run, ...]) -> Axis:
        border = None
        if self.border != "clip" or self.whole:
            border = Border(self.border, self.length, *self.padding)
        return Axis(cells, runs, self.kernel, self.window, Fraction(self.stride), border=border)

    @property
    def _readable(self) -> tuple[int, int]:
        """The first position that windows read, and the end: the map, or with its border."""
        begin, end = self.padding
        return (0, self.length) if self.border == "clip" else (-begin, self.length + end)

    def cut_without_empty(self) -> tuple[list[int], Axis]:
        """The numbers of the cells that read no pixel, and the others as an axis of their own."""
        unclipped, clipped = self._parted()
        sizes = {cell: self._size(cell) for cell in clipped}
        empty = sorted(cell for cell, size in sizes.items() if size < 1)
        parts = [*unclipped, *((cell, 1) for cell, size in sizes.items() if size >= 1)]
        runs = [self._run(*part) for part in parts]
        renumbered = tuple(run._replace(cell=run.cell - bisect(empty, run.cell)) for run in runs)
        number = self.cells - len(empty)
        return empty, self._axis(number, renumbered)

    def _parted(self) -> tuple[list[tuple[int, int]], list[int]]:
        """The first of the unclipped windows with their number, if any, and the clipped ones."""
        cells, begin = self.cells, self.padding[0]
        if cells < 1:
            raise ShapeError(self._too_large())
        if self.whole:
            return [(0, cells)], []
        low, high = self._readable
        first = min(-(-(begin + low) // self.stride), cells)
        stop = max(first, min(cells, (high - self.window + begin) // self.stride + 1))
        unclipped = [(first, stop - first)] if stop > first else []
        return unclipped, [*range(first), *range(stop, cells)]

    def _head(self, cell: int) -> int:
        """The taps of a window that lie before what it reads."""
        if self.whole:
            return 0
        low, _ = self._readable
        return -(-max(0, low + self.padding[0] - cell * self.stride) // self.dilation)

    def _size(self, cell: int) -> int:
        """The taps of a window that it reads; below 1 if there is none."""
        if self.whole:
            return self.kernel
        _, high = self._readable
        start = cell * self.stride - self.padding[0]
        return min(self.kernel, -(-(high - start) // self.dilation)) - self._head(cell)

    def _run(self, cell: int, count: int) -> Run:
        """`count` windows from this cell on, which the borders clip alike."""
        begin, end = self.padding
        start = cell * self.stride - begin
        head, size = self._head(cell), self._size(cell)
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
            extent=self._extent(start),
            step=self.dilation,
            head=head,
            tail=self.kernel - head - size,
        )

    def _extent(self, start: int) -> int:
        """The taps of a window at this position up to the end of the padding."""
        if self.whole:
            return self.kernel
        return min(self.kernel, -(-(self.length + self.padding[1] - start) // self.dilation))

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

"""Sliding windows along one axis, what they waste, and the target that they have to meet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from poolcli.engine.operations.receptive import receptive_pixels
from poolcli.engine.windows.sliding import Sliding
from poolcli.errors import ShapeError

ENDS = ("floor", "ceil", "same")  # how windows end at the end of an axis
NUMERIC_ENDS = ENDS[:2]  # those with a padding in numbers


@dataclass(frozen=True)
class AxisTarget:
    """The pixels and the cells of an axis, and the options that are fixed (None: free)."""

    length: int
    cells: int
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    dilation: int = 1

    @property
    def strides(self) -> range:
        """The strides that may make the cells; a single cell has its kernel for stride."""
        if self.stride:
            return range(self.stride, self.stride + 1)
        return range(1, self.length // max(self.cells - 2, 1) + 1)

    @property
    def paddings(self) -> range:
        """The paddings that may be used: up to half a kernel, PyTorch's limit."""
        most = (self.kernel or self.length) // 2
        if self.padding is None:
            return range(most + 1)
        return range(self.padding, min(self.padding, most) + 1)


@dataclass(frozen=True)
class AxisWindows:
    """Windows along one axis; `outside` taps of the padding and `unseen` pixels are wasted."""

    kernel: int
    stride: int
    padding: int
    end: str
    dilation: int = 1
    outside: int = 0
    unseen: int = 0

    @property
    def overlap(self) -> int:
        """The pixels that neighbours share; below 0, those that lie between them."""
        return self.dilation * (self.kernel - 1) + 1 - self.stride

    @property
    def rank(self) -> tuple[int, ...]:
        """Sorts by waste in all; of equal waste unseen pixels are worst."""
        waste = abs(self.overlap) + self.outside + self.unseen
        return waste, self.unseen, self.outside, self.kernel

    @property
    def padding_word(self) -> str:
        """The padding where it is a word, else ""."""
        return self.end if self.end.startswith("same") else ""

    def sliding(self, end: str | None = None) -> Sliding:
        """The windows as a place of the engine; `end` replaces their own."""
        windows = replace(self, end=end or self.end)
        padding = windows.padding_word or ((self.padding, self.padding),)
        is_ceil = windows.end == "ceil"
        return Sliding((self.kernel,), (self.stride,), padding, (self.dilation,), is_ceil)

    def cells(self, length: int, end: str | None = None) -> int | None:
        """The number of cells along so many pixels; None where the windows do not fit."""
        try:
            return self.sliding(end).grid((length,)).shape[0]
        except ShapeError:
            return None

    def measured(self, length: int) -> AxisWindows:
        """With the taps outside of an axis of this length, and the pixels no window reads."""
        (axis,) = self.sliding().grid((length,)).axes
        outside = axis.taps - min(run.size for run in axis.runs)
        unseen = length - len(receptive_pixels(axis, range(axis.cells)))
        return replace(self, outside=outside, unseen=unseen)


Solution = tuple[AxisWindows, ...]  # windows for each axis

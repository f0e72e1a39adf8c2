"""What the code of a step is written from: its options, and its windows in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.operations.operation import Pooling
from poolcli.engine.windows.footprint import Footprint
from poolcli.engine.windows.grid import Axis
from poolcli.errors import ValueRuleError
from poolcli.maps.feature_map import Form
from poolcli.maps.frame import Size
from poolcli.maps.layout import space_axes
from poolcli.pipeline.step import Step

# The kinds of windows that are a grid.
GRIDS = ("sliding", "adaptive", "global", "strided", "fitted")


@dataclass(frozen=True)
class ExportedStep:
    """A step on maps of a form, and the axes of its grid; no axes where its windows are no grid."""

    source: Step
    form: Form
    output: Form
    axes: tuple[Axis, ...]
    footprint: Footprint | None = None

    def __getitem__(self, name: str) -> Any:
        """The value of an option."""
        return self.source[name]

    @property
    def op(self) -> str:
        return self.source.op.name

    @property
    def kind(self) -> str:
        """The kind of windows."""
        return self.source.windows.name if self.source.windows else ""

    @property
    def dims(self) -> int:
        return len(self.form.space)

    @property
    def space(self) -> tuple[int, ...]:
        """The numbers of the spatial axes."""
        return space_axes(self.form.layout)

    @property
    def kernel(self) -> Size:
        return tuple(axis.taps for axis in self.axes)

    @property
    def spans(self) -> Size:
        """The lengths of the windows, gaps of dilation included."""
        return tuple(axis.window for axis in self.axes)

    @property
    def stride(self) -> Size:
        return tuple(int(axis.stride) for axis in self.axes)

    @property
    def dilation(self) -> Size:
        return tuple(
            (axis.window - 1) // (axis.taps - 1) if axis.taps > 1 else 1 for axis in self.axes
        )

    @property
    def taps(self) -> int:
        if self.footprint is not None:
            return self.footprint.count
        return prod(self.kernel)

    @property
    def divisor(self) -> float | None:
        """The number that a mean is divided by; None where it is the number of pixels."""
        if self.op != "avg":
            return None
        divisor: float | str | None = self["divisor"]
        if isinstance(divisor, str):
            return self.taps if divisor == "kernel" else None
        return divisor

    @property
    def cells(self) -> Size:
        return tuple(axis.cells for axis in self.axes)

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """How far windows reach out of the map at both ends: with it no ceil mode is needed."""
        pads = []
        for axis, length in zip(self.axes, self.form.space, strict=True):
            begin = -axis.taps_of(0).window.start
            last_end = int((axis.cells - 1) * axis.stride) + axis.window - begin
            pads.append((begin, max(0, last_end - length)))
        return tuple(pads)

    @property
    def unpadded(self) -> bool:
        """Whether all windows are inside the map, or its border."""
        axes = zip(self.axes, self.pads, strict=True)
        return not any(any(pads) for axis, pads in axes if _is_clipped(axis))

    @property
    def edges(self) -> tuple[str | float, ...]:
        """The border of each axis."""
        edges = self["border"] if self.has_option("border") else ("clip",)
        return tuple(edges) * (self.dims // len(edges))

    def has_option(self, name: str) -> bool:
        """Whether its windows have this option."""
        windows = self.source.windows
        return windows is not None and any(each.name == name for each in windows.parameters)

    @property
    def asked_pads(self) -> tuple[tuple[int, int], ...] | None:
        """The padding that the step asks for; None where it is a word."""
        padding = self["padding"]
        if padding == "valid":
            return ((0, 0),) * self.dims
        return None if isinstance(padding, str) else tuple(padding) * (self.dims // len(padding))

    @property
    def even_pads(self) -> Size | None:
        """The padding of each axis; None where its ends differ, or it exceeds half the kernel."""
        pads = self.asked_pads or self.pads
        fits = all(
            begin == end and 2 * begin <= size
            for (begin, end), size in zip(pads, self.kernel, strict=True)
        )
        return tuple(begin for begin, _ in pads) if fits else None

    @property
    def counts_all(self) -> bool:
        """Whether every window has all taps of the kernel; ceil mode may clip the last one."""
        return all(
            axis.taps_of(cell).extent == axis.taps
            for axis in self.axes
            for cell in {0, axis.cells - 1}
        )

    @property
    def has_gaps(self) -> bool:
        """Whether taps of its windows' spans are missing: dilation, or a footprint."""
        return self.footprint is not None or set(self.dilation) != {1}

    @property
    def kernel_taps(self) -> list[Any]:
        """1 for each tap of its windows' spans, 0 where there is none, as nested lists."""
        taps = np.ones(self.kernel, int) if self.footprint is None else self.footprint.taps
        whole = np.zeros(self.spans, int)
        whole[tuple(slice(None, None, gap) for gap in self.dilation)] = taps
        nested: list[Any] = whole.tolist()
        return nested

    @property
    def is_same(self) -> bool:
        """Whether its padding is that of `same`, the odd pixel last."""
        axes = zip(self.pads, self.axes, self.form.space, strict=True)
        return all(
            begin == (begin + end) // 2 and axis.cells == -(-length // int(axis.stride))
            for (begin, end), axis, length in axes
        )

    @property
    def is_even(self) -> bool:
        """Whether all of its windows have the same distance and, but for padding, size."""
        lengths = zip(self.form.space, self.cells, strict=True)
        return self.kind != "adaptive" or not any(length % cells for length, cells in lengths)

    @property
    def computes_floats(self) -> bool:
        """Whether its results are computed, and none of the input's values."""
        is_middle = self.op == "median" and bool(self.axes) and self.unpadded and self.taps % 2 == 1
        return not (self.source.returns_input_values or is_middle)

    @property
    def is_float(self) -> bool:
        """Whether pixels are floats when it reads them."""
        return self.computes_floats or self.form.dtype.kind == "f"

    def of_planes(self) -> ExportedStep:
        """The step on one plane of height and width alone."""
        one, other = (
            form._replace(shape=form.space, layout="HW", mode="")
            for form in (self.form, self.output)
        )
        return replace(self, form=one, output=other)

    def with_grid(self) -> ExportedStep:
        """The step with the axes of its grid, if it has one; ValueRuleError for empty windows."""
        bare: Any = self.source.bare
        if self.kind not in GRIDS or not isinstance(bare, Pooling):
            return self
        placement = bare.place.on(self.form.frame)
        if not placement.is_whole:
            raise self.no("some of its windows see no pixel")
        (patch,) = placement.grids
        return replace(self, axes=patch.grid.axes, footprint=patch.grid.footprint)

    def no(self, why: str) -> ValueRuleError:
        """The error to raise where there is no code for the step."""
        return ValueRuleError(f"there is no such code for {self.source}: {why}")


def _is_clipped(axis: Axis) -> bool:
    """Whether windows are clipped to the map along an axis."""
    return axis.border is None or axis.border.mode == "clip"


def sizes(numbers: Size) -> str:
    """The code of one number where all axes have the same, else of a tuple."""
    return str(numbers[0]) if len(set(numbers)) == 1 else f"({', '.join(map(str, numbers))})"


def check_kind(target: str, step: ExportedStep, *more: str) -> None:
    """Refuse windows that are not sliding, global or adaptive, nor of a kind of `more`."""
    if step.kind not in ("sliding", "global", "adaptive", *more):
        raise step.no(f"{target} has no {step.kind or step.op} windows")


def check_even(target: str, step: ExportedStep) -> None:
    """Refuse adaptive windows that differ in size."""
    if not step.is_even:
        raise step.no(f"{target} has no adaptive windows of uneven sizes")


def check_channels_first(target: str, step: ExportedStep) -> None:
    """Raise ValueRuleError for maps with another order of axes than channels first."""
    usual = ("", "CL", "CHW", "CDHW")[step.dims]
    if step.form.layout not in (usual, f"N{usual}"):
        raise step.no(
            f"{target} pools N{usual}, and this is {step.form.layout}: give it a batch and channels"
        )

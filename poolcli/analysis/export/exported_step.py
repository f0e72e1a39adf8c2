"""What the code of a step is written from: its windows in numbers, as the plan has them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from poolcli.engine.operations.operation import Pooling
from poolcli.engine.windows.grid import Axis
from poolcli.errors import ValueRuleError
from poolcli.maps.feature_map import Form
from poolcli.maps.frame import Size
from poolcli.maps.layout import space_axes
from poolcli.pipeline.step import Stage, Step
from poolcli.pipeline.table import op_named

PLAIN = (
    "nodata",
    "mask",
    "min_valid",
    "emit",
    "normalize",
    "linear",
    "dtype",
)  # what no library can be told
GRIDS = ("sliding", "adaptive", "global", "strided", "fitted")
OTHER = {
    "fractional": "the distances are drawn by poolcli",
    "regions": "boxes are pooled by torchvision.ops.roi_pool, whose maximum alone is the same",
    "roi-align": "it is torchvision.ops.roi_align, which is no part of it",
    "unpool": "its indices are in a file",
    "stochastic": "what is drawn is poolcli's own",
    "fuse": "write the code of its branches, one by one",
    "mode": "it has no most frequent value for windows",
}


@dataclass(frozen=True)
class Facts:
    """A step on maps of a form, and the axes of its grid (none where it has no grid)."""

    step: Step
    form: Form
    output: Form
    axes: tuple[Axis, ...]

    @property
    def op(self) -> str:
        return self.step.op.name

    @property
    def kind(self) -> str:
        """The kind of windows."""
        return self.step.windows.name if self.step.windows else ""

    @property
    def dims(self) -> int:
        return len(self.form.space)

    @property
    def space(self) -> tuple[int, ...]:
        """Where the spatial axes are."""
        return space_axes(self.form.layout)

    @property
    def kernel(self) -> Size:
        return tuple(axis.taps for axis in self.axes)

    @property
    def spans(self) -> Size:
        """How long the windows are, gaps included."""
        return tuple(axis.window for axis in self.axes)

    @property
    def stride(self) -> Size:
        return tuple(int(axis.stride) for axis in self.axes)

    @property
    def dilation(self) -> Size:
        return tuple(
            (axis.window - 1) // max(axis.taps - 1, 1) if axis.taps > 1 else 1 for axis in self.axes
        )

    @property
    def taps(self) -> int:
        return prod(self.kernel)

    @property
    def cells(self) -> Size:
        return tuple(axis.cells for axis in self.axes)

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """How far windows reach out of the map: padding with which no ceil mode is needed."""
        begins = [-axis.taps_of(0).window.start for axis in self.axes]
        facts = zip(self.axes, begins, self.form.space, strict=True)
        return tuple(
            (begin, max(0, int((axis.cells - 1) * axis.stride) + axis.window - begin - length))
            for axis, begin, length in facts
        )

    @property
    def whole(self) -> bool:
        """All windows are inside of the map."""
        return not any(map(any, self.pads))

    @property
    def told(self) -> tuple[tuple[int, int], ...] | None:
        """The padding as it was asked for, if that was in numbers."""
        given = self.step["padding"]
        if given == "valid":
            return ((0, 0),) * self.dims
        return None if isinstance(given, str) else tuple(given) * (self.dims // len(given))

    @property
    def even(self) -> Size | None:
        """The padding, where both ends have the same and it is at most half the kernel."""
        pads = self.told or self.pads
        fits = all(
            begin == end and 2 * begin <= size
            for (begin, end), size in zip(pads, self.kernel, strict=True)
        )
        return tuple(begin for begin, _ in pads) if fits else None

    @property
    def counts_all(self) -> bool:
        """Every window's padding is asked for, so that counting it makes all counts the kernel's."""
        return all(
            axis.taps_of(cell).extent == axis.taps
            for axis in self.axes
            for cell in {0, axis.cells - 1}
        )

    def no(self, why: str) -> ValueRuleError:
        """The error that there is no code for it."""
        return ValueRuleError(f"there is no such code for {self.step}: {why}")


def facts_of(target: str, stage: Stage) -> Facts:
    """The facts of a step; ValueRuleError where it does what no library does."""
    step = stage.step
    facts = Facts(step, stage.input, stage.output, ())
    for name in PLAIN:
        if step[name]:
            raise facts.no(f"{target} cannot be told {op_named(step.op.name).option(name).flag}")
    if step["nan"] == "ignore" and target != "onnx":
        raise facts.no(f"{target} lets NaN through")
    if why := OTHER.get(step.op.name) or OTHER.get(facts.kind):
        raise facts.no(why)
    floats = ("float32",) if target == "onnx" else ("float32", "float64")
    if str(stage.input.dtype) not in floats and not (target == "numpy" and step.keeps):
        raise facts.no(
            f"{target} pools {' and '.join(floats)} alone, and this is {stage.input.dtype}: "
            "plan for floats with --input and a shape"
        )
    bare: Any = step.bare
    if facts.kind in GRIDS and isinstance(bare, Pooling):
        (patch,) = bare.place.on(stage.input.frame).grids
        return Facts(step, stage.input, stage.output, patch.grid.axes)
    return facts


def sizes(numbers: Size) -> str:
    """One number where all are alike, else a tuple."""
    return str(numbers[0]) if len(set(numbers)) == 1 else f"({', '.join(map(str, numbers))})"


def channels_first(target: str, facts: Facts) -> None:
    """Refuse maps whose axes lie in another order."""
    usual = ("", "CL", "CHW", "CDHW")[facts.dims]
    if facts.form.layout not in (usual, f"N{usual}"):
        raise facts.no(
            f"{target} pools N{usual}, and this is {facts.form.layout}: give it a batch and channels"
        )

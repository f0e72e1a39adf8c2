"""Bottleneck: moving windows along one axis after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.filter_code import sliced
from poolcli.analysis.export.fold_code import FORMULAS, FoldCode
from poolcli.analysis.export.numpy import padded_lines, sample_lines
from poolcli.analysis.export.target import Target, space_slices
from poolcli.maps.feature_map import Form

IMPORTS = {"np.": "import numpy as np", "bn.": "import bottleneck as bn"}
EXACT = ("max", "min", "range", "median")  # reducers without sums
OF_ONE_AXIS = ("std", "var", "median")  # reducers that are none of the axes one after the other


class BottleneckCode(FoldCode):
    """Expressions of moving windows; NaN is padding."""

    def max(self, x: str) -> str:
        return self.moved("max", x)

    def min(self, x: str) -> str:
        return self.moved("min", x)

    def mean(self, x: str) -> str:
        if self.step.unpadded:
            return self.moved("mean", x)
        return f"{self.moved('sum', x)} / {self.moved('sum', f'~np.isnan({x}) * 1.0')}"

    def sum(self, x: str) -> str:
        return self.moved("sum", x)

    def at_least(self, x: str, number: float) -> str:
        return f"np.maximum({x}, {number})"

    def root(self, x: str, degree: float) -> str:
        return super().root(f"np.maximum({x}, 0)", degree)  # running sums may end below 0

    def moved(self, name: str, x: str) -> str:
        """A moving function along each axis, and its results at the last pixels of the cells."""
        step = self.step
        least = "" if step.unpadded else ", min_count=1"
        for axis, size in zip(step.space, step.kernel, strict=True):
            if size > 1:
                x = f"bn.move_{name}({x}, {size}{least}, axis={axis})"
        index = space_slices(step, self._slices())
        return f"{x}[{index}]" if index else x

    def _slices(self) -> list[str]:
        step = self.step
        axes = zip(step.kernel, step.cells, step.stride, step.form.space, step.pads, strict=True)
        return [
            sliced(size - 1, size - 1 + (cells - 1) * stride, stride, length + sum(pads))
            for size, cells, stride, length, pads in axes
        ]


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return sample_lines(step)
    check_kind("bottleneck", step)
    check_even("bottleneck", step)
    if set(step.dilation) != {1}:
        raise step.no("bottleneck has no dilation")
    padded = padded_lines(step) if any(map(any, step.pads)) else []
    lines = [*padded, f"x = {_text(step)}"]
    if step.op in EXACT or step.form.dtype != np.float32:
        return lines
    wide = "x = x.astype(np.float64)  # its running sums of float32 lose digits"
    return [wide, *lines, "x = x.astype(np.float32)"]


def _text(step: ExportedStep) -> str:
    code = BottleneckCode(step)
    if step.op in ("lp", "gem") and step["norm"] > 2:
        raise step.no("the running sums of bottleneck lose what is small, which its root shows")
    if step.op in FORMULAS:
        return code.text()
    if step.op not in OF_ONE_AXIS:
        raise step.no(f"bottleneck has no {step.op}")
    if sum(size > 1 for size in step.kernel) > 1:
        raise step.no(f"move_{step.op} of bottleneck has windows along one axis")
    if step.op == "median" and step["interpolation"] not in ("linear", "midpoint"):
        raise step.no("move_median of bottleneck is the mean of the middle two")
    return code.moved(step.op, "x")


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """A function of an array of the plan's layout."""
    return function_of_array(steps, _lines, IMPORTS)


TARGET = Target("bottleneck", ("bottleneck",), write, whole_numbers=True, has=frozenset({"border"}))

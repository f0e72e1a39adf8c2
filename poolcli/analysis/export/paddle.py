"""Paddle: the pooling functions of paddle.nn.functional, and what they make up."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_channels_first, check_kind
from poolcli.analysis.export.fold_code import FoldCode
from poolcli.analysis.export.target import Target
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form

IMPORTS = {"paddle.": "import paddle", "F.": "from paddle.nn import functional as F"}


class PaddleCode(FoldCode):
    """Expressions of channels first; all padding is in numbers, so that no ceil mode is needed."""

    def max(self, x: str) -> str:
        return self._pool("max", x)

    def mean(self, x: str) -> str:
        return self._pool("avg", x)

    def sum(self, x: str) -> str:
        step = self.step
        if not step.unpadded:  # with `exclusive=False` it miscounts unequal sides
            sides = [side for pads in reversed(step.pads) for side in pads]
            order = f', data_format="{step.form.layout}"'
            x = f"F.pad({x}, {sides}{order})"
        sizes = f"{list(step.kernel)}, {list(step.stride)}"
        return f"{step.taps} * F.avg_pool{step.dims}d({x}, {sizes})"

    def at_least(self, x: str, number: float) -> str:
        return f"paddle.clip({x}, min={number})"

    def _pool(self, name: str, x: str) -> str:
        step = self.step
        sizes = f"{list(step.kernel)}, {list(step.stride)}"
        if not step.unpadded:
            sizes += f", {[pad for pads in step.pads for pad in pads]}"
        return f"F.{name}_pool{step.dims}d({x}, {sizes})"


def _lines(step: ExportedStep) -> list[str]:
    check_channels_first("paddle", step)
    if step.form.frame.batch is None:
        raise step.no(
            f"paddle pools N{step.form.layout}, and this is {step.form.layout}: give it a batch"
        )
    if step.op == "sample":
        return [f"x = x[..., {', '.join(f'::{stride}' for stride in step.stride)}]"]
    check_kind("paddle", step)
    if set(step.dilation) != {1}:
        raise step.no("paddle has no dilation")
    if not step.is_even:
        return [f"x = {_adaptive(step)}"]
    if step.op == "lp" and "lp" in step.source.profile.functions:
        code = PaddleCode(step)
        return [f"x = {code.root(code.sum(code.power('x', step['norm'])), step['norm'])}"]
    return [f"x = {PaddleCode(step).text()}"]


def _adaptive(step: ExportedStep) -> str:
    if step.op not in ("max", "avg") or step.divisor:
        raise step.no("paddle has the maximum and the mean of adaptive windows of uneven sizes")
    return f"F.adaptive_{step.op}_pool{step.dims}d(x, {list(step.cells)})"


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """A function of a tensor."""
    return function_of_array(steps, _lines, IMPORTS)


def _result(names: dict[str, Any], x: Array) -> Any:
    return names["pool"](import_module("paddle").to_tensor(x)).numpy()


TARGET = Target("paddle", ("paddle",), write, _result, functions=frozenset({"lp"}))

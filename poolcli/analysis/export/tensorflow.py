"""TensorFlow: pooling of tf.nn with channels last, and what its maximum and mean make up."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array, rearranged
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.fold_code import FoldCode
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

IMPORTS = {"tf.": "import tensorflow as tf"}
SPACES = ("", "L", "HW", "DHW")


class TensorFlowCode(FoldCode):
    """Expressions of tf.nn."""

    def max(self, x: str) -> str:
        if self._is_same:
            return self._call(x, "MAX", "SAME")
        return self._around(x, "MAX", "float('-inf')")

    def mean(self, x: str) -> str:
        if self._is_same:
            return self._call(x, "AVG", "SAME")
        if self.step.unpadded:
            return self._call(x, "AVG", "VALID")
        return f"{self._zeros_around(x)} / {self._zeros_around(f'tf.ones_like({x})')}"

    def sum(self, x: str) -> str:
        return f"{self.step.taps} * {self._zeros_around(x)}"

    def at_least(self, x: str, number: float) -> str:
        return f"tf.maximum({x}, {number})"

    @property
    def _is_same(self) -> bool:
        return not self.step.unpadded and self.step.is_same and set(self.step.dilation) == {1}

    def _zeros_around(self, x: str) -> str:
        """The mean of all taps, 0 outside of the map."""
        return self._around(x, "AVG", "0")

    def _around(self, x: str, kind: str, outside: str) -> str:
        if not self.step.unpadded:
            pads = [[0, 0], *map(list, self.step.pads), [0, 0]]
            x = f"tf.pad({x}, {pads}, constant_values={outside})"
        return self._call(x, kind, "VALID")

    def _call(self, x: str, kind: str, padding: str) -> str:
        step = self.step
        kernel = list(step.kernel)
        if set(step.dilation) == {1}:
            name = f"{kind.lower()}_pool"
            return f'tf.nn.{name}({x}, {kernel}, {list(step.stride)}, "{padding}")'
        index = ", ".join(f"::{stride}" for stride in step.stride)  # dilation has the stride 1
        dilations = f'padding="{padding}", dilations={list(step.dilation)}'
        call = f'tf.nn.pool({x}, {kernel}, "{kind}", {dilations})'
        return f"{call}[:, {index}]" if set(step.stride) != {1} else call


def lines(step: ExportedStep) -> list[str]:
    """The code of one step."""
    check_kind("tensorflow", step, "strided")
    check_even("tensorflow", step)
    if step.op == "sample":
        index = ", ".join(f"::{stride}" for stride in step.stride)
        return [f"x = x[:, {index}]"]
    return [f"x = {TensorFlowCode(step).text()}"]


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of the plan's layout."""
    wanted = f"N{SPACES[len(form.space)]}C"
    around = rearranged(form, wanted, "tf.transpose(x, {})")
    return function_of_array(steps, lines, IMPORTS, around)


TARGET = Target("tensorflow", ("tensorflow",), write)

"""OpenVINO: a model of operations, compiled for the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from poolcli.analysis.export.exported_step import ExportedStep, check_channels_first, check_kind
from poolcli.analysis.export.fold_code import FoldCode
from poolcli.analysis.export.target import Target
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form


class OpenVinoCode(FoldCode):
    """Operations on the node `x`."""

    def max(self, x: str) -> str:
        return f"ops.max_pool({x}, {self._windows}).output(0)"

    def mean(self, x: str) -> str:
        return self._mean(x, excludes=True)

    def sum(self, x: str) -> str:
        return self.times(self.step.taps, self._mean(x, excludes=False))

    def negative(self, x: str) -> str:
        return f"ops.negative({x})"

    def magnitude(self, x: str) -> str:
        return f"ops.absolute({x})"

    def power(self, x: str, exponent: float) -> str:
        return f"ops.power({x}, np.float32({exponent}))"

    def root(self, x: str, degree: float) -> str:
        return f"ops.sqrt({x})" if degree == 2 else f"ops.power({x}, np.float32(1 / {degree}))"

    def plus(self, x: str, y: str) -> str:
        return f"ops.add({x}, {y})"

    def minus(self, x: str, y: str) -> str:
        return f"ops.subtract({x}, {y})"

    def times(self, number: float, x: str) -> str:
        return f"ops.multiply({x}, np.float32({number}))"

    def over(self, x: str, number: float) -> str:
        return f"ops.divide({x}, np.float32({number}))"

    def at_least(self, x: str, number: float) -> str:
        return f"ops.maximum({x}, np.float32({number}))"

    def _mean(self, x: str, *, excludes: bool) -> str:
        return f"ops.avg_pool({x}, {self._windows}, exclude_pad={excludes})"

    @property
    def _windows(self) -> str:
        step = self.step
        begin, end = ([pad[side] for pad in step.pads] for side in (0, 1))
        return (
            f"kernel_shape={list(step.kernel)}, strides={list(step.stride)}, "
            f"pads_begin={begin}, pads_end={end}, dilations={list(step.dilation)}"
        )  # OpenVINO 2026.4 crashes where opset 16 is not given dilations


def _line(step: ExportedStep) -> str:
    check_channels_first("openvino", step)
    if step.form.frame.batch is None:
        raise step.no(
            f"openvino pools N{step.form.layout}, and this is {step.form.layout}: give it a batch"
        )
    check_kind("openvino", step, "strided")
    if not step.is_even:
        raise step.no("openvino has adaptive pooling of its own rule for uneven sizes")
    code = OpenVinoCode(step)
    return f"x = {code.max('x') if step.op == 'sample' else code.text()}\n"


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A compiled model of the plan's shape."""
    return (
        "import numpy as np\nimport openvino as ov\nfrom openvino import opset16 as ops\n\n"
        f"x = data = ops.parameter({list(form.shape)}, np.{form.dtype})\n"
        f"{''.join(map(_line, steps))}"
        'pool = ov.compile_model(ov.Model([x], [data]), "CPU")\n'
    )


def _result(names: dict[str, Any], x: Array) -> Any:
    return names["pool"](x)[0]


TARGET = Target("openvino", ("openvino",), write, _result, dtypes=("float32",))

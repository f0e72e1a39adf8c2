"""ONNX: a model of nodes, run by onnxruntime or, without it, by ONNX's reference evaluator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from poolcli.analysis.export.exported_step import ExportedStep, check_channels_first
from poolcli.analysis.export.target import Target
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form


def _version() -> str:
    if find_spec("onnxruntime"):
        import onnxruntime

        return f"(onnxruntime {onnxruntime.__version__})"
    import onnx

    return f"(reference {onnx.__version__})"


def _result(names: dict[str, Any], x: Array) -> Any:
    if find_spec("onnxruntime"):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # fatal errors only; others are raised
        session = onnxruntime.InferenceSession(names["model"].SerializeToString(), options)
        return session.run(None, {"x": x})[0]
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(names["model"]).run(None, {"x": x})[0]


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A model with the input "x" and the output "y"."""
    graph = Graph()
    result = "x"
    for step in steps:
        check_channels_first("onnx", step)
        if step.form.frame.batch is None:
            raise step.no(
                f"onnx pools N{step.form.layout}, and this is {step.form.layout}: give it a batch"
            )
        if step.op not in NODES:
            raise step.no(f"onnx has no {step.op}")
        result = NODES[step.op](WindowNodes(graph, step), result)
    nodes = [*graph.nodes, f'helper.make_node("Identity", ["{result}"], ["y"])']
    x, y = _tensor_info("x", form.shape), _tensor_info("y", steps[-1].output.shape)
    opsets = '[helper.make_opsetid("", 22)]'
    return (
        "from onnx import TensorProto, helper\n\n"
        f"nodes = [\n{''.join(f'    {node},' + chr(10) for node in nodes)}]\n"
        f'graph = helper.make_graph(\n    nodes,\n    "pool",\n    [{x}],\n    [{y}],\n)\n'
        f"model = helper.make_model(graph, opset_imports={opsets}, ir_version=10)\n"
    )


def _tensor_info(name: str, shape: Sequence[int]) -> str:
    return f'helper.make_tensor_value_info("{name}", TensorProto.FLOAT, {list(shape)})'


@dataclass
class Graph:
    """The code of the nodes that have been added."""

    nodes: list[str] = field(default_factory=list)

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; returns the name of its result."""
        name = f"v{len(self.nodes)}"
        arguments = "".join(f", {key}={value!r}" for key, value in attributes.items())
        names = ", ".join(f'"{each}"' for each in inputs)
        self.nodes.append(f'helper.make_node("{op}", [{names}], ["{name}"]{arguments})')
        return name

    def number(self, value: float) -> str:
        return self.add("Constant", value_float=float(value))


@dataclass(frozen=True)
class WindowNodes:
    """Add nodes that reduce the windows of a step; methods return the names of results."""

    graph: Graph
    step: ExportedStep

    def max(self, x: str) -> str:
        """MaxPool."""
        return self.graph.add("MaxPool", x, **self._windows())

    def mean(self, x: str) -> str:
        """AveragePool of the pixels inside the map."""
        return self.graph.add("AveragePool", x, **self._windows())

    def sum(self, x: str) -> str:
        """AveragePool that divides by all taps, times their number."""
        windows = self._windows()
        pads = {} if self.step.unpadded else {"count_include_pad": 1}
        mean = self.graph.add("AveragePool", x, **windows, **pads)
        return self.graph.add("Mul", mean, self.graph.number(self.step.taps))

    def power(self, x: str, exponent: float) -> str:
        """`x` to a power."""
        return self.graph.add("Pow", x, self.graph.number(exponent))

    def _windows(self) -> dict[str, Any]:
        """The attributes of pooling; all padding is in numbers, so no ceil mode is needed."""
        step = self.step
        if not step.axes or step.kind == "fitted":
            raise step.no(f"onnx has no {step.kind or step.op}")
        if not step.is_even:
            raise step.no("onnx has no adaptive windows, and these are of uneven sizes")
        attributes: dict[str, Any] = {
            "kernel_shape": list(step.kernel),
            "strides": list(step.stride),
        }
        if not step.unpadded:
            attributes["pads"] = [pad[side] for side in (0, 1) for pad in step.pads]
        if set(step.dilation) != {1}:
            attributes["dilations"] = list(step.dilation)
        return attributes


def _max(windows: WindowNodes, x: str) -> str:
    return (
        windows.graph.add("GlobalMaxPool", x) if windows.step.kind == "global" else windows.max(x)
    )


def _avg(windows: WindowNodes, x: str) -> str:
    step = windows.step
    if not step.axes:
        return windows.mean(x)
    if step.divisor:
        return windows.graph.add("Div", windows.sum(x), windows.graph.number(step.divisor))
    if step.kind == "global":
        return windows.graph.add("GlobalAveragePool", x)
    if not step["count_include_pad"] or step.unpadded:
        return windows.mean(x)
    if not step.counts_all:
        raise step.no("its last window counts less padding than the others")
    return windows.graph.add("Div", windows.sum(x), windows.graph.number(step.taps))


def _negative(windows: WindowNodes, x: str) -> str:
    return windows.graph.add("Neg", windows.max(windows.graph.add("Neg", x)))


def _lp(windows: WindowNodes, x: str) -> str:
    norm = windows.step["norm"]
    return windows.power(windows.sum(windows.power(windows.graph.add("Abs", x), norm)), 1 / norm)


def _l2(windows: WindowNodes, x: str) -> str:
    return windows.graph.add("Sqrt", windows.mean(windows.graph.add("Mul", x, x)))


def _gem(windows: WindowNodes, x: str) -> str:
    norm = windows.step["norm"]
    above = windows.graph.add("Max", x, windows.graph.number(1e-6))
    return windows.power(windows.mean(windows.power(above, norm)), 1 / norm)


def _mixed(windows: WindowNodes, x: str) -> str:
    share = windows.step["alpha"]
    high = windows.graph.add("Mul", windows.max(x), windows.graph.number(share))
    return windows.graph.add(
        "Add", high, windows.graph.add("Mul", windows.mean(x), windows.graph.number(1 - share))
    )


def _restore(windows: WindowNodes, x: str) -> str:
    step, mode = windows.step, windows.step["interpolation"]
    size = windows.graph.add("Constant", value_ints=list(step.output.shape))
    how = (
        {"mode": "nearest", "nearest_mode": "round_prefer_ceil"}
        if mode == "nearest"
        else {"mode": "linear"}
    )
    return windows.graph.add(
        "Resize", x, "", "", size, coordinate_transformation_mode="half_pixel", **how
    )


NODES: dict[str, Callable[[WindowNodes, str], str]] = {
    "max": _max,
    "avg": _avg,
    "min": _negative,
    "sum": lambda windows, x: windows.sum(x),
    "range": lambda windows, x: windows.graph.add(
        "Add", windows.max(x), windows.max(windows.graph.add("Neg", x))
    ),
    "l2": _l2,
    "lp": _lp,
    "gem": _gem,
    "mixed": _mixed,
    "sample": lambda windows, x: windows.max(x),
    "restore": _restore,
}


TARGET = Target("onnx", ("onnx",), write, _result, _version, dtypes=("float32",))

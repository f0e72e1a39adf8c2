"""ONNX: a model made of nodes, run by onnxruntime or, without it, by the reference of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from poolcli.analysis.export.exported_step import Facts, channels_first
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form

NEEDS = "onnx"


def version() -> str | None:
    if find_spec("onnx") is None:
        return None
    if find_spec("onnxruntime"):
        import onnxruntime

        return f"(onnxruntime {onnxruntime.__version__})"
    import onnx

    return f"(reference {onnx.__version__})"


def run(code: str, x: Array) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - written a moment ago, to be tried
    if find_spec("onnxruntime"):
        import onnxruntime

        told = onnxruntime.SessionOptions()
        told.log_severity_level = 4
        return onnxruntime.InferenceSession(names["model"].SerializeToString(), told).run(
            None, {"x": x}
        )[0]
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(names["model"]).run(None, {"x": x})[0]


def write(steps: Sequence[Facts], form: Form) -> str:
    """The model, from "x" to "y"."""
    graph = Graph()
    result = "x"
    for facts in steps:
        channels_first("onnx", facts)
        if facts.form.frame.batch is None:
            raise facts.no(
                f"onnx pools N{facts.form.layout}, and this is {facts.form.layout}: give it a batch"
            )
        if facts.op not in NODES:
            raise facts.no(f"onnx has no {facts.op}")
        result = NODES[facts.op](Cells(graph, facts), result)
    nodes = "".join(
        f"    {node},\n"
        for node in [*graph.nodes, f'helper.make_node("Identity", ["{result}"], ["y"])']
    )
    ends = [
        f'helper.make_tensor_value_info("{name}", TensorProto.FLOAT, {list(shape)})'
        for name, shape in (("x", form.shape), ("y", steps[-1].output.shape))
    ]
    return (
        f"from onnx import TensorProto, helper\n\nnodes = [\n{nodes}]\n"
        f'graph = helper.make_graph(\n    nodes,\n    "pool",\n    [{ends[0]}],\n    [{ends[1]}],\n)\n'
        'model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)\n'
    )


@dataclass
class Graph:
    """Nodes, as the code that makes them."""

    nodes: list[str] = field(default_factory=list)

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node; the name of its result."""
        name = f"v{len(self.nodes)}"
        told = "".join(f", {key}={value!r}" for key, value in attributes.items())
        shown = ", ".join(f'"{each}"' for each in inputs)
        self.nodes.append(f'helper.make_node("{op}", [{shown}], ["{name}"]{told})')
        return name

    def number(self, value: float) -> str:
        return self.add("Constant", value_float=float(value))


@dataclass(frozen=True)
class Cells:
    """What reducers are put together from."""

    graph: Graph
    facts: Facts

    def max(self, x: str) -> str:
        """MaxPool."""
        return self.graph.add("MaxPool", x, **self._windows())

    def mean(self, x: str) -> str:
        """AveragePool over what is inside of the map."""
        return self.graph.add("AveragePool", x, **self._windows())

    def sum(self, x: str) -> str:
        """AveragePool that divides by all taps, times their number."""
        windows = self._windows()
        pads = {} if self.facts.whole else {"count_include_pad": 1}
        mean = self.graph.add("AveragePool", x, **windows, **pads)
        return self.graph.add("Mul", mean, self.graph.number(self.facts.taps))

    def power(self, x: str, exponent: float) -> str:
        """X to a power."""
        return self.graph.add("Pow", x, self.graph.number(exponent))

    def _windows(self) -> dict[str, Any]:
        """The attributes of pooling: with all padding told, so that no ceil mode is needed."""
        facts = self.facts
        if not facts.axes or facts.kind == "fitted":
            raise facts.no(f"onnx has no {facts.kind or facts.op}")
        _check_even(facts)
        told: dict[str, Any] = {"kernel_shape": list(facts.kernel), "strides": list(facts.stride)}
        if not facts.whole:
            told["pads"] = [pad[side] for side in (0, 1) for pad in facts.pads]
        if set(facts.dilation) != {1}:
            told["dilations"] = list(facts.dilation)
        return told


def _check_even(facts: Facts) -> None:
    uneven = any(
        length % cells for length, cells in zip(facts.form.space, facts.cells, strict=True)
    )
    if facts.kind == "adaptive" and uneven:
        raise facts.no("onnx has no adaptive windows, and these are of uneven sizes")


def _max(cells: Cells, x: str) -> str:
    return cells.graph.add("GlobalMaxPool", x) if cells.facts.kind == "global" else cells.max(x)


def _avg(cells: Cells, x: str) -> str:
    facts, step = cells.facts, cells.facts.step
    if not facts.axes:
        return cells.mean(x)
    if step["divisor"]:
        return cells.graph.add("Div", cells.sum(x), cells.graph.number(step["divisor"]))
    if facts.kind == "global":
        return cells.graph.add("GlobalAveragePool", x)
    if not step["count_include_pad"] or facts.whole:
        return cells.mean(x)
    if not facts.counts_all:
        raise facts.no("its last window counts less padding than the others")
    return cells.graph.add("Div", cells.sum(x), cells.graph.number(facts.taps))


def _negative(cells: Cells, x: str) -> str:
    return cells.graph.add("Neg", cells.max(cells.graph.add("Neg", x)))


def _lp(cells: Cells, x: str) -> str:
    facts, norm = cells.facts, cells.facts.step["norm"]
    if facts.step["semantics"] == "torch":
        raise facts.no("onnx's LpPool takes magnitudes, and partial windows as they are")
    return cells.power(cells.sum(cells.power(cells.graph.add("Abs", x), norm)), 1 / norm)


def _l2(cells: Cells, x: str) -> str:
    return cells.graph.add("Sqrt", cells.mean(cells.graph.add("Mul", x, x)))


def _gem(cells: Cells, x: str) -> str:
    norm = cells.facts.step["norm"]
    above = cells.graph.add("Max", x, cells.graph.number(1e-6))
    return cells.power(cells.mean(cells.power(above, norm)), 1 / norm)


def _mixed(cells: Cells, x: str) -> str:
    share = cells.facts.step["alpha"]
    high = cells.graph.add("Mul", cells.max(x), cells.graph.number(share))
    return cells.graph.add(
        "Add", high, cells.graph.add("Mul", cells.mean(x), cells.graph.number(1 - share))
    )


def _restore(cells: Cells, x: str) -> str:
    facts, mode = cells.facts, cells.facts.step["interpolation"]
    size = cells.graph.add("Constant", value_ints=list(facts.output.shape))
    how = (
        {"mode": "nearest", "nearest_mode": "round_prefer_ceil"}
        if mode == "nearest"
        else {"mode": "linear"}
    )
    return cells.graph.add(
        "Resize", x, "", "", size, coordinate_transformation_mode="half_pixel", **how
    )


NODES: dict[str, Callable[[Cells, str], str]] = {
    "max": _max,
    "avg": _avg,
    "min": _negative,
    "sum": lambda cells, x: cells.sum(x),
    "range": lambda cells, x: cells.graph.add(
        "Add", cells.max(x), cells.max(cells.graph.add("Neg", x))
    ),
    "l2": _l2,
    "lp": _lp,
    "gem": _gem,
    "mixed": _mixed,
    "sample": lambda cells, x: cells.max(x),
    "restore": _restore,
}

"""onnxruntime: a model of one node, with outputs of its own and bound to an array."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array
from poolcli.resources.threads import cores

OPSET = 18
NODES = {"max": "MaxPool", "avg": "AveragePool", "lp": "LpPool"}
TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}


def can(case: Case) -> bool:
    known = case.x.dtype == np.float32 or (case.op == "max" and case.x.dtype == np.uint8)
    return known and (case.aligns or (case.op in NODES and case.slides))


def prepare(case: Case) -> list[Callable[[], Array]]:
    feeds = {"x": case.planes}
    if case.op == "roi-align":
        feeds |= {"rois": case.boxes, "batch": np.zeros(len(case.boxes), np.int64)}
    session = _session(_node(case), case)
    return [lambda: session.run(None, feeds)[0], _bound(session, feeds)]


def read(case: Case, result: Array) -> Array:
    return result if case.op == "roi-align" else case.unplaned(result)


def _node(case: Case) -> Any:
    if case.op == "roi-align":
        return helper.make_node(
            "RoiAlign",
            ["x", "rois", "batch"],
            ["y"],
            output_height=case.cells[0],
            output_width=case.cells[1],
            sampling_ratio=case.step["sampling_ratio"],
            coordinate_transformation_mode="half_pixel"
            if case.step["aligned"]
            else "output_half_pixel",
        )
    if case.op == "avg" and case.kernel == case.sizes:
        return helper.make_node("GlobalAveragePool", ["x"], ["y"])
    own = {"lp": {"p": "norm"}, "avg": {"count_include_pad": "count_include_pad"}}.get(case.op, {})
    pads = [begin for begin, _ in case.padding] + [end for _, end in case.padding]
    return helper.make_node(
        NODES[case.op],
        ["x"],
        ["y"],
        kernel_shape=case.kernel,
        strides=case.stride,
        pads=pads,
        **{name: int(case.step[option]) for name, option in own.items()},
    )


def _session(node: Any, case: Case) -> Any:
    kinds = {"rois": (TensorProto.FLOAT, 2), "batch": (TensorProto.INT64, 1)}
    x = TYPES[case.x.dtype.name], case.planes.ndim
    inputs = [_value(name, *kinds.get(name, x)) for name in node.input]
    graph = helper.make_graph([node], "pool", inputs, [_value("y", *x)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = cores()
    return ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def _bound(session: Any, feeds: dict[str, Array]) -> Callable[[], Array]:
    """The call that writes into an array that exists."""
    out: Array = np.empty_like(session.run(None, feeds)[0])
    binding = session.io_binding()
    for name, feed in feeds.items():
        binding.bind_cpu_input(name, feed)
    binding.bind_output("y", "cpu", 0, out.dtype, out.shape, out.ctypes.data)
    return partial(_run_bound, session, binding, feeds, out)


def _run_bound(session: Any, binding: Any, _: dict[str, Array], out: Array) -> Array:
    """The output. The inputs are arguments, too, since a binding keeps only their addresses."""
    session.run_with_iobinding(binding)
    return out


def _value(name: str, kind: int, axes: int) -> Any:
    return helper.make_tensor_value_info(name, kind, [f"{name}{axis}" for axis in range(axes)])

"""OpenVINO: a compiled model of one operation, with hints for latency and for throughput.

A request owns its output, and writes into it each time; shared, it is returned without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset14 as ops

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array
from poolcli.resources.threads import cores

CORE = ov.Core()
HINTS = ("LATENCY", "THROUGHPUT")


def can(case: Case) -> bool:
    if case.aligns:
        return True
    return (
        case.op in ("max", "avg")
        and case.slides
        and (case.op == "max" or case.x.dtype == np.float32)
    )


def prepare(case: Case) -> list[Callable[[], Array]]:
    feeds = [case.planes]
    if case.op == "roi-align":
        feeds += [case.boxes, np.zeros(len(case.boxes), np.int32)]
    inputs = [ops.parameter(feed.shape, feed.dtype) for feed in feeds]
    return [
        call
        for node in _nodes(case, inputs)
        for call in _compiled(ov.Model([node.output(0)], inputs), feeds)
    ]


def read(case: Case, result: Array) -> Array:
    return result if case.op == "roi-align" else case.unplaned(result)


def _nodes(case: Case, inputs: list[Any]) -> list[Any]:
    if case.op == "roi-align":
        mode = "half_pixel_for_nn" if case.step["aligned"] else "asymmetric"
        return [ops.roi_align(*inputs, *case.cells, case.step["sampling_ratio"], 1.0, "avg", mode)]
    begin, end = ([pair[side] for pair in case.padding] for side in (0, 1))
    stride, kernel = list(case.stride), list(case.kernel)
    if case.op == "max":
        return [ops.max_pool(inputs[0], stride, [1] * len(kernel), begin, end, kernel)]
    nodes = [
        ops.avg_pool(
            inputs[0], stride, begin, end, kernel, exclude_pad=not case.step["count_include_pad"]
        )
    ]
    if case.kernel == case.sizes:
        nodes.append(ops.reduce_mean(inputs[0], np.arange(2, 2 + len(kernel)), keep_dims=True))
    return nodes


def _compiled(model: Any, feeds: list[Array]) -> list[Callable[[], Array]]:
    return [
        _request(model, feeds, hint, shared=shared) for hint in HINTS for shared in (True, False)
    ]


def _request(model: Any, feeds: list[Array], hint: str, *, shared: bool) -> Callable[[], Array]:
    config = {
        "PERFORMANCE_HINT": hint,
        "INFERENCE_NUM_THREADS": cores(),
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = CORE.compile_model(model, "CPU", config).create_infer_request()
    return lambda: request.infer(feeds, share_inputs=True, share_outputs=shared)[0]

"""Keras: pooling layers, where theirs is the same rule."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import Facts, sizes
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form

NEEDS = "keras"
NAMES = {"max": "Max", "avg": "Average"}
BACKENDS = ("tensorflow", "torch", "jax", "numpy")  # that layers run on


def version() -> str | None:
    os.environ.setdefault("KERAS_BACKEND", next(name for name in BACKENDS if find_spec(name)))
    try:
        return f"{import_module('keras').__version__} on {import_module('keras').backend.backend()}"
    except ImportError:
        return None


def run(code: str, x: Array) -> Any:
    names: dict[str, Any] = {}
    with warnings.catch_warnings(action="ignore"):  # its own
        exec(code, names)  # noqa: S102 - written a moment ago, to be tried
        return np.asarray(import_module("keras").ops.convert_to_numpy(names["pool"](x)))


def write(steps: Sequence[Facts], form: Form) -> str:
    """A keras.Sequential, its input without the batch."""
    lines = "".join(f"        {_layer(facts)},\n" for facts in steps)
    shape = f"        layers.Input({form.shape[1:]}),\n"
    return f"import keras\nfrom keras import layers\n\npool = keras.Sequential(\n    [\n{shape}{lines}    ]\n)\n"


def _layer(facts: Facts) -> str:
    name, order = NAMES.get(facts.op), _order(facts)
    if name is None:
        raise facts.no(f"keras pools max and avg, and has no {facts.op}")
    if facts.kind == "global":
        return f'layers.Global{name}Pooling{facts.dims}D(data_format="{order}", keepdims=True)'
    if facts.kind != "sliding":
        return _adaptive(facts, name, order)
    _check(facts)
    stride = f", strides={sizes(facts.stride)}" if facts.stride != facts.kernel else ""
    padding = f', padding="{_padding(facts)}"' if _padding(facts) == "same" else ""
    return f'layers.{name}Pooling{facts.dims}D({sizes(facts.kernel)}{stride}{padding}, data_format="{order}")'


def _adaptive(facts: Facts, name: str, order: str) -> str:
    """Cells of one size are sliding windows."""
    if facts.kind != "adaptive":
        raise facts.no(f"keras has no {facts.kind} windows")
    if any(length % cells for length, cells in zip(facts.form.space, facts.cells, strict=True)):
        raise facts.no("keras has no adaptive windows of uneven sizes")
    return f'layers.{name}Pooling{facts.dims}D({sizes(facts.kernel)}, data_format="{order}")'


def _order(facts: Facts) -> str:
    space = ("", "L", "HW", "DHW")[facts.dims]
    orders = {f"NC{space}": "channels_first", f"N{space}C": "channels_last"}
    if facts.form.layout not in orders:
        raise facts.no(f"keras pools {' and '.join(orders)}, and this is {facts.form.layout}")
    return orders[facts.form.layout]


def _check(facts: Facts) -> None:
    if set(facts.dilation) != {1}:
        raise facts.no("keras has no dilation")
    if facts.op == "avg" and (
        facts.step["divisor"] or (facts.step["count_include_pad"] and not facts.whole)
    ):
        raise facts.no("keras divides by the pixels inside of the map")


def _padding(facts: Facts) -> str:
    """Its word for the padding: valid where no window is clipped, or same."""
    if facts.whole:
        return "valid"
    begins = []
    for (begin, end), axis, length in zip(facts.pads, facts.axes, facts.form.space, strict=True):
        total = begin + end
        begins.append(begin == total // 2 and axis.cells == -(-length // int(axis.stride)))
    if not all(begins):
        why = (
            "keras has no ceil mode"
            if facts.step["ceil_mode"]
            else "keras pads valid or same, the odd pixel last"
        )
        raise facts.no(why)
    return "same"

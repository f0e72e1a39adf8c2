"""Keras: its pooling layers, where they follow the same rules."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from poolcli.analysis.export.exported_step import ExportedStep, check_even, sizes
from poolcli.analysis.export.target import FLOATS, Target
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form

NAMES = {"max": "Max", "avg": "Average"}
BACKENDS = (
    "tensorflow",
    "torch",
    "jax",
    "numpy",
)  # of which the first installed one runs the layers


def _version() -> str:
    os.environ.setdefault("KERAS_BACKEND", next(name for name in BACKENDS if find_spec(name)))
    keras = import_module("keras")
    return f"{keras.__version__} on {keras.backend.backend()}"


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A keras.Sequential."""
    layers = [f"layers.Input({form.shape[1:]})", *map(_layer, steps)]  # shape without the batch
    lines = "".join(f"        {layer},\n" for layer in layers)
    imports = "import keras\nfrom keras import layers\n"
    return f"{imports}\npool = keras.Sequential(\n    [\n{lines}    ]\n)\n"


def _layer(step: ExportedStep) -> str:
    name, order = NAMES.get(step.op), _order(step)
    if name is None:
        raise step.no(f"keras pools max and avg, and has no {step.op}")
    if step.kind == "global":
        return f'layers.Global{name}Pooling{step.dims}D(data_format="{order}", keepdims=True)'
    if step.kind != "sliding":
        return _adaptive(step, name, order)
    _check(step)
    stride = f", strides={sizes(step.stride)}" if step.stride != step.kernel else ""
    padding = ', padding="same"' if _padding(step) == "same" else ""
    arguments = f'{sizes(step.kernel)}{stride}{padding}, data_format="{order}"'
    return f"layers.{name}Pooling{step.dims}D({arguments})"


def _adaptive(step: ExportedStep, name: str, order: str) -> str:
    """Adaptive windows of equal sizes, which are sliding windows."""
    if step.kind != "adaptive":
        raise step.no(f"keras has no {step.kind} windows")
    check_even("keras", step)
    return f'layers.{name}Pooling{step.dims}D({sizes(step.kernel)}, data_format="{order}")'


def _order(step: ExportedStep) -> str:
    space = ("", "L", "HW", "DHW")[step.dims]
    orders = {f"NC{space}": "channels_first", f"N{space}C": "channels_last"}
    if step.form.layout not in orders:
        raise step.no(f"keras pools {' and '.join(orders)}, and this is {step.form.layout}")
    return orders[step.form.layout]


def _check(step: ExportedStep) -> None:
    if set(step.dilation) != {1}:
        raise step.no("keras has no dilation")
    if step.op == "avg" and (step.divisor or (step["count_include_pad"] and not step.unpadded)):
        raise step.no("keras divides by the pixels inside of the map")


def _padding(step: ExportedStep) -> str:
    """Keras's word for the padding: "valid" where no window is clipped, or "same"."""
    if step.unpadded:
        return "valid"
    if not step.is_same:
        why = (
            "keras has no ceil mode"
            if step["ceil_mode"]
            else "keras pads valid or same, the odd pixel last"
        )
        raise step.no(why)
    return "same"


def _result(names: dict[str, Any], x: Array) -> Any:
    return import_module("keras").ops.convert_to_numpy(names["pool"](x))


TARGET = Target("keras", ("keras",), write, _result, _version, dtypes=FLOATS)

"""The engine's rules for values, from a step's options: which count, and the result's dtype."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np

from poolcli.engine.operations.pixels import BorderPixel, ValueRules
from poolcli.engine.reducers.merges import highest, lowest
from poolcli.engine.reducers.values_of import check_value
from poolcli.engine.windows.place import per_axis
from poolcli.errors import ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.arrays import ArrayFile, MaskOfFile
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.window_kinds import BORDER

SRGB = ("L", "LA", "RGB", "RGBA", "I;16", "LA;16", "RGB;16", "RGBA;16")


def rules_for(step: Configuration, form: Form) -> ValueRules:
    """Return the rules of a step for maps of a form; PoolError where they do not fit."""
    dtype = _dtype(step, form)
    _check_linear(step, form)
    _check_zscore(step, dtype)
    mask = None if step["mask"] is None else _mask(step["mask"], form)
    rules = ValueRules(
        dtype,
        step["nan"],
        step["nodata"] or (),
        step["min_valid"],
        step["round"],
        mask,
        step["emit"],
        outside=_outside(step, form),
    )
    rules = rules._replace(border=_border(step, form))
    if isinstance(step["mask"], MaskOfFile) and not step["nodata"] and dtype.kind != "f":
        return rules._replace(empty=0)
    # Frameworks that ignore NaN start from the value that is the result of no pixel.
    of_nan = not step["nodata"] and step["mask"] is None and not step["min_valid"]
    starts = of_nan and step["nan"] == "ignore" and step.op.name in step.profile.empty
    return rules._replace(empty=rules.outside) if starts else rules


def _border(step: Configuration, form: Form) -> tuple[BorderPixel | None, ...]:
    """The pixel of a constant border for each axis."""
    if step.windows is None or BORDER not in step.windows.parameters:
        return ()
    edges = per_axis("border", step["border"], len(form.space))
    numbers = [edge for edge in edges if not isinstance(edge, str)]
    if not step["normalize"]:  # else it is a number of the normalised map
        for number in numbers:
            check_value("border", number, form.dtype)
    if not numbers:
        return ()
    return tuple(None if isinstance(edge, str) else BorderPixel(edge) for edge in edges)


def _outside(step: Configuration, form: Form) -> float:
    """The result of a window outside the map."""
    if step.windows is None or step.windows.outside == 0:
        return 0
    value = step.profile.empty.get(step.op.name, nan)
    return EXTREMES[value](form.dtype) if isinstance(value, str) else value


def _least_finite(dtype: np.dtype[Any]) -> Any:
    return np.finfo(dtype).min if dtype.kind == "f" else lowest(dtype)


EXTREMES: dict[str, Callable[[np.dtype[Any]], Any]] = {
    "lowest": lowest,
    "highest": highest,
    "least finite": _least_finite,
}


def _dtype(step: Configuration, form: Form) -> np.dtype[Any]:
    """The dtype of the result: that of an image or of values of the input, else a float."""
    if step["dtype"]:
        return np.dtype(str(step["dtype"]))
    if step["emit"] == "fraction":
        return np.dtype(np.float32)
    if step.op.result_dtype and not step["emit"]:
        return np.dtype(step.op.result_dtype)
    if form.mode or step.returns_input_values:
        return np.dtype(form.dtype.newbyteorder("="))
    if step["emit"] == "count":
        return np.dtype(np.int64)
    long = form.dtype.itemsize == 8 or (form.dtype.kind in "iu" and form.dtype.itemsize == 4)
    return np.dtype(np.float64 if long else np.float32)


def _check_linear(step: Configuration, form: Form) -> None:
    if step["linear"] and form.mode not in (
        (*SRGB, "1", "P", "PA") if step.returns_input_values else SRGB
    ):
        kind = f"of mode {form.mode}" if form.mode else "an array"
        raise ValueRuleError(
            f"`linear` is for sRGB images ({', '.join(SRGB)}), and this is {kind}: leave it out"
        )


def _check_zscore(step: Configuration, dtype: np.dtype[Any]) -> None:
    if step["normalize"] == "zscore" and (step["linear"] or dtype.kind != "f"):
        what = "`linear`" if step["linear"] else str(dtype)
        raise ValueRuleError(
            f"`normalize` zscore gives numbers around 0, which {what} cannot show: "
            "give `dtype` float32, or `normalize` minmax"
        )


def _mask(value: ArrayFile, form: Form) -> Array:
    """Planes that are True where a pixel counts, from a mask of one plane or of the whole map."""
    mask = np.nan_to_num(value.array) != 0
    shape = form.frame.shape if form.mode else form.shape
    if mask.shape == shape:
        return mask if form.mode else FeatureMap(mask, form.layout).planes()
    if mask.shape == form.space:
        return np.broadcast_to(mask, form.frame.shape)
    shapes = " or ".join(dict.fromkeys(map(shape_words, (form.space, shape))))
    raise ShapeError(
        f"`mask` {value.text} has the shape {shape_words(mask.shape)}, and this map needs {shapes}"
    )

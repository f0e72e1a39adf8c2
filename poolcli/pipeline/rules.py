"""What the options of a step ask of a map's values: which of them count, and of what dtype the result is."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from poolcli.engine.operations.pixels import Rules
from poolcli.errors import ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.files import FileArray

SRGB = ("L", "LA", "RGB", "RGBA", "I;16", "RGB;16", "RGBA;16")


class Told(Protocol):
    """A step, as its options."""

    @property
    def keeps(self) -> bool:
        """Gives back values that were there."""
        ...

    def __getitem__(self, name: str) -> Any:
        """The value of an option."""
        ...


def rules_for(step: Told, form: Form) -> Rules:
    """The rules of a step for maps of this form; ValueRuleError or ShapeError where they do not fit."""
    dtype = _dtype(step, form)
    _check_linear(step, form)
    _check_zscore(step, dtype)
    mask = None if step["mask"] is None else _mask(step["mask"], form)
    return Rules(
        dtype, step["nan"], step["nodata"], step["min_valid"], step["round"], mask, step["emit"]
    )


def _dtype(step: Told, form: Form) -> np.dtype[Any]:
    """An image and a reducer that gives back values keep the dtype; the others compute."""
    if step["dtype"]:
        return np.dtype(str(step["dtype"]))
    if step["emit"] == "fraction":
        return np.dtype(np.float32)
    if form.mode or step.keeps:
        return np.dtype(form.dtype.newbyteorder("="))
    if step["emit"] == "count":
        return np.dtype(np.int64)
    long = form.dtype.itemsize == 8 or (form.dtype.kind in "iu" and form.dtype.itemsize == 4)
    return np.dtype(np.float64 if long else np.float32)


def _check_linear(step: Told, form: Form) -> None:
    if step["linear"] and form.mode not in ((*SRGB, "1", "P", "PA") if step.keeps else SRGB):
        kind = f"of mode {form.mode}" if form.mode else "an array"
        raise ValueRuleError(
            f"--linear is for sRGB images ({', '.join(SRGB)}), and this is {kind}: leave it out"
        )


def _check_zscore(step: Told, dtype: np.dtype[Any]) -> None:
    if step["normalize"] == "zscore" and (step["linear"] or dtype.kind != "f"):
        what = "--linear" if step["linear"] else str(dtype)
        raise ValueRuleError(
            f"--normalize zscore gives numbers around 0, which {what} cannot show: "
            "give --dtype float32, or --normalize minmax"
        )


def _mask(given: FileArray, form: Form) -> Array:
    """True where a pixel counts, as planes: a mask of the spatial axes, or one of the whole map."""
    mask = np.nan_to_num(given.array) != 0
    shape = form.frame.shape if form.mode else form.shape
    if mask.shape == shape:
        return mask if form.mode else FeatureMap(mask, form.layout).planes()
    if mask.shape == form.space:
        return np.broadcast_to(mask, form.frame.shape)
    shapes = " or ".join(dict.fromkeys(map(shape_words, (form.space, shape))))
    raise ShapeError(
        f"--mask {given.text} has the shape {shape_words(mask.shape)}, and this map needs {shapes}"
    )

"""Results that are written to an array of the caller's."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.errors import OptionTypeError, RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.layout import shape_words


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise PoolError unless a result of this shape and dtype can be written to `out`."""
    if not isinstance(out, np.ndarray):
        raise OptionTypeError(f"`out` is an array, and not a {type(out).__name__}")
    if out.shape != shape:
        raise ShapeError(
            f"`out` has the shape {shape_words(out.shape)}, and the result {shape_words(shape)}"
        )
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise OptionTypeError(f"`out` is {out.dtype}, which the result's {dtype} does not fit")
    if not out.flags.writeable:
        raise RequestError("`out` is read-only")


def write(result: Array, out: Array) -> None:
    """Copy a result to `out`; PoolError where it does not fit."""
    check_out(out, result.shape, result.dtype)
    np.copyto(out, result, casting="same_kind")

"""Objects that NumPy reads as arrays; what to do with one that it does not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from poolcli.errors import OptionTypeError
from poolcli.maps.array import Array


def array_of(value: Any) -> Array:
    """The array of an object, not copied if it is one; TypeError where NumPy cannot read it."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        if type(value).__module__.split(".")[0] == "torch":
            raise TypeError(f"is a tensor that NumPy cannot read: {_tensor_cure(value)}") from None
        reason = str(error).splitlines()[0]
        raise TypeError(f"is a {type(value).__name__}, and no array: {reason}") from None


def input_array(x: Any) -> Array:
    """The array to pool; OptionTypeError where NumPy cannot read it."""
    try:
        return array_of(x)
    except TypeError as error:
        raise OptionTypeError(f"x {error}") from None


def _tensor_cure(tensor: Any) -> str:
    """What makes an array of a tensor of PyTorch's."""
    if tensor.is_meta:
        return "it is on the device meta, and has no values"
    return "pass its " + "".join(f".{method}()" for method in _methods(tensor))


def _methods(tensor: Any) -> Iterator[str]:
    """The methods after which NumPy can read a tensor."""
    if tensor.requires_grad:
        yield "detach"
    if tensor.device.type != "cpu":
        yield "cpu"
    if "strided" not in str(tensor.layout):
        yield "to_dense"
    if tensor.is_quantized:
        yield "dequantize"
    elif tensor.is_neg():
        yield "resolve_neg"
    if "float8" in str(tensor.dtype) or "bfloat16" in str(tensor.dtype):
        yield "float"

"""Attributes of HDF5 as plain values, and the types that they are written with again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

# Of HDF5's dimension scales, and of the netCDF library: written again by themselves.
_STRUCTURE = (
    *("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"),
    *("_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties", "_nc3_strict", "_NCCOPY"),
)
_FILL = "_FillValue"  # has the type of the values that it stands for


def plain_attributes(attributes: Any) -> dict[str, Any]:
    """The attributes as texts, numbers and lists of them; without references and compounds."""
    made = {name: _read(attributes, name) for name in attributes if name not in _STRUCTURE}
    return {name: value for name, value in made.items() if value is not None}


def unread_attributes(attributes: Any) -> tuple[str, ...]:
    """The names of attributes that are no plain values."""
    names = (name for name in attributes if name not in _STRUCTURE)
    return tuple(name for name in names if _read(attributes, name) is None)


def types_of(attributes: Any) -> dict[str, str]:
    """The types of the numbers among the attributes, where they are not the usual ones."""
    found = {}
    for name in attributes:
        if name in _STRUCTURE or name == _FILL or _read(attributes, name) is None:
            continue
        dtype = getattr(attributes[name], "dtype", None)
        if dtype is not None and dtype.kind in "biuf" and dtype.name not in ("int64", "float64"):
            found[name] = dtype.newbyteorder("=").name
    return found


def _read(attributes: Any, name: str) -> Any:
    """The value of an attribute; None for one that is no plain value, or has a type of its own."""
    with suppress(TypeError, ValueError, OSError):
        return _plain(attributes[name])
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind in "biuf":
        return array.tolist()
    if array.dtype.kind in "SUO":
        texts = [_plain(each) if isinstance(each, str | bytes) else None for each in array.flat]
        if None in texts or not texts:
            return None
        return texts if array.ndim else texts[0]
    return None


def put_attributes(
    target: Any, attributes: Mapping[str, Any], types: Mapping[str, str], dtype: Any = None
) -> None:
    """Write attributes; the value that is none gets the dtype of the values."""
    for name, value in attributes.items():
        if name == _FILL and dtype is not None:
            target.attrs[name] = np.array(value, dtype).reshape(-1)[:1]
        elif name in types:
            target.attrs[name] = np.array(value, types[name])
        else:
            target.attrs[name] = value

"""The description that tifffile writes: the shape of the array and other values, in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_KEYS = ("shape", "axes", "truncated")
_LARGEST = 32  # axes of a NumPy array before version 2; more are no array's


class Shape(NamedTuple):
    """The shape and the names of the axes, "" where it has none; and the other values."""

    shape: tuple[int, ...]
    axes: str
    is_truncated: bool
    attributes: Mapping[str, Any]


def parsed(description: str) -> Shape | None:
    """The shape that a description tells; None if it is of another kind."""
    if not description.startswith('{"shape":'):
        return None
    try:
        found = json.loads(description)
    except (ValueError, RecursionError):
        return None
    shape, axes = found.get("shape"), found.get("axes", "")
    is_shape = isinstance(shape, list) and all(type(each) is int and each > 0 for each in shape)
    if not is_shape or len(shape) > _LARGEST:
        return None
    if not isinstance(axes, str) or len(axes) != len(shape):
        axes = ""
    attributes = {name: value for name, value in found.items() if name not in _KEYS}
    return Shape(tuple(shape), axes, bool(found.get("truncated")), attributes)


def described(shape: Sequence[int], axes: str, attributes: Mapping[str, Any]) -> str:
    """The description of an array."""
    head: dict[str, Any] = {"shape": list(shape)}
    if axes:
        head["axes"] = axes
    return json.dumps({**head, **attributes})

"""The numbers that place fractional windows, as text or in Python."""

from __future__ import annotations

import os
from typing import Any

from poolcli.pipeline.files import ARRAY, FileArray, read_array
from poolcli.pipeline.parameters import Kind


def read_samples(value: Any) -> tuple[float, ...] | FileArray:
    """A number from 0 up to 1 for each axis (height x width), or an array (N, C, axes) in PyTorch's order."""
    if isinstance(value, FileArray) or getattr(value, "ndim", 1) > 1 or _is_file(value):
        return read_array(value)
    parts = (
        value.split("x")
        if isinstance(value, str)
        else value
        if isinstance(value, (tuple, list))
        else (value,)
    )
    try:
        numbers = tuple(float(part) for part in parts)
    except (ValueError, TypeError):
        numbers = (1.0,)
    if not all(0 <= number < 1 for number in numbers):
        raise ValueError(
            "takes numbers from 0 up to but not 1, one for all axes or one for each (.3x.8), or a file"
        )
    return numbers


def _is_file(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike)) and os.path.isfile(value)  # noqa: PTH113 - pathlib would slow the start


def _show(value: tuple[float, ...] | FileArray) -> str:
    return ARRAY.show(value) if isinstance(value, FileArray) else "x".join(map(repr, value))


SAMPLES = Kind("U", read_samples, _show)

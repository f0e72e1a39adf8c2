"""The random numbers that place fractional windows, where they are not drawn."""

from __future__ import annotations

from typing import Any

from poolcli.pipeline.arrays import ArrayFile, as_array, show_array
from poolcli.pipeline.parameters import Kind, parts_of

Samples = tuple[float, ...] | ArrayFile


def as_samples(value: Any) -> Samples:
    """Return a number in [0, 1) for each axis (height x width), or an array of shape (N, C, axes).

    An array has its last axis in PyTorch's order: width first in 2-D.
    """
    if isinstance(value, ArrayFile) or getattr(value, "ndim", 1) > 1:
        return as_array(value)
    takes = (
        "takes numbers from 0 up to but not 1, one for all axes or one for each (.3x.8), or a file"
    )
    try:
        numbers = tuple(float(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        raise ValueError(takes) from None
    if not all(0 <= number < 1 for number in numbers):
        raise ValueError(takes)
    return numbers


def _show(value: Samples) -> str:
    return show_array(value) if isinstance(value, ArrayFile) else "x".join(map(repr, value))


SAMPLES = Kind("U", as_samples, _show, source="samples")

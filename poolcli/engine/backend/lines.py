"""Lines of an axis: how arrays lie in memory, and how some of their lines are copied."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

FEW = 4  # channels up to which each is copied on its own
WORDS = (
    (2, 4, 8) if sys.byteorder == "little" else ()
)  # bytes of the numbers that NumPy narrows fast


def empty_like(
    x: Array, shape: Sequence[int], dtype: DTypeLike, empty: Callable[..., Array] = np.empty
) -> Array:
    """An array whose axes lie in memory as those of x do."""
    order = as_they_lie(x)
    out = empty([shape[axis] for axis in order], dtype)
    return out.transpose(turned_back(order))


def as_they_lie(x: Array) -> list[int]:
    """The axes from the slowest in memory to the fastest."""
    axes = list(range(x.ndim))
    return axes if x.flags.c_contiguous else sorted(axes, key=lambda axis: -abs(x.strides[axis]))


def turned_back(order: Sequence[int]) -> list[int]:
    """The order of axes that undoes this one."""
    return sorted(range(len(order)), key=order.__getitem__)


def lying(out: Array | None, order: Sequence[int], dtype: np.dtype[Any]) -> Array | None:
    """The array with its axes in this order, if it has as many, this dtype, and nothing between its values."""
    if out is None or (out.ndim, out.dtype) != (len(order), dtype):
        return None
    room = out.transpose(order)
    return room if room.flags.c_contiguous else None


class Lines(NamedTuple):
    """Lines of an axis, or stretches of lines: so many, each so far from the one before."""

    start: int
    number: int
    stride: int

    def of(self, x: Array) -> Array:
        """These lines of (..., length, inner)."""
        return x[
            ..., self.start : self.start + (self.number - 1) * self.stride + 1 : self.stride, :
        ]


def pick(x: Array, lines: Lines, out: Array, copy: Callable[[Array, Array], None]) -> None:
    """Copy some lines of (..., length, inner)."""
    picked, gap = lines.of(x), lines.stride * x.itemsize
    if (
        x.shape[-1] == 1 < lines.stride
        and gap in WORDS
        and x.dtype == out.dtype
        and _ends_inside(x, lines)
    ):
        # A number and those up to the next one wanted are read as one wide number, whose lowest bytes are the first.
        wide = np.ndarray(picked.shape, f"u{gap}", x, lines.start * x.itemsize, picked.strides)
        copy(wide, out.view(f"u{x.itemsize}"))
    elif x.shape[-1] <= FEW:
        for channel in range(x.shape[-1]):  # NumPy would loop over the channels innermost
            copy(picked[..., channel], out[..., channel])
    else:
        copy(picked, out)


def _ends_inside(x: Array, lines: Lines) -> bool:
    """A stride from the last of the lines on is inside of the array."""
    return x.flags.c_contiguous and lines.start + lines.number * lines.stride <= x.shape[-2]

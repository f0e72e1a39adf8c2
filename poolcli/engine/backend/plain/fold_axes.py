"""Folding windows axis by axis, in the order of additions that the package's docstring defines.

Along an axis, a window of n taps is folded from windows of about half as many, and those of all
cells in one call. Where two cells share such a half, it is folded once: at stride 1 a window costs
the logarithm of its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend.plain.tap_boxes import fold_boxes
from poolcli.engine.backend.window_views import cells_of
from poolcli.engine.reducers.merges import Function
from poolcli.engine.reducers.rounding import Quotient
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.maps.array import Array

IDEMPOTENT = (np.maximum, np.minimum)  # parts of a window may overlap
FEW = 4  # channels of interleaved pixels; NumPy loops over them innermost, at a tenth of the speed


def fold(
    merge: Function,
    x: Array,
    grid: Grid,
    out: Array | None = None,
    dtype: np.dtype[Any] | None = None,
) -> Array:
    """The folded states of every window: see `Backend.fold`."""
    if grid.footprint is not None:
        states = fold_boxes(merge, x, grid, dtype)
    else:
        # Processors compare and add float32, but not float16.
        working = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
        states = x.astype(dtype or working, copy=False)
        for at, axis in enumerate(grid.axes, start=-len(grid.axes)):
            direct = at == -1 and out is not None and out.dtype == states.dtype
            states = fold_axis(merge, states, at, axis, out if direct else None)
    if out is not None and states is not out:
        out[...] = states
    return states if out is None else out


def mean(x: Array, grid: Grid, out: Array, dtype: np.dtype[Any] | None, quotient: Quotient) -> bool:
    """The mean of every window: see `Backend.mean`."""
    states = quotient.states(x)
    totals = out if (dtype or states.dtype) == out.dtype else None
    return quotient.put(fold(np.add, states, grid, totals, dtype), out)


def fold_axis(
    merge: Function, states: Array, at: int, axis: Axis, out: Array | None = None
) -> Array:
    """Fold the windows along one axis, counted from the end."""
    if out is None:
        shape = list(states.shape)
        shape[at] = axis.cells
        out = np.empty_like(states, shape=shape)
    source, target = np.moveaxis(states, at, -1), np.moveaxis(out, at, -1)
    for run in axis.runs:
        pixels, cells = source[..., run.start : run.end], target[..., cells_of(run)]
        windows = Windows(run.size, run.step, run.stride, run.number)
        for part in _channels(pixels, run.stride):
            _fold_windows(merge, pixels[part], windows, cells[part])
    return out


class Windows(NamedTuple):
    """Windows of `size` taps `step` apart, at the positions 0, `stride`, 2 * `stride`, ..."""

    size: int
    step: int
    stride: int
    number: int


def _fold_windows(merge: Function, x: Array, windows: Windows, out: Array | None = None) -> Array:
    """Fold windows along the last axis: T(size) of the definition, at every position.

    Two parts of one size make a window, halves or, of an extreme, ones that overlap. They are
    folded in one call, at all `positions`, where windows have them in common or are as many.
    """
    size, step, _, number = windows
    if size == 1:
        taps = _tap(x, 0, windows)
        if out is not None:
            out[...] = taps
        return taps
    overlaps = merge in IDEMPOTENT
    part = 1 << (size - 1).bit_length() - 1 if overlaps else size // 2
    is_half = 2 * part == size
    apart = (size - part) * step
    stride = windows.stride if number > 1 else apart
    between = gcd(stride, apart)
    positions = ((number - 1) * stride + apart) // between + 1
    if ((overlaps or is_half) and between == stride) or (is_half and positions <= 2 * number):
        parts = _fold_windows(merge, x, Windows(part, step, between, positions))
        both = Windows(2, apart // between, stride // between, number)
        return merge(_tap(parts, 0, both), _tap(parts, 1, both), out=out)
    rest = 1 if size % 2 else size // 2
    first = _fold_windows(merge, x, windows._replace(size=size - rest))
    last = _fold_windows(merge, x[..., (size - rest) * step :], windows._replace(size=rest))
    return merge(first, last, out=first if out is None and size - rest > 1 else out)


def _tap(x: Array, tap: int, windows: Windows) -> Array:
    """One tap of every window, as a view."""
    first = tap * windows.step
    return x[..., first : first + (windows.number - 1) * windows.stride + 1 : windows.stride]


def _channels(x: Array, stride: int) -> Iterator[tuple[Any, ...]]:
    """Indices of parts to work on along the last axis: channels, or the whole array.

    It is channels where pixels hold a few of them and a stride parts the pixels, since NumPy would
    loop over the channels innermost.
    """
    pixel = abs(x.strides[-1])
    inner = [at for at in range(x.ndim - 1) if x.shape[at] > 1 and abs(x.strides[at]) < pixel]
    if stride == 1 or len(inner) != 1 or pixel > FEW * x.itemsize:
        yield ()
        return
    for channel in range(x.shape[inner[0]]):
        yield (*(slice(None),) * inner[0], channel)

"""How the windows of an axis are folded: what folding reducers spend their time on.

A merge is called like a ufunc: `merge(a, b)` or `merge(a, b, out=a)` makes one state of two, elementwise. All work is
elementwise over slices, so the result does not depend on memory order, blocks or threads: a window's pixels are always
merged in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike

from poolcli.array import Array
from poolcli.engine.grid import Axis, Grid, Run

Merge = Callable[..., Array]

IDEMPOTENT = (np.maximum, np.minimum)
SEQUENTIAL = 16  # taps merged one by one; more are merged in halves, which is exact to more digits


def fold_grid(merge: Merge, states: Array, grid: Grid) -> Array:
    """Fold every window: (..., *map) to (..., *cells).

    The outer axis goes first: its lines are contiguous, and it shrinks what the inner axes see.
    """
    for axis, line in enumerate(grid.axes, start=-len(grid.axes)):
        states = fold_axis(merge, states, axis, line)
    return states


def fold_axis(merge: Merge, states: Array, axis: int, line: Axis) -> Array:
    """Fold the windows along one axis, which then has a value for each cell."""
    out = _with_cells(states, axis, line.cells)
    for run in line.runs:
        _fold_run(merge, states, axis, run, out[_at(axis, run.cell, run.every, run.count)])
    return out


def empty_like(x: Array, shape: Sequence[int], dtype: DTypeLike, empty: Callable[..., Array] = np.empty) -> Array:
    """An array whose axes lie in memory as those of x do."""
    order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
    out = empty([shape[axis] for axis in order], dtype)
    return np.transpose(out, np.argsort(order))


def _with_cells(states: Array, axis: int, cells: int) -> Array:
    shape = list(states.shape)
    shape[axis] = cells
    return empty_like(states, shape, states.dtype)


def spread_runs(line: Axis, fact: str) -> Array:
    """A fact of the runs ("size", "extent") as a number for each cell of the axis."""
    out = np.empty(line.cells, np.int64)
    for run in line.runs:
        out[run.cell :: run.every][: run.count] = getattr(run, fact)
    return out


class Stretch(NamedTuple):
    """Windows from the start of an array on: so many, so long, so far apart."""

    cells: int
    size: int
    stride: int


def _fold_run(merge: Merge, states: Array, axis: int, run: Run, out: Array) -> None:
    """A dilated run is several plain ones, each on every step-th line."""
    if run.size == 1 or run.step == 1:
        _windows(merge, states[_at(axis, run.start)], axis, Stretch(run.count, run.size, run.stride), out)
        return
    turns = run.step // gcd(run.step, run.stride)  # after so many windows the same lines come again
    for turn in range(min(run.count, turns)):
        lines = states[_at(axis, run.start + turn * run.stride, run.step)]
        count = -(-(run.count - turn) // turns)
        stretch = Stretch(count, run.size, run.stride * turns // run.step)
        _windows(merge, lines, axis, stretch, out[_at(axis, turn, turns)])


def _windows(merge: Merge, states: Array, axis: int, windows: Stretch, out: Array) -> None:
    """Polyphase, then doubling: a window is `whole` blocks of a stride each, and the first `rest` taps of one more."""
    count, size, stride = windows
    whole, rest = divmod(size, stride)
    if whole == 1:
        _blocks(merge, states, axis, Stretch(count, stride, stride), out)
    elif whole:
        blocks = _blocks(merge, states, axis, Stretch(count + whole - 1, stride, stride))
        _chain(merge, blocks, axis, Stretch(count, whole, 1), out)
    if rest:
        lines = states[_at(axis, whole * stride)]
        tail = _blocks(merge, lines, axis, Stretch(count, rest, stride), None if whole else out)
        if whole:
            merge(out, tail, out=out)


def _blocks(merge: Merge, states: Array, axis: int, blocks: Stretch, out: Array | None = None) -> Array:
    """Fold blocks that do not overlap, into `out` where there is one."""
    count, size, stride = blocks
    channels = _interleaved(states, axis) if stride > 1 else None
    if channels is not None:
        out = _with_cells(states, axis, count) if out is None else out
        for channel, target in zip(np.moveaxis(states, channels, 0), np.moveaxis(out, channels, 0), strict=True):
            _blocks(merge, channel, axis, blocks, target)
        return out
    if size > SEQUENTIAL:
        return _put(_halves(merge, sliding_window_view(states, size, axis)[_at(axis - 1, 0, stride, count)]), out)
    phases = [states[_at(axis, tap, stride, count)] for tap in range(size)]
    if size == 1:
        return _put(phases[0], out)
    out = merge(phases[0], phases[1], out=out)
    for phase in phases[2:]:
        merge(out, phase, out=out)
    return out


def _interleaved(states: Array, axis: int) -> int | None:
    """The axis of a few channels that lies inside this one, pixel by pixel: NumPy would loop over it innermost."""
    step = abs(states.strides[axis])
    inside = [at for at, each in enumerate(states.strides) if 0 < abs(each) < step and states.shape[at] > 1]
    few = len(inside) == 1 and inside[0] < states.ndim + axis and states.shape[inside[0]] <= 4
    return inside[0] if few else None


def _put(states: Array, out: Array | None) -> Array:
    if out is None:
        return states
    out[...] = states
    return out


def _halves(merge: Merge, states: Array) -> Array:
    """Fold the last axis, half onto half: few calls, and sums exact to the digits a tree keeps."""
    while (taps := states.shape[-1]) > 1:
        half = taps // 2
        folded = merge(states[..., :half], states[..., half : 2 * half])
        if taps % 2:
            folded[..., 0] = merge(folded[..., 0], states[..., -1])
        states = folded
    return states[..., 0]


def _chain(merge: Merge, states: Array, axis: int, chains: Stretch, out: Array) -> None:
    """Fold neighbours at every position: windows of 1, 2, 4, ... give every size.

    Two of them overlap to the size where a value may be merged twice, or where they meet exactly; elsewhere the binary
    digits of the size are merged.
    """
    count, links, _ = chains
    done, width, total = 0, 1, None
    digits = links if merge not in IDEMPOTENT and links & (links - 1) else 0
    while 2 * width < links:
        if digits & width:
            piece = states[_at(axis, done, 1, count)]
            total = piece if total is None else merge(total, piece, out=out)
            done += width
        states = merge(states[_at(axis, 0, 1, states.shape[axis] - width)], states[_at(axis, width)])
        width *= 2
    first = states[_at(axis, 0, 1, count)] if total is None else total
    merge(first, states[_at(axis, done if digits else links - width, 1, count)], out=out)


def _at(axis: int, start: int, step: int = 1, count: int | None = None) -> tuple[Any, ...]:
    """The index that takes `count` (or all) of every `step` along an axis counted from the end."""
    stop = None if count is None else start + (count - 1) * step + 1
    return (..., slice(start, stop, step), *(slice(None),) * (-axis - 1))

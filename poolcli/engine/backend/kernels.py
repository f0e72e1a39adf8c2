"""How the windows of an axis are folded: few long calls over memory as it lies.

A merge is called like a ufunc: `merge(a, b, out=c)` makes one state of two, elementwise. Which states are merged in
which order follows from the axis and from the size and stride of its windows alone, so the result does not depend on
memory order, blocks or threads.

An axis is folded as (..., outer, length, inner): what is slower in memory, the axis itself, and what is faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend.lines import Lines, as_they_lie, lying, pick, turned_back
from poolcli.engine.backend.tape import Kind, Tape, tapes
from poolcli.engine.windows.grid import Axis, Grid, Run
from poolcli.maps.array import Array
from poolcli.resources import reuse

Merge = Callable[..., Array]

IDEMPOTENT = (np.maximum, np.minimum)
LARGE = 96  # bytes of a line of a window from which windows that overlap are folded a piece of the map at a time
PIECE = 1 << 19  # bytes of such a piece
NARROW = 1 << 11  # bytes of its lines, at least
NEAR = 16  # strides up to which the windows of a fast axis are folded at every position
SEQUENTIAL = 16  # lines, or stretches of lines, merged one by one at most: in halves, sums are exact to more digits
MANY = 8  # lines from which one call does that faster than calls for each
LONG: dict[Any, int] = {
    np.add: 64,
    np.maximum: 2048,
    np.minimum: 2048,
}  # values next to each other, for the same


class Taped(NamedTuple):
    """A merge whose calls go on a tape, and the dtype of its states."""

    merge: Merge
    dtype: np.dtype[Any]
    tape: Tape

    def __call__(self, a: Array, b: Array, out: Array) -> None:
        """To be merged."""
        self.tape.call(self.merge, a, b, out)


def fold_grid(
    merge: Merge,
    states: Array,
    grid: Grid,
    out: Array | None = None,
    dtype: np.dtype[Any] | None = None,
) -> Array:
    """Fold every window, (..., *map) to (..., *cells): in `out` where that suits, else in memory of their own.

    Where `dtype` is given, states become that first. The outer axis goes first: its lines are long, and it shrinks what
    the inner axes see.
    """
    axes = dict(enumerate(grid.axes, start=states.ndim - len(grid.axes)))
    return _folded(merge, states, axes, out, dtype or states.dtype)


def fold_axis(merge: Merge, states: Array, axis: int, line: Axis, dtype: np.dtype[Any]) -> Array:
    """Fold the windows along one axis, counted from the end, to states of this dtype."""
    order, axis = as_they_lie(states), states.ndim + axis
    shape = [line.cells if at == axis else states.shape[at] for at in order]
    return _folded(
        merge, states, {axis: line}, np.empty(shape, dtype).transpose(turned_back(order)), dtype
    )


def _folded(
    merge: Merge, states: Array, axes: dict[int, Axis], out: Array | None, dtype: np.dtype[Any]
) -> Array:
    """The folded states of all windows along these axes."""
    parts = _parts(merge)
    order = list(range(states.ndim)) if parts else as_they_lie(states)
    x = np.ascontiguousarray(states.transpose(order))
    shape = tuple(axes[axis].cells if axis in axes else states.shape[axis] for axis in order)
    room = lying(out, order, dtype)
    folded = reuse.empty(shape, dtype) if room is None else room
    given, wanted = (x.shape, x.dtype), (shape, dtype)
    key = merge, given, wanted, order, axes
    tapes.of(key, lambda: _prepared(merge, given, wanted, order, axes)).run(x, folded)
    return folded.transpose(turned_back(order)) if out is None or room is None else out


def _parts(merge: Merge) -> int:
    """How many axes come before the states': those of several numbers have one."""
    return 0 if isinstance(merge, np.ufunc) else 1


def _prepared(
    merge: Merge, given: Kind, wanted: Kind, order: list[int], axes: dict[int, Axis]
) -> Tape:
    """The calls that fold an array of one shape and dtype to one of another, whose axes are in this order."""
    tape = Tape(given, wanted)
    rule, (x, out) = Taped(merge, wanted[1], tape), tape.outside
    parts = _parts(merge)
    if x.dtype != rule.dtype:  # at once, as memory is read fastest from end to end
        x = _copied(rule, x)
    for axis, line in axes.items():
        at, last = order.index(axis), axis == max(axes)
        folded = (
            out if last else tape.take((*x.shape[:at], line.cells, *x.shape[at + 1 :]), rule.dtype)
        )
        near = NEAR if axis == len(order) - 1 and not parts else 1
        _fold_axis(rule, _lines(x, at, parts), line, _lines(folded, at, parts), near)
        tape.give(x)
        x = folded
    return tape.prepared()


def _lines(x: Array, axis: int, parts: int) -> Array:
    """The states as (..., outer, length, inner): what is slower in memory, the axis, and what is faster."""
    shape = x.shape
    return x.reshape(*shape[:parts], prod(shape[parts:axis]), shape[axis], prod(shape[axis + 1 :]))


def _fold_axis(rule: Taped, x: Array, line: Axis, out: Array, near: int) -> None:
    for run in line.runs:
        cells = Lines(run.cell, run.number, run.every).of(out)
        if run.size == 1:
            pick(x, Lines(run.start, run.number, run.stride), cells, rule.tape.copy)
        elif run.step > 1 or run.stride <= min(near, 2 * run.size):
            for piece in _pieces(x, run):
                given = x[piece]
                part = given if given.flags.c_contiguous else _copied(rule, given)
                _fold_near(
                    rule, part, run, cells[piece], out[piece] if run is line.runs[0] else None
                )
                if part is not given:
                    rule.tape.give(part)
        else:
            _fold_far(rule, x, run, cells)


# Windows that overlap: fold them at every position, and pick those that are cells -----------------------------


def _pieces(x: Array, run: Run) -> Iterator[tuple[Any, ...]]:
    """Where to work at a time: on all lines, or where many calls follow one another, on what they find in cache."""
    *parts, outer, length, inner = x.shape
    if run.size * x.itemsize < LARGE or parts:
        yield (...,)
    elif outer > 1:
        step = max(1, PIECE // (length * inner * x.itemsize))
        yield from ((slice(at, at + step),) for at in range(0, outer, step))
    else:
        step = max(NARROW, PIECE // length) // x.itemsize
        yield from ((..., slice(at, at + step)) for at in range(0, inner, step))


def _copied(rule: Taped, x: Array) -> Array:
    """The states in room of the tape, where their lines lie next to each other."""
    copy = rule.tape.take(x.shape, rule.dtype)
    rule.tape.copy(x, copy)
    return copy


def _fold_near(rule: Taped, x: Array, run: Run, cells: Array, whole: Array | None) -> None:
    """Every position is one call over all lines; windows that reach into the next line are nobody's cells."""
    *lead, outer, length, inner = x.shape
    if outer == 1 or 2 * run.number * run.stride < length:
        taps, first, step = x[..., run.start : run.end, :], 0, run.step
        room = cells if run.number == 1 or run.stride == 1 else None
    else:
        taps, first, step = x.reshape(*lead, -1, 1), run.start, run.step * inner
        room = _room_at_every_position(x, run, whole)
    folded = _everywhere(rule, taps, (run.size, step), room)
    if room is None:
        folded = folded.reshape(*lead, outer, -1, inner)
        pick(folded, Lines(first, run.number, run.stride), cells, rule.tape.copy)
        rule.tape.give(folded)


def _room_at_every_position(x: Array, run: Run, whole: Array | None) -> Array | None:
    """The output, where it is as long as the input: what a window beyond a line writes, a clipped one writes again."""
    if run.stride > 1 or whole is None or whole.shape != x.shape or not whole.flags.c_contiguous:
        return None
    *lead, _, _, inner = x.shape
    flat = whole.reshape(*lead, -1, 1)
    ahead = (run.cell - run.start) * inner
    return flat[..., ahead : ahead + flat.shape[-2] - (run.size - 1) * run.step * inner, :]


def _everywhere(rule: Taped, x: Array, window: tuple[int, int], out: Array | None = None) -> Array:
    """Windows of so many taps, so far apart, from every line on; after the last that fits come no certain values.

    Where a value may be merged twice, two windows of half the size overlap to the whole. Else a window is made of
    as many smaller ones as its size has a factor, or of one smaller one and one more tap.
    """
    size, step = window
    if rule.merge in IDEMPOTENT:
        half = 1 << ((size - 1).bit_length() - 1)
        part = x if half == 1 else _everywhere(rule, x, (half, step))
        result = _shifted(rule, part, part, (size - half) * step, out)
    elif (factor := _factor(size)) < size:
        part = _everywhere(rule, x, (factor, step))
        result = _everywhere(rule, part, (size // factor, factor * step), out)
    else:
        part = x if size == 2 else _everywhere(rule, x, (size - 1, step))
        if out is None and part is not x and not _parts(rule.merge):
            out = part  # a ufunc may write where it reads
        result = _shifted(rule, part, x, (size - 1) * step, out)
    if part is not x and part is not result:
        rule.tape.give(part)
    return result


@cache
def _factor(number: int) -> int:
    """The least factor."""
    return next(factor for factor in range(2, number + 1) if number % factor == 0)


def _shifted(rule: Taped, a: Array, b: Array, by: int, out: Array | None) -> Array:
    """Each line of a merged with the one of b that is so many further on."""
    room = rule.tape.take(a.shape, rule.dtype) if out is None else out
    count = min(a.shape[-2] - by, room.shape[-2])
    rule(a[..., :count, :], b[..., by : by + count, :], room[..., :count, :])
    return room


# Windows far from each other: fold blocks of a stride ---------------------------------------------------------


def _fold_far(rule: Taped, x: Array, run: Run, cells: Array) -> None:
    """Polyphase: a window is `whole` blocks of a stride each, and the first `rest` taps of one more."""
    whole, rest = divmod(run.size, run.stride)
    count = run.number + max(whole - 1, 0)
    if whole <= 1:
        _blocks(rule, x, Lines(run.start, count, run.stride), run.stride if whole else rest, cells)
    else:
        blocks = rule.tape.take((*x.shape[:-2], count, x.shape[-1]), rule.dtype)
        _blocks(rule, x, Lines(run.start, count, run.stride), run.stride, blocks)
        _everywhere(rule, blocks, (whole, 1), cells)
        rule.tape.give(blocks)
    if whole and rest:
        after = Lines(run.start + whole * run.stride, run.number, run.stride)
        tail = (
            after.of(x)
            if rest == 1
            else _blocks(rule, x, after, rest, rule.tape.take(cells.shape, rule.dtype))
        )
        rule(cells, tail, cells)
        if rest > 1:
            rule.tape.give(tail)


def _blocks(rule: Taped, x: Array, blocks: Lines, size: int, out: Array) -> Array:
    """Fold the first `size` lines of every block."""
    _stretches(rule, _apart(x, blocks, size), out)
    return out


def _apart(x: Array, blocks: Lines, size: int) -> Array:
    """The lines of each block as an axis of their own: (..., outer, count, size, inner)."""
    line = x.strides[-2]
    shape = (*x.shape[:-2], blocks.number, size, x.shape[-1])
    strides = (*x.strides[:-2], blocks.stride * line, line, x.strides[-1])
    return np.ndarray(shape, x.dtype, x, blocks.start * line, strides)


def _stretches(rule: Taped, lines: Array, out: Array, most: int = SEQUENTIAL) -> None:
    """Fold (..., lines, inner) to (..., inner): at most so many stretches one by one, and what this leaves in halves.

    The first call takes next to all time, and the last ones are next to all inaccuracy of a sum.
    """
    *lead, size, inner = lines.shape
    number = max(2, size // -(-size // most))
    length, rest = divmod(size, number)
    room = out[..., None, :] if length == 1 else rule.tape.take((*lead, length, inner), rule.dtype)
    _one_by_one(rule, lines[..., : size - rest, :], number, room)
    if rest:
        first = room[..., :rest, :]
        rule(first, lines[..., -rest:, :], first)
    if length > 1:
        _stretches(rule, room, out, 2)
        rule.tape.give(room)


def _one_by_one(rule: Taped, lines: Array, number: int, out: Array) -> None:
    """Fold so many stretches, (..., lines, inner) to (..., length, inner): in one call where that is quicker."""
    length, inner = out.shape[-2:]
    if number >= MANY and length * inner >= LONG.get(rule.merge, inf) and lines.dtype == rule.dtype:
        together = (*lines.shape[:-2], number, length * inner)
        rule.tape.reduce(
            rule.merge, lines.reshape(together), out.reshape(*out.shape[:-2], length * inner)
        )
        return
    first, second, *others = (
        lines[..., at * length : (at + 1) * length, :] for at in range(number)
    )
    rule(first, second, out)
    for other in others:
        rule(out, other, out)

"""The values of windows in order, by exchanges: what a sort does to one window, a few long calls do to all.

A hand is a list of lines: line i holds, for each window of a piece of the map, its i-th value in order. Hands of some
taps are merged to hands of more by minima and maxima of lines, so that no window is copied. It is quick because

* what neighbouring windows have in common is put in order once: two columns, then two pairs of columns, and so on;
* values that too many others are above or below are forgotten as soon as that is sure;
* a call works on a line of all windows, and lines are written over while they are in cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd, prod
from typing import NamedTuple

import numpy as np

from poolcli.engine.backend.lines import FEW
from poolcli.engine.backend.network import Merging, merging, middle_of_nine
from poolcli.engine.backend.tape import Tape
from poolcli.engine.windows.grid import Run
from poolcli.maps.array import Array

TOGETHER = 64  # values next to each other that are read as fast as a whole line
PICKED = 3  # bytes for each value up to which it is quicker to compute all windows and pick every stride-th


class Wanted(NamedTuple):
    """Of so many values, those from the first place in order to the last."""

    taps: int
    first: int
    last: int


class Hand(NamedTuple):
    """Lines in order, of so many taps; the first line has place `first` among them, the others are forgotten."""

    lines: list[Array]
    first: int
    taps: int

    def part(self, axis: int, start: int, count: int, stride: int = 1) -> Hand:
        """So many windows along an axis."""
        part = (*(slice(None),) * axis, slice(start, start + (count - 1) * stride + 1, stride))
        return self._replace(lines=[line[part] for line in self.lines])


def dealt(tape: Tape, values: Array, runs: Mapping[int, Run], wanted: Wanted) -> list[Array]:
    """The wanted values of the windows along these axes, a line each, by calls on a tape.

    All of a window with a NaN are NaN.
    """
    whole = (
        Hand([values], 0, 1) if values.flags.c_contiguous else copied(Hand([values], 0, 1), tape)
    )
    hand, layout = Hand([whole.lines[0].reshape(-1)], 0, 1), _Layout.of(values.shape)
    for axis, run in runs.items():
        near = layout.is_near(axis, run, values.itemsize)
        if near:
            hand = _Along(
                hand, 0, layout.everywhere(axis, run, hand.lines[0].size), wanted, tape
            ).part(run.size, 0)
            layout = layout.with_cells(axis, run)
        if not near or run.stride > 1:
            cells = layout.seen(hand)
            cells = cells if near else _Along(cells, axis, run, wanted, tape).part(run.size, 0)
            cells = cells if cells.lines[0].flags.c_contiguous else copied(cells, tape)
            layout = _Layout.of(cells.lines[0].shape)
            hand = cells._replace(lines=[line.reshape(-1) for line in cells.lines])
        tape.keep(hand.lines)
    return layout.seen(hand).lines


def copied(hand: Hand, tape: Tape) -> Hand:
    """The same lines, where nothing lies between their values."""
    lines = [tape.take(line.shape, line.dtype) for line in hand.lines]
    for line, out in zip(hand.lines, lines, strict=True):
        put(line, out, tape)
    return hand._replace(lines=lines)


def put(line: Array, out: Array, tape: Tape) -> None:
    """To be copied: channel by channel where these are few and pixels lie apart, as NumPy would loop over them."""
    channels, size = line.shape[-1], line.itemsize
    few = channels <= FEW and not (line.strides[-2:] == out.strides[-2:] == (channels * size, size))
    for channel in range(channels) if few else [slice(None)]:
        tape.copy(line[..., channel], out[..., channel])


class _Layout(NamedTuple):
    """Where in a flat line the cells are: how many along each axis, and how far from each other."""

    counts: tuple[int, ...]
    steps: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> _Layout:
        return cls(shape, tuple(prod(shape[axis + 1 :]) for axis in range(len(shape))))

    def is_near(self, axis: int, run: Run, itemsize: int) -> bool:
        """Windows at every position are quicker than those that are wanted alone."""
        return run.stride == 1 or (
            self.steps[axis] < TOGETHER and (run.stride - 1) * itemsize < PICKED
        )

    def everywhere(self, axis: int, run: Run, size: int) -> Run:
        """The windows of a run as those of the flat line, one from every position on: each call is one long loop."""
        start, step = run.start * self.steps[axis], run.step * self.steps[axis]
        return run._replace(
            start=start, stride=1, step=step, number=size - start - (run.size - 1) * step
        )

    def with_cells(self, axis: int, run: Run) -> _Layout:
        """The cells of a run in place of the pixels of an axis."""
        counts, steps = list(self.counts), list(self.steps)
        counts[axis], steps[axis] = run.number, run.stride * steps[axis]
        return _Layout(tuple(counts), tuple(steps))

    def seen(self, hand: Hand) -> Hand:
        """The cells, with all their axes."""
        item = hand.lines[0].itemsize
        strides = [step * item for step in self.steps]
        return hand._replace(
            lines=[np.ndarray(self.counts, line.dtype, line, 0, strides) for line in hand.lines]
        )


@dataclass(frozen=True)
class _Along:
    """The windows along one axis, put together from parts: some of their taps, from one on.

    After `turns` taps the same pixels come again, in a later window: a part is made for the first of these taps, and
    for as many windows more as the last of them is later.
    """

    hand: Hand
    axis: int
    run: Run
    wanted: Wanted
    tape: Tape
    made: dict[tuple[int, int], Hand] = field(default_factory=dict)

    @property
    def turns(self) -> int:
        return self.run.stride // gcd(self.run.stride, self.run.step)

    def part(self, size: int, tap: int) -> Hand:
        if (size, tap) not in self.made:
            count = self.run.number + self._later(self.run.size - size - tap)
            self.made[size, tap] = (
                self._merged(size, tap, count) if size > 1 else self._taps(tap, count)
            )
        return self.made[size, tap]

    def _merged(self, size: int, tap: int, count: int) -> Hand:
        """By the binary digits of its size a part has few parts, most of them the same."""
        if size == 3 and len(self.hand.lines) == 3 and self.wanted == (9, 4, 4):
            hands = [self._from(1, tap + ahead, count) for ahead in range(3)]
            return _called(middle_of_nine(), hands, 4, self.tape)
        head = size - 1 if size % 2 else size // 2
        return merged(
            self._from(head, tap, count),
            self._from(size - head, tap + head, count),
            self.wanted,
            self.tape,
        )

    def _from(self, size: int, tap: int, count: int) -> Hand:
        """So many windows of the part that begins with this tap."""
        return self.part(size, tap % self.turns).part(self.axis, self._later(tap), count)

    def _later(self, taps: int) -> int:
        """How many windows later the same pixels are, so many taps further on."""
        return taps // self.turns * (self.turns * self.run.step // self.run.stride)

    def _taps(self, tap: int, count: int) -> Hand:
        """One tap of every window; copied where pixels lie apart, as what is read again and again should not."""
        taps = self.hand.part(
            self.axis, self.run.start + tap * self.run.step, count, self.run.stride
        )
        apart = self.run.stride > 1 and prod(taps.lines[0].shape[self.axis + 1 :]) < TOGETHER
        return copied(taps, self.tape) if apart else taps


def merged(one: Hand, two: Hand, wanted: Wanted, tape: Tape) -> Hand:
    """The values of both in order, without those that are below or above all wanted ones whatever is still to come."""
    taps, first, inputs = (
        one.taps + two.taps,
        one.first + two.first,
        len(one.lines) + len(two.lines),
    )
    low = max(first, wanted.first - (wanted.taps - taps))
    high = min(first + inputs - 1, wanted.last)
    return _called(
        merging(len(one.lines), len(two.lines), low - first, high - first), [one, two], low, tape
    )


def _called(network: Merging, hands: Sequence[Hand], first: int, tape: Tape) -> Hand:
    """The calls on the lines of these hands, which give lines from this place on."""
    lines = [line for hand in hands for line in hand.lines]
    inputs = len(lines)
    for side, a, b, out in network.calls:
        if out == len(lines):
            lines.append(tape.take(lines[0].shape, lines[0].dtype))
        tape.call(np.minimum if side == "minimum" else np.maximum, lines[a], lines[b], lines[out])
    for line in (
        line for at, line in enumerate(lines) if at >= inputs and at not in network.results
    ):
        tape.give(line)
    return Hand([lines[at] for at in network.results], first, sum(hand.taps for hand in hands))

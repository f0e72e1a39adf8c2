"""Which minima and maxima of lines give order statistics of windows: a plan, made of numbers only.

A line holds one value for each window, or for each pixel that a window may begin at. What windows
have in common is put in order once: their columns, then pairs of columns, and so on. For the next
window these are the same lines, read some pixels further on.

Sources: Batcher 1968, "Sorting networks and their applications", and Knuth, "The Art of Computer
Programming", volume 3, section 5.3.4, for merges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from math import prod
from typing import NamedTuple

from poolcli.engine.windows.grid import Grid

MOST_TAPS = 128  # taps of a window that is put in order by exchanges of lines, at most
# Kinds of calls, numbered as in `_kernels.h`:
SMALLER = 0  # min(a, b)
LARGER = 1  # max(a, b)
BOTH = 2  # min(a, b) and max(a, b)


def network_pays(grid: Grid) -> bool:
    """For small windows, and larger ones that have much in common with their neighbours."""
    fresh = prod(min(axis.runs[0].stride, axis.largest) for axis in grid.axes)
    return grid.largest + 3 * fresh <= MOST_TAPS


class Line(NamedTuple):
    """A line, read so many pixels further on."""

    number: int
    ahead: int = 0

    def moved(self, pixels: int) -> Line:
        return Line(self.number, self.ahead + pixels)


class Call(NamedTuple):
    """Lines that are read, and the numbers of those that they become."""

    kind: int
    lines: tuple[Line, ...]
    outs: tuple[int, ...]


class Program(NamedTuple):
    """Calls in turn, and the lines that are the results then."""

    calls: list[Call]
    results: list[int]


class Sorted(NamedTuple):
    """Some of the values of `taps` taps in order: the first line has place `first` among them."""

    lines: Sequence[Line]
    first: int
    taps: int

    def moved(self, pixels: int) -> Sorted:
        return self._replace(lines=[line.moved(pixels) for line in self.lines])


@lru_cache(maxsize=256)
def program(
    rows: int, columns: int, places: tuple[int, ...], step: int = 1, phases: int = 1
) -> Program:
    """The values of some places in order, of windows of `rows` times `columns` taps.

    Columns are `step` pixels apart. Input `row * phases + phase` has every so manyth pixel of a
    row: all with one phase, for windows at every pixel, and with as many phases as the stride has
    pixels only those that windows at the stride need.
    """
    plan = _Plan(rows, columns, step, phases, range(min(places), max(places) + 1))
    whole = plan.part(0, columns)
    return plan.program([whole.lines[place - whole.first].number for place in places])


@dataclass
class _Plan:
    """Exchanges of two lines; number i makes the lines 2i and 2i + 1 after the inputs.

    `wanted` are the places from the first to the last that is needed.
    """

    rows: int
    columns: int
    step: int
    phases: int
    wanted: range
    exchanges: list[tuple[Line, Line]] = field(default_factory=list)
    known: dict[tuple[int, int], Sorted] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return self.rows * self.phases

    def part(self, tap: int, size: int) -> Sorted:
        """Some columns in order; those of a later window are the same lines further on."""
        ahead, phase = divmod(tap * self.step, self.phases)
        if (phase, size) not in self.known:
            self.known[phase, size] = self._columns(tap, size).moved(-ahead)
        return self.known[phase, size].moved(ahead)

    def _columns(self, tap: int, size: int) -> Sorted:
        if size > 1:
            head = size - 1 if size % 2 else size // 2
            return self.merged(self.part(tap, head), self.part(tap + head, size - head))
        ahead, phase = divmod(tap * self.step, self.phases)
        return self._column([Line(row * self.phases + phase, ahead) for row in range(self.rows)])

    def _column(self, taps: list[Line]) -> Sorted:
        if len(taps) == 1:
            return Sorted(taps, 0, 1)
        half = (len(taps) + 1) // 2
        return self.merged(self._column(taps[:half]), self._column(taps[half:]))

    def merged(self, one: Sorted, two: Sorted) -> Sorted:
        """Both in order, without values that cannot have a wanted place any more."""
        lines = self._merged(one.lines, two.lines)
        taps, first = one.taps + two.taps, one.first + two.first
        others = self.rows * self.columns - taps
        low, high = max(0, self.wanted.start - others - first), self.wanted.stop - first
        return Sorted(lines[low:high], first + low, taps)

    def _merged(self, one: Sequence[Line], two: Sequence[Line]) -> Sequence[Line]:
        """Batcher's merge of lines in order."""
        if not one or not two:
            return [*one, *two]
        if len(one) == len(two) == 1:
            return self.exchange(one[0], two[0])
        even, odd = self._merged(one[::2], two[::2]), self._merged(one[1::2], two[1::2])
        pairs = [self.exchange(*pair) for pair in zip(odd, even[1:], strict=False)]
        return [even[0], *chain(*pairs), *odd[len(pairs) :], *even[len(pairs) + 1 :]]

    def exchange(self, one: Line, two: Line) -> tuple[Line, Line]:
        """The smaller and the larger of two lines."""
        ahead = min(one.ahead, two.ahead)
        out = self.inputs + 2 * len(self.exchanges)
        self.exchanges.append((one.moved(-ahead), two.moved(-ahead)))
        return Line(out, ahead), Line(out + 1, ahead)

    def program(self, results: list[int]) -> Program:
        """The calls that lead to these results, each with the outputs that are needed.

        Lines whose values are not needed at the same time share a number: going backwards, a line
        takes one where it is read last, and returns it where it is written.
        """
        numbers = {line: line for line in range(self.inputs)}
        count, free = self.inputs, list[int]()
        calls = []

        def number_of(line: int) -> int:
            nonlocal count
            if line not in numbers:
                count += not free
                numbers[line] = free.pop() if free else count - 1
            return numbers[line]

        found = [number_of(line) for line in results]
        for at, lines in reversed(list(enumerate(self.exchanges))):
            outs = [self.inputs + 2 * at, self.inputs + 2 * at + 1]
            needed = [out for out in outs if out in numbers]
            if needed:
                kind = BOTH if needed == outs else outs.index(needed[0])
                written = tuple(numbers.pop(out) for out in needed)
                free += written
                read = tuple(Line(number_of(line.number), line.ahead) for line in lines)
                calls.append(Call(kind, read, written))
        return Program(calls[::-1], found)

"""Which minima and maxima of lines give order statistics of windows: a plan, made of numbers only.

A line holds one value for each window, or for each pixel that a window may begin at. What neighbouring windows have in
common is sorted once: their columns, then pairs of columns, and so on, as the same line read some pixels further on.

Sources: Batcher 1968, "Sorting networks and their applications", and Knuth, "The Art of Computer Programming", volume 3,
section 5.3.4, for merges; Smith 1996, "Implementing median filters in XC4000E FPGAs", for the median of nine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

SMALLER, LARGER = 0, 1


class Line(NamedTuple):
    """A line, read so many pixels further on."""

    number: int
    ahead: int = 0

    def moved(self, pixels: int) -> Line:
        return Line(self.number, self.ahead + pixels)


class Call(NamedTuple):
    """The smaller or larger of two lines, and the number of the line that it becomes."""

    side: int
    a: Line
    b: Line
    out: int


class Program(NamedTuple):
    """Calls in turn, as rows (side, a, ahead of a, b, ahead of b, out), and the lines that are the results then."""

    calls: tuple[tuple[int, ...], ...]
    results: tuple[int, ...]


class Sorted(NamedTuple):
    """Some of the values of `taps` taps in order: the first line has place `first` among them."""

    lines: tuple[Line, ...]
    first: int
    taps: int

    def moved(self, pixels: int) -> Sorted:
        return self._replace(lines=tuple(line.moved(pixels) for line in self.lines))


@lru_cache(maxsize=256)
def program(
    rows: int, columns: int, places: tuple[int, ...], step: int = 1, phases: int = 1
) -> Program:
    """The values of some places in order, of windows of `rows` times `columns` taps, columns `step` pixels apart.

    With one phase, windows at every pixel are computed; with as many as the stride has pixels, those at it alone.
    """
    plan = _Plan(rows, columns, step, phases, min(places), max(places))
    whole = plan.part(0, columns)
    return plan.finished([whole.lines[place - whole.first] for place in places])


@dataclass
class _Plan:
    """Calls whose results are all different lines, numbered after the inputs."""

    rows: int
    columns: int
    step: int
    phases: int
    first: int
    last: int
    calls: list[Call] = field(default_factory=list)
    made: dict[tuple[int, int], Sorted] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return self.rows * self.phases

    def call(self, side: int, a: Line, b: Line) -> Line:
        ahead = min(a.ahead, b.ahead)
        out = self.inputs + len(self.calls)
        self.calls.append(Call(side, a.moved(-ahead), b.moved(-ahead), out))
        return Line(out, ahead)

    def exchange(self, a: Line, b: Line) -> tuple[Line, Line]:
        return self.call(SMALLER, a, b), self.call(LARGER, a, b)

    def part(self, tap: int, size: int) -> Sorted:
        """Some columns, from one on, in order; those of a later window are the same lines further on."""
        phase, ahead = tap * self.step % self.phases, tap * self.step // self.phases
        if (phase, size) not in self.made:
            self.made[phase, size] = self._part(tap, size).moved(-ahead)
        return self.made[phase, size].moved(ahead)

    def _part(self, tap: int, size: int) -> Sorted:
        if size == 1:
            phase, ahead = tap * self.step % self.phases, tap * self.step // self.phases
            return self._column(
                [Line(row * self.phases + phase, ahead) for row in range(self.rows)]
            )
        if size == self.columns == self.rows == 3 and self.first == self.last == 4:
            return self._median_of_nine([self.part(tap + column, 1).lines for column in range(3)])
        head = size - 1 if size % 2 else size // 2
        return self.merged(self.part(tap, head), self.part(tap + head, size - head))

    def _column(self, lines: list[Line]) -> Sorted:
        if len(lines) == 1:
            return Sorted(tuple(lines), 0, 1)
        half = (len(lines) + 1) // 2
        return self.merged(self._column(lines[:half]), self._column(lines[half:]))

    def merged(self, one: Sorted, two: Sorted) -> Sorted:
        """Both in order, without those that are below or above all wanted ones whatever is still to come."""
        taps, first, count = (
            one.taps + two.taps,
            one.first + two.first,
            len(one.lines) + len(two.lines),
        )
        low = max(first, self.first - (self.rows * self.columns - taps))
        high = min(first + count - 1, self.last)
        places = range(low - first, high - first + 1)
        ways = []
        for way in (_exchanged, _chosen):
            plan = _Plan(count, 1, 1, 1, 0, 0)
            lines = [Line(number) for number in range(count)]
            ways.append(
                plan.finished(
                    way(plan, lines[: len(one.lines)], lines[len(one.lines) :], places), reuse=False
                )
            )
        return Sorted(
            tuple(self._inlined(min(ways, key=lambda way: len(way.calls)), one.lines + two.lines)),
            low,
            taps,
        )

    def _inlined(self, merge: Program, lines: Sequence[Line]) -> list[Line]:
        """The calls of another plan on these lines."""
        known = dict(enumerate(lines))
        for side, a, _, b, _, out in merge.calls:
            known[out] = self.call(side, known[a], known[b])
        return [known[result] for result in merge.results]

    def _median_of_nine(self, columns: list[tuple[Line, ...]]) -> Sorted:
        """The median of the highest low, the middle middle and the lowest high value of three columns."""
        low, middle, high = zip(*columns, strict=True)
        a = self.call(LARGER, self.call(LARGER, low[0], low[1]), low[2])
        c = self.call(SMALLER, self.call(SMALLER, high[0], high[1]), high[2])
        return Sorted((self._median(a, self._median(*middle), c),), 4, 9)

    def _median(self, a: Line, b: Line, c: Line) -> Line:
        low, high = self.exchange(a, b)
        return self.call(LARGER, self.call(SMALLER, high, c), low)

    def finished(self, results: list[Line], *, reuse: bool = True) -> Program:
        """The calls that lead to these results, each written over a line that is not read again: few stay in cache."""
        needed = {line.number for line in results}
        for call in reversed(self.calls):
            needed |= {call.a.number, call.b.number} if call.out in needed else set()
        calls = [call for call in self.calls if call.out in needed]
        last = {line.number: at for at, call in enumerate(calls) for line in (call.a, call.b)}
        last |= {line.number: len(calls) for line in results}
        places: dict[int, int] = {number: number for number in range(self.inputs)}
        free: list[int] = []
        count, kept = self.inputs, []
        for at, call in enumerate(calls):
            a, b = (Line(places[line.number], line.ahead) for line in (call.a, call.b))
            if reuse:
                gone = {line.number for line in (call.a, call.b) if last[line.number] == at}
                free += [places[number] for number in gone if number >= self.inputs]
            if not free:
                free, count = [count], count + 1
            places[call.out] = free.pop()
            kept.append((call.side, *a, *b, places[call.out]))
        return Program(tuple(kept), tuple(places[line.number] for line in results))


def _exchanged(plan: _Plan, one: Sequence[Line], two: Sequence[Line], places: range) -> list[Line]:
    """Batcher's merge; of an exchange only the side that leads to a place is kept."""

    def merged(a: Sequence[Line], b: Sequence[Line]) -> list[Line]:
        if not a or not b:
            return [*a, *b]
        if len(a) == len(b) == 1:
            return [*plan.exchange(a[0], b[0])]
        even, odd = merged(a[::2], b[::2]), merged(a[1::2], b[1::2])
        pairs = [plan.exchange(*pair) for pair in zip(odd, even[1:], strict=False)]
        return [even[0], *chain(*pairs), *odd[len(pairs) :], *even[len(pairs) + 1 :]]

    order = merged(one, two)
    return [order[place] for place in places]


def _chosen(plan: _Plan, one: Sequence[Line], two: Sequence[Line], places: range) -> list[Line]:
    """Each place by itself: of all ways to take so many values from both, the one whose largest is the smallest."""
    results = []
    for place in places:
        best = None
        for few in range(max(0, place + 1 - len(two)), min(place + 1, len(one)) + 1):
            ends = [
                *one[few - 1 : few][: few > 0],
                *two[place - few : place - few + 1][: few <= place],
            ]
            most = plan.call(LARGER, *ends) if len(ends) == 2 else ends[0]
            best = most if best is None else plan.call(SMALLER, most, best)
        assert best is not None
        results.append(best)
    return results

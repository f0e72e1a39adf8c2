"""Which minima and maxima of lines give order statistics of windows: a plan, made of numbers only.

What neighbouring windows have in common is sorted once, their columns, then pairs of columns, and
so on: as the same line read some pixels further on.

Sources: Batcher 1968, "Sorting networks and their applications", and Knuth, "The Art of Computer
Programming", volume 3, section 5.3.4, for merges; Smith 1996, "Implementing median filters in
XC4000E FPGAs", for the median of nine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from poolcli.engine.backend.network_calls import (
    BOTH,
    CHAIN,
    LARGER,
    MEDIAN,
    ONE_OUTPUT,
    OUTPUTS,
    SMALLER,
    THREE,
    Call,
    Line,
    Program,
)


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
    """The values of some places in order, of windows of `rows` times `columns` taps.

    Columns are `step` pixels apart. With one phase, windows at every pixel are computed; with as
    many phases as the stride has pixels, only those at the stride.
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
    count: int = 0

    def __post_init__(self) -> None:
        self.count = self.inputs

    @property
    def inputs(self) -> int:
        return self.rows * self.phases

    def call(self, kind: int, *lines: Line) -> list[Line]:
        ahead = min(line.ahead for line in lines)
        outs = tuple(range(self.count, self.count + OUTPUTS.get(kind, 1)))
        self.count += len(outs)
        self.calls.append(Call(kind, tuple(line.moved(-ahead) for line in lines), outs))
        return [Line(out, ahead) for out in outs]

    def one(self, kind: int, *lines: Line) -> Line:
        (line,) = self.call(kind, *lines)
        return line

    def part(self, tap: int, size: int) -> Sorted:
        """Some columns in order; those of a later window are the same lines further on."""
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
        if len(lines) == 3:
            return Sorted(tuple(self.call(THREE, *lines)), 0, 3)
        half = (len(lines) + 1) // 2
        return self.merged(self._column(lines[:half]), self._column(lines[half:]))

    def merged(self, one: Sorted, two: Sorted) -> Sorted:
        """Both in order, without values that cannot have a wanted place any more."""
        taps, first, count = (
            one.taps + two.taps,
            one.first + two.first,
            len(one.lines) + len(two.lines),
        )
        low = max(first, self.first - (self.rows * self.columns - taps))
        high = min(first + count - 1, self.last)
        places = range(low - first, high - first + 1)
        plans = []
        for way in (_exchanged, _chosen):
            plan = _Plan(count, 1, 1, 1, 0, 0)
            lines = [Line(number) for number in range(count)]
            plans.append(
                plan.finished(
                    way(plan, lines[: len(one.lines)], lines[len(one.lines) :], places), reuse=False
                )
            )
        return Sorted(
            tuple(self._inlined(min(plans, key=lambda plan: plan.cost), one.lines + two.lines)),
            low,
            taps,
        )

    def _inlined(self, merge: Program, lines: Sequence[Line]) -> list[Line]:
        """The calls of another plan on these lines."""
        known = dict(enumerate(lines))
        for kind, taken, outs in merge.calls:
            known |= zip(
                outs, self.call(kind, *(known[line.number] for line in taken)), strict=True
            )
        return [known[result] for result in merge.results]

    def _median_of_nine(self, columns: list[tuple[Line, ...]]) -> Sorted:
        """The median of the highest low, median middle and lowest high value of three columns."""
        low, middle, high = zip(*columns, strict=True)
        ends = (
            self.one(CHAIN + 2 * LARGER + LARGER, *low),
            self.one(CHAIN + 2 * SMALLER + SMALLER, *high),
        )
        return Sorted((self.one(MEDIAN, ends[0], self.one(MEDIAN, *middle), ends[1]),), 4, 9)

    def finished(self, results: list[Line], *, reuse: bool = True) -> Program:
        """The calls that lead to these results; a line that is not read again is written over."""
        calls = _chained(_needed(self.calls, {line.number for line in results}), results)
        last = {line.number: at for at, call in enumerate(calls) for line in call.lines}
        last |= {line.number: len(calls) for line in results}
        places: dict[int, int] = {number: number for number in range(self.inputs)}
        free: list[int] = []
        count, kept = self.inputs, []
        for at, call in enumerate(calls):
            lines = tuple(Line(places[line.number], line.ahead) for line in call.lines)
            if reuse:
                gone = {line.number: None for line in call.lines if last[line.number] == at}
                free += [places[number] for number in gone if number >= self.inputs]
            for out in call.outs:
                count += not free
                places[out] = free.pop() if free else count - 1
            kept.append(Call(call.kind, lines, tuple(places[out] for out in call.outs)))
            free += [places[out] for out in call.outs if out not in last and reuse]
        return Program(tuple(kept), tuple(places[line.number] for line in results))


def _needed(calls: list[Call], needed: set[int]) -> list[Call]:
    """The calls that lead to some lines; of which one output is needed, they compute that alone."""
    kept = []
    for kind, lines, outs in reversed(calls):
        taken = [at for at, out in enumerate(outs) if out in needed]
        if not taken:
            continue
        if len(taken) == 1 < len(outs):
            kind, outs = ONE_OUTPUT[kind, taken[0]], (outs[taken[0]],)  # noqa: PLW2901
        needed = needed | {line.number for line in lines}
        kept.append(Call(kind, lines, outs))
    return kept[::-1]


def _chained(calls: list[Call], results: list[Line]) -> list[Call]:
    """A minimum or maximum that one other takes becomes one call with it."""
    uses = Counter(line.number for call in calls for line in call.lines) + Counter(
        line.number for line in results
    )
    made: dict[int, Call] = {}
    for call in calls:
        whole = call
        for at, line in enumerate(call.lines if call.kind <= LARGER else ()):
            first = made.get(line.number)
            if first and first.kind <= LARGER and uses[line.number] == 1:
                lines = *(each.moved(line.ahead) for each in first.lines), call.lines[1 - at]
                whole = Call(CHAIN + 2 * first.kind + call.kind, lines, call.outs)
                del made[line.number]
                break
        made[call.outs[0]] = whole
    return list(made.values())


def _exchanged(plan: _Plan, one: Sequence[Line], two: Sequence[Line], places: range) -> list[Line]:
    """Batcher's merge; of an exchange only the side that leads to a place is kept."""

    def merged(a: Sequence[Line], b: Sequence[Line]) -> list[Line]:
        if not a or not b:
            return [*a, *b]
        if len(a) == len(b) == 1:
            return plan.call(BOTH, a[0], b[0])
        even, odd = merged(a[::2], b[::2]), merged(a[1::2], b[1::2])
        pairs = [plan.call(BOTH, *pair) for pair in zip(odd, even[1:], strict=False)]
        return [even[0], *chain(*pairs), *odd[len(pairs) :], *even[len(pairs) + 1 :]]

    order = merged(one, two)
    return [order[place] for place in places]


def _chosen(plan: _Plan, one: Sequence[Line], two: Sequence[Line], places: range) -> list[Line]:
    """Each place by itself, from the sorted lines `one` and `two`.

    Of n = place + 1 values, i come from `one` and n - i from `two`, and the largest of them is the
    larger of the last ones taken. The value at the place is the smallest of these over all i.
    """
    results = []
    for place in places:
        count, candidates = place + 1, []
        for taken in range(max(0, count - len(two)), min(count, len(one)) + 1):
            last = [one[taken - 1]] if taken else []
            if taken < count:
                last.append(two[count - taken - 1])
            candidates.append(plan.one(LARGER, *last) if len(last) == 2 else last[0])
        while len(candidates) > 1:
            candidates[:2] = [plan.one(SMALLER, candidates[1], candidates[0])]
        results += candidates
    return results

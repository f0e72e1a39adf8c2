"""Which minima and maxima merge two sorted hands when only some places of the result are wanted. Numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Literal, NamedTuple

Side = Literal["minimum", "maximum"]


class Call(NamedTuple):
    """A minimum or maximum of two lines; `out` is the line it is written to."""

    side: Side
    one: int
    two: int
    out: int


class Merging(NamedTuple):
    """Calls in turn, and which lines hold the wanted places then."""

    calls: tuple[Call, ...]
    results: tuple[int, ...]


@cache
def merging(one: int, two: int, first: int, last: int) -> Merging:
    """How hands of so many lines, numbered in a row, give the places from `first` to `last`: the shorter way."""
    places = range(first, last + 1)
    ways = [way(_Sketch(one + two), one, places) for way in (_exchanges, _choices)]
    return min(ways, key=lambda way: len(way.calls))


@cache
def middle_of_nine() -> Merging:
    """The middle of three hands of three: of the highest low, the middle middle, and the lowest high one.

    Source: Smith 1996, Implementing median filters in XC4000E FPGAs.
    """
    sketch = _Sketch(9)

    def middle(a: int, b: int, c: int) -> int:
        low, high = sketch.call("minimum", a, b), sketch.call("maximum", a, b)
        return sketch.call("maximum", low, sketch.call("minimum", high, c))

    def all_three(side: Side, place: int) -> int:
        return sketch.call(side, sketch.call(side, place, 3 + place), 6 + place)

    return sketch.finished(
        [middle(all_three("maximum", 0), middle(1, 4, 7), all_three("minimum", 2))]
    )


@dataclass
class _Sketch:
    """Calls whose results are all different lines, numbered after those of the hands."""

    inputs: int
    calls: list[Call] = field(default_factory=list)

    def call(self, side: Side, one: int, two: int) -> int:
        out = self.inputs + len(self.calls)
        self.calls.append(Call(side, one, two, out))
        return out

    def finished(self, results: list[int]) -> Merging:
        """The calls that lead to these results, each written over a line that is not read again: few stay in cache."""
        needed = set(results)
        for call in reversed(self.calls):
            needed |= {call.one, call.two} if call.out in needed else set()
        calls = [call for call in self.calls if call.out in needed]
        until = {line: at for at, call in enumerate(calls) for line in (call.one, call.two)}
        until |= dict.fromkeys(results, len(calls))
        lines, free, kept = {line: line for line in range(self.inputs)}, [], []
        for at, call in enumerate(calls):
            free += [
                lines[line]
                for line in {call.one, call.two}
                if until[line] == at and line >= self.inputs
            ]
            lines[call.out] = (
                free.pop() if free else max(self.inputs, *(line + 1 for line in lines.values()))
            )
            kept.append(Call(call.side, lines[call.one], lines[call.two], lines[call.out]))
        return Merging(tuple(kept), tuple(lines[line] for line in results))


def _exchanges(sketch: _Sketch, one: int, places: range) -> Merging:
    """Batcher's merge (1968; Knuth, section 5.3.4): of an exchange only the side that leads to a place is kept."""

    def exchanged(low: int, high: int) -> tuple[int, int]:
        return sketch.call("minimum", low, high), sketch.call("maximum", low, high)

    def merged(a: range | list[int], b: range | list[int]) -> list[int]:
        if not a or not b:
            return [*a, *b]
        if len(a) == len(b) == 1:
            return [*exchanged(a[0], b[0])]
        even, odd = merged(a[::2], b[::2]), merged(a[1::2], b[1::2])
        pairs = [exchanged(*pair) for pair in zip(odd, even[1:], strict=False)]
        return [even[0], *chain(*pairs), *odd[len(pairs) :], *even[len(pairs) + 1 :]]

    order = merged(range(one), range(one, sketch.inputs))
    return sketch.finished([order[place] for place in places])


def _choices(sketch: _Sketch, one: int, places: range) -> Merging:
    """Each place by itself: of all ways to take so many from the two hands, the one whose largest is the smallest."""
    results = []
    for place in places:
        ways = range(max(0, place + 1 - (sketch.inputs - one)), min(place + 1, one) + 1)
        largest = [
            _largest(sketch, [few - 1] * (few > 0) + [one + place - few] * (few <= place))
            for few in ways
        ]
        while len(largest) > 1:
            largest[:2] = [sketch.call("minimum", *largest[:2])]
        results += largest
    return sketch.finished(results)


def _largest(sketch: _Sketch, lines: list[int]) -> int:
    return sketch.call("maximum", *lines) if len(lines) == 2 else lines[0]

"""Minima and maxima of lines as calls in turn, numbered as the extension takes them.

A line holds one value for each window, or for each pixel that a window may begin at.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

# Kinds of calls, numbered as in `_select.h`:
SMALLER = 0  # min(a, b)
LARGER = 1  # max(a, b)
BOTH = 2  # min(a, b) and max(a, b)
THREE = 3  # a, b, c in order
MEDIAN = 4  # the middle of a, b, c
CHAIN = 5  # CHAIN + 2 * f + g is g(f(a, b), c), where f and g are SMALLER or LARGER
NINE = 9  # the median of a, b and c here and at the next two pixels; the plain backend has none
INPUTS = {SMALLER: 2, LARGER: 2, BOTH: 2}  # the others read three lines
OUTPUTS = {BOTH: 2, THREE: 3}  # the others write one line
ONE_OUTPUT = {  # the call that gives one of the outputs alone
    (BOTH, 0): SMALLER,
    (BOTH, 1): LARGER,
    (THREE, 0): CHAIN + 2 * SMALLER + SMALLER,
    (THREE, 1): MEDIAN,
    (THREE, 2): CHAIN + 2 * LARGER + LARGER,
}


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

    calls: tuple[Call, ...]
    results: tuple[int, ...]

    @property
    def rows(self) -> list[tuple[int, ...]]:
        """The calls as rows (kind, a, ahead, b, ahead, c, ahead, out, out, out).

        A kind with fewer lines repeats its first.
        """
        return [
            (kind, *chain(*(*lines, lines[0])[:3]), *(outs + outs[:1] * 2)[:3])
            for kind, lines, outs in self.calls
        ]

    @property
    def cost(self) -> int:
        """How many lines are read and, which takes twice as long, written."""
        return sum(len(call.lines) + 2 * len(call.outs) for call in self.calls)

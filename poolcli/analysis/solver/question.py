"""Answers to "which step makes this size of that": steps as text, and what is near where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from poolcli.analysis.solver.window_search import ENDS, Answer, Wanted, repeated, search
from poolcli.engine.windows.place import AXIS_NAMES, per_axis
from poolcli.errors import RequestError, ShapeError
from poolcli.maps.frame import Padding, Size
from poolcli.maps.layout import shape_words
from poolcli.pipeline.parser import step


@dataclass(frozen=True)
class Question:
    """Pixels and cells on each axis, and the options that are fixed (None: any)."""

    length: Size
    cells: Size
    kernel: Size | None = None
    stride: Size | None = None
    padding: Padding | None = None
    dilation: Size = (1,)
    ceil_mode: bool | None = None
    steps: int = 1
    limit: int = 10

    @property
    def ends(self) -> tuple[str, ...]:
        """How windows may end."""
        if isinstance(self.padding, str) and self.padding != "valid":
            return (self.padding,)
        if self.ceil_mode is not None:
            return ("ceil",) if self.ceil_mode else ("floor",)
        return ENDS if self.padding is None else ENDS[:2]

    def wanted(self, cells: Size) -> list[Wanted]:
        """The axes, each by itself."""
        count = len(self.length)
        if len(cells) not in (1, count) or count > len(AXIS_NAMES):
            raise RequestError(
                f"--input {shape_words(self.length)} has {count} axes, and --output {shape_words(cells)}"
                f" {len(cells)}: give both as many, up to {len(AXIS_NAMES)}"
            )
        fixed = [self._spread(name) for name in ("kernel", "stride", "padding", "dilation")]
        return [
            Wanted(*axis)
            for axis in zip(self.length, per_axis("output", cells, count), *fixed, strict=True)
        ]

    def _spread(self, name: str) -> Sequence[Any]:
        """An option along each axis."""
        value = getattr(self, name)
        if name == "padding":
            value = (
                None
                if value in ("same", "same-lower")
                else ((0, 0),)
                if value == "valid"
                else value
            )
            if value and any(begin != end for begin, end in value):
                raise RequestError(
                    "--padding: both ends get the same here: give 1, 1x2, same or valid"
                )
            value = value and tuple(begin for begin, _ in value)
        return (
            [None] * len(self.length) if value is None else per_axis(name, value, len(self.length))
        )


def solve(question: Question) -> list[tuple[Answer, ...]]:
    """The windows of each step; ShapeError, with the sizes nearby, where there are none.

    >>> [line.kernel for (line,), in solve(Question((224,), (7,), limit=2))]
    [32, 33]
    """
    found = _found(question, question.cells)
    if not found:
        near = [words for step in (-1, 1) if (words := _near(question, step))]
        cure = f"the nearest that they can make: {' and '.join(near)}" if near else "free an option"
        raise ShapeError(
            f"no such windows make {shape_words(question.cells)} of {shape_words(question.length)}: "
            f"{cure}; or give --adaptive {shape_words(question.cells)}"
        )
    return found


def _found(question: Question, cells: Size) -> list[tuple[Answer, ...]]:
    wanted = question.wanted(cells)
    if question.steps > 1:
        return repeated(wanted, question.ends, question.steps, question.limit)
    return [(answer,) for answer in search(wanted, question.ends, question.limit)]


def _near(question: Question, step: int) -> str:
    """The next size that windows make, smaller or larger on all axes."""
    one = replace(question, limit=1)
    cells = tuple(each.cells for each in question.wanted(question.cells))
    for by in range(step, step * max(*question.length, *cells) + step, step):
        there = tuple(cell + by for cell in cells)
        if min(there) >= 1 and _found(one, there):
            return shape_words(there)
    return ""


def written(op: str, steps: Sequence[Answer]) -> str:
    """The steps as text for `poolcli run`.

    >>> written("avg", solve(Question((112,), (56,), kernel=(3,)))[0])
    'avg -k 3 -s 2 -p 1'
    """
    lines = steps[0]
    options = {
        "kernel": _alike([line.kernel for line in lines]),
        "stride": _alike([line.stride for line in lines]),
        "dilation": _alike([line.dilation for line in lines]),
        "padding": lines[0].padding_word
        or _alike([(line.padding, line.padding) for line in lines]),
        "ceil_mode": lines[0].end == "ceil",
    }
    return " | ".join([str(step(op, options))] * len(steps))


def _alike(numbers: list[Any]) -> tuple[Any, ...]:
    """One number where all axes have the same."""
    return tuple(numbers[:1] if len(set(numbers)) == 1 else numbers)

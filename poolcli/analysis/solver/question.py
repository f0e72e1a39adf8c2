"""What `solve` is asked, and its answer: steps as text, or the sizes nearby where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from poolcli.analysis.solver.axis_windows import ENDS, NUMERIC_ENDS, AxisTarget, Solution
from poolcli.analysis.solver.repeated import repeated
from poolcli.analysis.solver.window_search import search
from poolcli.engine.windows.place import AXIS_NAMES, per_axis
from poolcli.errors import RequestError, ShapeError
from poolcli.maps.frame import Padding, Size
from poolcli.maps.layout import shape_words
from poolcli.pipeline.parser import step


@dataclass(frozen=True)
class Question:
    """Pixels and cells along each axis, and the options that are fixed (None: free)."""

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
        """How windows may end: floor, ceil, or same padding."""
        if isinstance(self.padding, str) and self.padding != "valid":
            return (self.padding,)
        if self.ceil_mode is not None:
            return ("ceil",) if self.ceil_mode else ("floor",)
        return ENDS if self.padding is None else NUMERIC_ENDS

    def targets(self, cells: Size) -> list[AxisTarget]:
        """The target of each axis, with these cells; RequestError where sizes do not match."""
        count = len(self.length)
        if len(cells) not in (1, count) or count > len(AXIS_NAMES):
            raise RequestError(
                f"`input` {shape_words(self.length)} has {count} axes, and `output` "
                f"{shape_words(cells)} {len(cells)}: give both as many, up to {len(AXIS_NAMES)}"
            )
        options = (
            self._along_axes("kernel", self.kernel),
            self._along_axes("stride", self.stride),
            self._along_axes("padding", self._padding()),
            self._along_axes("dilation", self.dilation),
        )
        axes = zip(self.length, per_axis("output", cells, count), *options, strict=True)
        return [AxisTarget(*axis) for axis in axes]

    def _along_axes(self, name: str, value: Size | None) -> Sequence[Any]:
        """The value of an option for each axis."""
        count = len(self.length)
        return [None] * count if value is None else per_axis(name, value, count)

    def _padding(self) -> Size | None:
        """The padding at both ends; None where it is free, or a word that `ends` has."""
        if self.padding == "valid":
            return (0,)
        if self.padding is None or isinstance(self.padding, str):
            return None
        if any(begin != end for begin, end in self.padding):
            raise RequestError("`padding`: both ends get the same here: give 1, 1x2, same or valid")
        return tuple(begin for begin, _ in self.padding)


def solve(question: Question) -> list[tuple[Solution, ...]]:
    """The windows of each step, the least wasteful first.

    Raises ShapeError, with the nearest sizes that can be made, where there are none.

    >>> [axis.kernel for (axis,), in solve(Question((224,), (7,), limit=2))]
    [32, 33]
    """
    found = _solutions(question, question.cells)
    if not found:
        near = [size for step in (-1, 1) if (size := _nearest(question, step))]
        cure = f"the nearest that they can make: {' and '.join(near)}" if near else "free an option"
        cells = shape_words(question.cells)
        raise ShapeError(
            f"no such windows make {cells} of {shape_words(question.length)}: "
            f"{cure}; or give `adaptive` {cells}"
        )
    return found


def _solutions(question: Question, cells: Size) -> list[tuple[Solution, ...]]:
    targets = question.targets(cells)
    if question.steps > 1:
        return repeated(targets, question.ends, question.steps, question.limit)
    return [(solution,) for solution in search(targets, question.ends, question.limit)]


def _nearest(question: Question, step: int) -> str:
    """The nearest size that windows make, larger (1) or smaller (-1) along all axes; "" without
    one.
    """
    one = replace(question, limit=1)
    cells = tuple(axis.cells for axis in question.targets(question.cells))
    for by in range(1, max(*question.length, *cells) + 1):
        size = tuple(count + step * by for count in cells)
        if min(size) >= 1 and _solutions(one, size):
            return shape_words(size)
    return ""


def as_text(op: str, steps: Sequence[Solution]) -> str:
    """The steps as text for `poolcli run`.

    >>> as_text("avg", solve(Question((112,), (56,), kernel=(3,)))[0])
    'avg -k 3 -s 2 -p 1'
    """
    axes = steps[0]
    paddings = [(axis.padding, axis.padding) for axis in axes]
    options = {
        "kernel": _one_if_alike([axis.kernel for axis in axes]),
        "stride": _one_if_alike([axis.stride for axis in axes]),
        "dilation": _one_if_alike([axis.dilation for axis in axes]),
        "padding": axes[0].padding_word or _one_if_alike(paddings),
        "ceil_mode": axes[0].end == "ceil",
    }
    return " | ".join([str(step(op, options))] * len(steps))


def _one_if_alike(values: list[Any]) -> tuple[Any, ...]:
    return tuple(values[:1] if len(set(values)) == 1 else values)

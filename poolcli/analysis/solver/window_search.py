"""Which sliding windows make one size of another: kernels, strides and paddings, the least wasteful first.

Windows waste the pixels that two of them share or that lie between them, padding, and what no window reads. Along an
axis, candidates come from the formula of lengths in the order of the first two; the grid that pooling itself uses says
which of them hold, and counts the last.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import islice, product
from math import inf

from poolcli.engine.operations.receptive import reach
from poolcli.engine.windows.sliding import Sliding
from poolcli.errors import ShapeError

ENDS = ("floor", "ceil", "same")  # how windows end at the end of an axis


@dataclass(frozen=True)
class Wanted:
    """What is looked for: `length` pixels in `cells`, an option that is not fixed being None."""

    length: int
    cells: int
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    dilation: int = 1

    @property
    def strides(self) -> range:
        """The strides that can be; one cell needs none, and has its kernel for it."""
        if self.stride:
            return range(self.stride, self.stride + 1)
        return range(1, self.length // max(self.cells - 2, 1) + 1)

    @property
    def pads(self) -> range:
        """The paddings that can be: up to half a kernel, as PyTorch has it."""
        most = (self.kernel or self.length) // 2
        return (
            range(most + 1)
            if self.padding is None
            else range(self.padding, min(self.padding, most) + 1)
        )


@dataclass(frozen=True)
class Window:
    """Windows along one axis, and the pixels they waste. `rank` sorts: of equal waste, unseen pixels are worst."""

    kernel: int
    stride: int
    padding: int
    end: str
    dilation: int = 1
    padded: int = 0
    unseen: int = 0

    @property
    def apart(self) -> int:
        """Pixels that neighbours share (above 0) or that lie between them (below)."""
        return self.dilation * (self.kernel - 1) + 1 - self.stride

    @property
    def rank(self) -> tuple[int, ...]:
        return abs(self.apart) + self.padded + self.unseen, self.unseen, self.padded, self.kernel

    @property
    def padding_word(self) -> str:
        """The padding, where it is a word."""
        return self.end if self.end.startswith("same") else ""

    def place(self, end: str | None = None) -> Sliding:
        """The windows as a place of the engine."""
        line = replace(self, end=end or self.end)
        padding = line.padding_word or ((self.padding, self.padding),)
        return Sliding(
            (self.kernel,), (self.stride,), padding, (self.dilation,), line.end == "ceil"
        )


Answer = tuple[Window, ...]  # a window for each axis


def search(wanted: Sequence[Wanted], ends: Sequence[str], limit: int) -> list[Answer]:
    """The least wasteful windows that make these sizes, at most `limit`; none where no window does.

    >>> [line.kernel for line, in search([Wanted(224, 7)], ["floor"], 3)]
    [32, 33, 32]
    """
    free, alone = "floor" in ends, len(wanted) == 1
    answers = [
        lines
        for end in ends
        for lines in product(*(_best(axis, end, limit, only=free and alone) for axis in wanted))
        if end == "floor" or not free or _differs(lines, wanted)
    ]
    return sorted(answers, key=_rank)[:limit]


def _rank(answer: Answer) -> tuple[int, ...]:
    """The waste of all axes together, floor before ceil before same."""
    total = tuple(map(sum, zip(*(line.rank for line in answer), strict=True)))
    return total[0], total[1], (*ENDS, "same-lower").index(answer[0].end), *total[2:]


def _differs(answer: Answer, wanted: Sequence[Wanted]) -> bool:
    """Whether it makes a difference that windows do not end as they do by themselves."""
    if answer[0].padding_word:
        return any(line.padded for line in answer)
    return any(
        _cells(line, axis.length, "floor") != axis.cells
        for line, axis in zip(answer, wanted, strict=True)
    )


def _cells(line: Window, length: int, end: str | None = None) -> int | None:
    try:
        return line.place(end).grid((length,)).shape[0]
    except ShapeError:
        return None


def _best(axis: Wanted, end: str, limit: int, *, only: bool) -> list[Window]:
    """The best windows of an axis that end like this; `only` those for which it makes a difference."""
    lines = (line for line in _ranked(axis, end) if not only or end in ENDS[:2] or line.padded)
    best = list(islice(lines, limit))
    floors = [] if only or end != "ceil" else _best(axis, "floor", limit, only=True)
    return best + [
        line for each in floors if _cells(line := replace(each, end=end), axis.length) == axis.cells
    ]


def _ranked(axis: Wanted, end: str) -> Iterator[Window]:
    """All windows that make the cells, in order of rank: each waits until none better can come."""
    waiting: list[tuple[tuple[int, ...], int, Window]] = []
    for number, (cost, line) in enumerate(_candidates(axis, end)):
        while waiting and waiting[0][0][0] < cost:
            yield heappop(waiting)[2]
        if _cells(line, axis.length) == axis.cells:
            measured = _measured(line, axis.length)
            heappush(waiting, (measured.rank, number, measured))
    while waiting:
        yield heappop(waiting)[2]


def _measured(line: Window, length: int) -> Window:
    """With what the grid says of its taps outside the map, and of the pixels that it does not see."""
    (axis,) = line.place().grid((length,)).axes
    outside = axis.taps - min(run.size for run in axis.runs)
    return replace(line, padded=outside, unseen=length - len(reach(axis, range(axis.cells))))


def _candidates(axis: Wanted, end: str) -> Iterator[tuple[int, Window]]:
    """Windows whose cells may be right, in the order of what they waste at least, which comes with them."""
    strides = sorted((*_least(axis, stride, end), stride) for stride in axis.strides)
    pads = axis.pads if end in ENDS[:2] else range(1)
    for waste in range(2 * axis.length):
        for least, apart, stride in strides[: bisect(strides, (waste, inf))]:
            for cost in range(apart, waste + 1) if least == waste else (waste,):
                for pad, span in _shapes(axis, stride, pads, cost):
                    line = _window(axis, Window(0, stride, pad, end, axis.dilation), span)
                    if line:
                        yield waste, line


def _shapes(axis: Wanted, stride: int, pads: range, cost: int) -> Iterator[tuple[int, int]]:
    """Paddings, and how long a window is, that cost so much together."""
    if axis.kernel:
        span = axis.dilation * (axis.kernel - 1) + 1
        pad = cost - abs(span - stride)
        yield from [(pad, span)] if pad in pads else []
        return
    for pad in range(pads.start, min(pads.stop, cost + 1)):
        yield from {(pad, stride + cost - pad), (pad, stride - cost + pad)}


def _spans(axis: Wanted, stride: int, end: str) -> range:
    """How long a window is, its padding at both sides taken off, from the formula of lengths."""
    longest = axis.length - (axis.cells - 1) * stride
    if end == "ceil":
        return range(max(longest + 1, 0), longest + stride)
    return range(max(longest - stride + 1, 0), longest + 1)


def _least(axis: Wanted, stride: int, end: str) -> tuple[float, int]:
    """What windows at this distance waste at least: where strides do not meet the length, and between each other."""
    spans = _spans(axis, stride, end)
    fits = -(-axis.length // stride) == axis.cells if end not in ENDS[:2] else spans
    if not fits:
        return inf, 0
    over = axis.cells * stride - axis.length
    apart = (
        0 if end not in ENDS[:2] else max(spans.start - stride, (stride - spans.stop + 2) // 2, 0)
    )
    return max(-over, over // (2 * axis.dilation), apart), apart


def _window(axis: Wanted, line: Window, span: int) -> Window | None:
    """The window this long, if it is one that is looked for."""
    kernel, rest = divmod(span - 1, axis.dilation)
    kernel += 1
    fits = line.padding_word or span - 2 * line.padding in _spans(axis, line.stride, line.end)
    asked = axis.kernel in (None, kernel) and 2 * line.padding <= kernel
    usual = (
        axis.cells > 1 or axis.stride is not None or span == line.stride
    )  # one window is at no distance
    good = not rest and 1 <= span <= axis.length and fits and asked and usual
    return replace(line, kernel=kernel) if good else None


def repeated(
    wanted: Sequence[Wanted], ends: Sequence[str], times: int, limit: int
) -> list[tuple[Answer, ...]]:
    """The least wasteful steps that make these sizes when each comes so many times, the same along all axes.

    >>> [[line.kernel for line, in steps] for steps in repeated([Wanted(224, 56)], ["floor"], 2, 1)]
    [[2, 2]]
    """
    first = wanted[0]
    shrink = max((axis.length / axis.cells) ** (1 / times) for axis in wanted)
    kernels = range(1, 2 * int(shrink) + 4) if first.kernel is None else [first.kernel]
    found = []
    for kernel, stride, end in product(kernels, first.strides[: 2 * int(shrink) + 3], ends):
        for pad in replace(first, kernel=kernel).pads if end in ENDS[:2] else range(1):
            line = Window(kernel, stride, pad, end, first.dilation)
            steps = _chain(line, wanted, times)
            if steps and (
                end == "floor" or "floor" not in ends or any(_differs(*step) for step in steps)
            ):
                found.append(tuple(answer for answer, _ in steps))
    return sorted(found, key=lambda steps: tuple(map(sum, zip(*map(_rank, steps), strict=True))))[
        :limit
    ]


def _chain(
    line: Window, wanted: Sequence[Wanted], times: int
) -> list[tuple[Answer, Sequence[Wanted]]]:
    """The same windows so many times, and what each makes; nothing where they do not end at what is wanted."""
    axes = [Wanted(axis.length, axis.length) for axis in wanted]
    steps: list[tuple[Answer, Sequence[Wanted]]] = []
    for _ in range(times):
        cells = [_cells(line, axis.length) for axis in axes]
        axes = [Wanted(axis.length, cell) for axis, cell in zip(axes, cells, strict=True) if cell]
        if len(axes) < len(wanted):
            return []
        steps.append((tuple(_measured(line, axis.length) for axis in axes), axes))
        axes = [Wanted(axis.cells, axis.cells) for axis in axes]
    return steps if [axis.cells for axis in axes] == [axis.cells for axis in wanted] else []

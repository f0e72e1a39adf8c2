"""Candidates for the windows of one axis, in the order of what they waste, from the formula of
lengths.

With n cells at stride s, windows of span w and padding p cover (n - 1) s + w - 2p pixels. Under
floor these are at most s - 1 less than the length, under ceil at most s - 1 more.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import replace
from math import inf

from poolcli.analysis.solver.axis_windows import NUMERIC_ENDS, AxisTarget, AxisWindows


def candidates(axis: AxisTarget, end: str) -> Iterator[tuple[int, AxisWindows]]:
    """Windows that may make the cells, each with the least that it wastes, in ascending order."""
    strides = sorted((*_least_waste(axis, stride, end), stride) for stride in axis.strides)
    paddings = axis.paddings if end in NUMERIC_ENDS else range(1)
    for waste in range(2 * axis.length):
        for least, overlap, stride in strides[: bisect(strides, (waste, inf))]:
            # The first time a stride is possible, all smaller wastes of its windows come with it.
            costs = range(overlap, waste + 1) if least == waste else (waste,)
            for cost in costs:
                for padding, span in _paddings_and_spans(axis, stride, paddings, cost):
                    windows = AxisWindows(0, stride, padding, end, axis.dilation)
                    if found := _with_span(axis, windows, span):
                        yield waste, found


def _paddings_and_spans(
    axis: AxisTarget, stride: int, paddings: range, cost: int
) -> Iterator[tuple[int, int]]:
    """Paddings and spans of windows whose padding and overlap add up to this cost."""
    if axis.kernel:
        span = axis.dilation * (axis.kernel - 1) + 1
        padding = cost - abs(span - stride)
        if padding in paddings:
            yield padding, span
        return
    for padding in range(paddings.start, min(paddings.stop, cost + 1)):
        overlap = cost - padding
        yield from {(padding, stride + overlap), (padding, stride - overlap)}


def _clipped_spans(axis: AxisTarget, stride: int, end: str) -> range:
    """The spans that make the cells, without the padding at both sides."""
    longest = axis.length - (axis.cells - 1) * stride
    if end == "ceil":
        return range(max(longest + 1, 0), longest + stride)
    return range(max(longest - stride + 1, 0), longest + 1)


def _least_waste(axis: AxisTarget, stride: int, end: str) -> tuple[float, int]:
    """The least that windows at this stride waste in all, and by overlap; infinite if none fits."""
    over = axis.cells * stride - axis.length  # pixels by which the strides exceed the axis
    if end not in NUMERIC_ENDS:
        fits, overlap = -(-axis.length // stride) == axis.cells, 0
    else:
        spans = _clipped_spans(axis, stride, end)
        fits = bool(spans)
        overlap = max(spans.start - stride, (stride - spans.stop + 2) // 2, 0)
    if not fits:
        return inf, 0
    return max(-over, over // (2 * axis.dilation), overlap), overlap


def _with_span(axis: AxisTarget, windows: AxisWindows, span: int) -> AxisWindows | None:
    """The windows with this span, None where the target does not allow them."""
    gaps, rest = divmod(span - 1, axis.dilation)
    kernel = gaps + 1
    if rest or not 1 <= span <= axis.length or axis.kernel not in (None, kernel):
        return None
    if 2 * windows.padding > kernel:
        return None
    if axis.cells == 1 and axis.stride is None and span != windows.stride:
        return None  # a single window: of all strides that make it, only its own length is listed
    if not windows.padding_word:
        spans = _clipped_spans(axis, windows.stride, windows.end)
        if span - 2 * windows.padding not in spans:
            return None
    return replace(windows, kernel=kernel)

"""Sentences about a window: the pixels that count, the divisor, conversions of values."""

from __future__ import annotations

from collections.abc import Iterator

from poolcli.analysis.explanation.observed_window import ObservedWindow
from poolcli.analysis.explanation.operation_formulas import divisor
from poolcli.engine.operations.srgb import InLinearLight
from poolcli.pipeline.step import Step


def window_notes(window: ObservedWindow, step: Step) -> Iterator[str]:
    """The sentences about a window of this step."""
    yield from _counts(window)
    yield from _divisor(window)
    yield from _min_valid(window)
    if step["normalize"]:
        yield f"values are those of `normalize` {step['normalize']}"
    if isinstance(window.cell.group.operation, InLinearLight):
        yield "values are light from 0 to 1, and the result is put back on the curve of sRGB"


def _counts(window: ObservedWindow) -> Iterator[str]:
    inside, taps = window.size, window.kernel
    if window.shares is None and taps > inside:
        where = "inside the map or its border" if window.has_border else "inside the map"
        yield f"{inside} of the window's {taps} taps are {where}"
    if repeated := inside - window.inside_map:
        edges = ":".join(map(str, window.step["border"]))
        yield f"{repeated} of the {inside} pixels are those of `border` {edges}"
    if window.valid is not None and not window.valid_taps.all():
        yield f"{int(window.valid_taps.sum())} of {inside} pixels are valid"
    if window.is_area:
        yield f"pixels count by the area of them that is inside, {window.count:g} in all"
    elif window.counted_weights is not None:
        yield f"pixels count by their alpha, {window.count} in all"


def _divisor(window: ObservedWindow) -> Iterator[str]:
    step, number = window.step, divisor(window)
    if step.op.name != "avg" or number == window.count or step["emit"]:
        return
    with_padding = f"{window.count} and {window.padding} of the padding"
    yield f"n = {number:g}: {'`divisor`' if step['divisor'] else with_padding}"


def _min_valid(window: ObservedWindow) -> Iterator[str]:
    least, valid = window.step["min_valid"], window.valid
    if least is not None and valid is not None:
        share = f"{window.valid_taps.mean():.0%} of the pixels are valid"
        yield f"{share}, and `min_valid` asks for {least:.0%}"

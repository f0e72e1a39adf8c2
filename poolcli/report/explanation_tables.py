"""The explanation of a number as tables and lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, TextIO, TypeVar

from poolcli.errors import in_flags, plain
from poolcli.maps.layout import shape_words, space_letters
from poolcli.report.text_table import write_table

if TYPE_CHECKING:
    from poolcli.analysis.explanation.explanation import Explanation
    from poolcli.analysis.explanation.observed_window import ObservedWindow
    from poolcli.analysis.explanation.tracing import TracedRegion
    from poolcli.maps.feature_map import Form

T = TypeVar("T")

MOST = 9  # rows and columns of values that fit a terminal of 80 columns
AT_START, AT_END = 6, 2  # those that are shown of more
OMITTED = "..."
NO_TAP = "."  # the value of a tap that is not in a footprint


def write_explanation(name: str, explanation: Explanation, stream: TextIO) -> None:
    """Write the number, what each step reads, the window of the last step, and the formula."""
    output = explanation.output
    position = _with_letters(output.layout, explanation.index)
    stream.write(f"{plain(name)}: {plain(' | '.join(map(str, explanation.steps)))}\n")
    stream.write(
        f"{position} of {shape_words(output.shape)} {output.dtype} = {explanation.value!s}\n\n"
    )
    write_table(("step", "input", "reads"), _step_rows(explanation), stream)
    if explanation.window is not None:
        _write_window(explanation, explanation.window, stream)
    for line in _formula_lines(explanation):
        stream.write(line + "\n")


def _write_window(explanation: Explanation, window: ObservedWindow, stream: TextIO) -> None:
    columns = ("axis", "length", "window", "inside", "clipped")
    stream.write("\n")
    write_table(columns, _axis_rows(explanation, window), stream)
    stream.write("\n")
    write_table(*_values_table(explanation, window), stream)


def _formula_lines(explanation: Explanation) -> Iterator[str]:
    """The formula and notes, after those of the branches."""
    for branch in explanation.branches:
        yield f"\n{' | '.join(map(str, branch.steps))} = {branch.value!s}"
        yield from (f"  {line}" for line in _formula_lines(branch) if line)
    yield ""
    if explanation.numbers:
        exact = "" if explanation.exact is None else f" = {_number(explanation.exact)}"
        formula = f"{explanation.formula} = {explanation.numbers}"
        yield f"{formula}{exact}{_rounding(explanation)}"
    if explanation.chosen is not None:
        letters = space_letters(explanation.inputs[-1].layout)
        yield f"chosen: {_with_letters(letters, explanation.chosen)} (*)"
    yield from map(in_flags, explanation.notes())


def _rounding(explanation: Explanation) -> str:
    """How the exact number is rounded to the result's dtype, "" where it is not."""
    dtype, exact = explanation.output.dtype, explanation.exact
    if exact is None or dtype.kind not in "iu" or exact == explanation.value:
        return ""
    return f" → {explanation.value!s} ({dtype}, {explanation.step['round']})"


def _number(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value.is_integer() else f"{value:.7g}"


def _with_letters(letters: str, index: Sequence[int]) -> str:
    return ", ".join(f"{letter} {number}" for letter, number in zip(letters, index, strict=True))


def _step_rows(explanation: Explanation) -> Iterator[tuple[str, ...]]:
    """What is read of each step's input, the last step first."""
    for step, form, region in explanation.traced():
        where = f"{shape_words(form.shape)} {form.layout}"
        yield str(step), where, ", ".join(_region_words(form, region))


def _region_words(form: Form, region: TracedRegion) -> Iterator[str]:
    for letter, number in zip("NC", region.plane, strict=True):
        if number is not None and letter in form.layout:
            yield f"{letter} {number}"
    for letter, axis in zip(space_letters(form.layout), region.axes, strict=True):
        if not len(axis):
            yield f"{letter} nothing"
            continue
        first, stop = int(axis[0]), int(axis[-1]) + 1
        has_gaps = len(axis) < stop - first
        yield f"{letter} {first}:{stop}" + (f" ({len(axis)} of {stop - first})" * has_gaps)


def _axis_rows(explanation: Explanation, window: ObservedWindow) -> Iterator[tuple[str, ...]]:
    """The window of the last step along each axis, before and after it is clipped to the map."""
    form = explanation.inputs[-1]
    letters = space_letters(form.layout)
    for letter, length, side in zip(letters, form.space, window.sides, strict=True):
        inside = sorted({pixel for pixel in side.pixels if pixel >= 0})
        clipped = 0 if side.shares is not None else side.clipped
        pixels = range(inside[0], inside[-1] + 1, max(side.window.step, 1)) if inside else None
        within = "none" if pixels is None else _slice(pixels)
        yield letter, str(length), _slice(side.window), within, str(clipped)


def _slice(pixels: range) -> str:
    step = f":{pixels.step}" if pixels.step > 1 else ""
    return f"{pixels.start}:{pixels[-1] + 1}{step}"


def _values_table(
    explanation: Explanation, window: ObservedWindow
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The window's values: columns along the last axis, a row for each tap of the others."""
    letters = space_letters(explanation.inputs[-1].layout)
    *outer, last = (list(side.pixels) for side in window.sides)
    columns = _ends(list(range(len(last))))
    taps = _ends(list(product(*(range(len(pixels)) for pixels in outer))))
    corner = f"{','.join(letters[:-1])}\\{letters[-1]}" if outer else letters
    heads = [corner, *(OMITTED if at is None else _pixel_name(last[at]) for at in columns)]
    rows = []
    for tap in taps:
        row = [_row_name(outer, tap)]
        for column in columns:
            if tap is None or column is None:
                row.append(OMITTED)
            else:
                row.append(_value(explanation, window, (*tap, column)))
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple(heads), [tuple(map(str.rjust, row, widths)) for row in rows]


def _row_name(outer: Sequence[Sequence[int]], tap: tuple[int, ...] | None) -> str:
    if tap is None:
        return OMITTED
    return ",".join(_pixel_name(pixels[at]) for pixels, at in zip(outer, tap, strict=True))


def _pixel_name(number: int) -> str:
    """The number of a pixel; one of a constant border has none."""
    return str(number) if number >= 0 else "-"


def _ends(items: list[T]) -> list[T | None]:
    """All of a few items; of more the first and the last, and None for those between."""
    return [*items] if len(items) <= MOST else [*items[:AT_START], None, *items[-AT_END:]]


def _value(explanation: Explanation, window: ObservedWindow, tap: tuple[int, ...]) -> str:
    """A value; in brackets where it does not count, with its weight where weights differ."""
    if window.taps is not None and not window.taps[tap]:
        return NO_TAP
    text = _number(float(window.values[tap]))
    if window.weights is not None and window.weights[tap] == 0:
        return f"({text})"
    weights = window.shares
    if weights is None and window.counted_weights is not None:
        weights = window.weights
    weight = "" if weights is None else f" x {_number(float(weights[tap]))}"
    pixel = tuple(side.pixels[at] for side, at in zip(window.sides, tap, strict=True))
    return text + weight + ("*" if pixel == explanation.chosen else "")

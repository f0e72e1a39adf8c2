"""How a number came about, as tables and as a record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, TextIO

from poolcli.errors import plain
from poolcli.maps.layout import shape_words, space_axes
from poolcli.report.show import Record, table

if TYPE_CHECKING:
    from poolcli.analysis.explanation.explanation import Explanation
    from poolcli.analysis.explanation.observed_window import Look
    from poolcli.analysis.explanation.tracing import Region
    from poolcli.maps.feature_map import Form

MOST = 9  # rows and columns of values that are shown; of more, the first and the last


def tell(name: str, told: Explanation, stream: TextIO) -> None:
    """The number, what it is made of step by step, the window of the last step, and the formula."""
    where = _spot(told.output, told.index)
    stream.write(f"{plain(name)}: {plain(' | '.join(map(str, told.steps)))}\n")
    stream.write(
        f"{where} of {shape_words(told.output.shape)} {told.output.dtype} = {told.value!s}\n\n"
    )
    table(("step", "input", "reads"), _way_rows(told), stream)
    if told.look is not None:
        stream.write("\n")
        table(
            ("axis", "length", "window", "inside", "clipped"), _axis_rows(told, told.look), stream
        )
        stream.write("\n")
        table(*_values(told, told.look), stream)
    for line in _lines(told):
        stream.write(line + "\n")


def _lines(told: Explanation) -> Iterator[str]:
    """The formula and what there is to note; those of the branches before."""
    for branch in told.branches:
        yield f"\n{' | '.join(map(str, branch.steps))} = {branch.value!s}"
        yield from (f"  {line}" for line in _lines(branch) if line)
    yield ""
    if told.numbers:
        exact = "" if told.exact is None else f" = {_number(told.exact)}"
        yield f"{told.formula} = {told.numbers}{exact}{_rounded(told)}"
    if told.chosen is not None:
        yield f"chosen: {_space(told.inputs[-1], told.chosen)} (*)"
    yield from told.notes()


def _rounded(told: Explanation) -> str:
    """What the result's type makes of the exact one."""
    if told.exact is None or told.output.dtype.kind not in "iu" or told.exact == told.value:
        return ""
    return f" → {told.value!s} ({told.output.dtype}, {told.step['round']})"


def _number(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value.is_integer() else f"{value:.7g}"


def _spot(form: Form, index: Sequence[int]) -> str:
    return ", ".join(
        f"{letter} {number}" for letter, number in zip(form.layout, index, strict=True)
    )


def _letters(form: Form) -> str:
    return "".join(form.layout[axis] for axis in space_axes(form.layout))


def _space(form: Form, index: Sequence[int]) -> str:
    return ", ".join(
        f"{letter} {number}" for letter, number in zip(_letters(form), index, strict=True)
    )


def _way_rows(told: Explanation) -> Iterator[tuple[str, ...]]:
    """What is read of each step's input, from the last step back to the first."""
    for step, form, region in zip(
        reversed(told.steps), reversed(told.inputs), told.way, strict=True
    ):
        yield str(step), f"{shape_words(form.shape)} {form.layout}", ", ".join(_reads(form, region))


def _reads(form: Form, region: Region) -> Iterator[str]:
    for letter, number in zip("NC", region.plane, strict=True):
        if number is not None and letter in form.layout:
            yield f"{letter} {number}"
    for letter, axis in zip(_letters(form), region.axes, strict=True):
        if not len(axis):
            yield f"{letter} nothing"
            continue
        first, stop = int(axis[0]), int(axis[-1]) + 1
        yield f"{letter} {first}:{stop}" + (
            f" ({len(axis)} of {stop - first})" if len(axis) < stop - first else ""
        )


def _axis_rows(told: Explanation, look: Look) -> Iterator[tuple[str, ...]]:
    """The window of the last step along each axis, before and after it was clipped to the map."""
    form = told.inputs[-1]
    for letter, length, side in zip(_letters(form), form.space, look.sides, strict=True):
        inside = sorted(set(side.pixels))
        clipped = 0 if side.shares is not None else len(side.window) - len(inside)
        whole = range(inside[0], inside[-1] + 1, max(side.window.step, 1))
        yield letter, str(length), _slice(side.window), _slice(whole), str(clipped)


def _slice(line: range) -> str:
    return f"{line.start}:{line[-1] + 1}" + (f":{line.step}" if line.step > 1 else "")


def _values(told: Explanation, look: Look) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The window's values: a column for each pixel of the last axis, a row for each of those before."""
    letters = _letters(told.inputs[-1])
    *outer, last = (list(side.pixels) for side in look.sides)
    columns, rows = (
        _some(range(len(last))),
        _some(list(product(*(range(len(line)) for line in outer)))),
    )
    head = f"{','.join(letters[:-1])}\\{letters[-1]}" if outer else letters
    names = [
        "..."
        if row is None
        else ",".join(str(line[at]) for line, at in zip(outer, row, strict=True))
        for row in rows
    ]
    cells = [
        (
            name,
            *(
                "..." if None in (row, column) else _value(told, look, (*row, column))
                for column in columns
            ),
        )
        for name, row in zip(names, rows, strict=True)
    ]
    names = [head, *("..." if column is None else str(last[column]) for column in columns)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return tuple(names), [tuple(map(str.rjust, row, widths)) for row in cells]


def _some(items: Any) -> list[Any]:
    return list(items) if len(items) <= MOST else [*items[: MOST - 3], None, *items[-2:]]


def _value(told: Explanation, look: Look, tap: tuple[int, ...]) -> str:
    """A value; in brackets where it does not count, with what it weighs where that is not the same for all."""
    text = _number(float(look.values[tap]))
    if look.weights is not None and look.weights[tap] == 0:
        return f"({text})"
    weights = look.weights if look.heavy is not None else None
    weights = look.shares if look.shares is not None else weights
    weight = None if weights is None else weights[tap]
    pixel = tuple(side.pixels[at] for side, at in zip(look.sides, tap, strict=True))
    return (
        text
        + ("" if weight is None else f" x {_number(float(weight))}")
        + ("*" if pixel == told.chosen else "")
    )


def record(name: str, told: Explanation) -> Record:
    """An explanation as JSON gives it."""
    return {
        "input": name,
        "pipeline": " | ".join(map(str, told.steps)),
        "output_shape": list(told.output.shape),
        "output_layout": told.output.layout,
        "output_dtype": str(told.output.dtype),
        "index": list(told.index),
        "value": _json(told.value.item()),
        "formula": told.formula,
        "numbers": told.numbers,
        "exact": _json(told.exact),
        "chosen": None if told.chosen is None else list(told.chosen),
        **_window_record(told, told.look),
        "notes": list(told.notes()),
        "way": list(_way_records(told)),
        "branches": [record(name, branch) for branch in told.branches],
    }


def _window_record(told: Explanation, look: Look | None) -> Record:
    """The window, and its values; None where there is none."""
    if look is None:
        return dict.fromkeys(("count", "padding", "window", "values", "weights", "shares"))
    return {
        "count": look.count,
        "padding": look.padding,
        "window": list(_axis_records(told, look)),
        "values": _json(look.values.tolist()),
        "weights": None if look.weights is None else look.weights.tolist(),
        "shares": None if look.shares is None else look.shares.tolist(),
    }


def _way_records(told: Explanation) -> Iterator[Record]:
    for step, form, region in zip(
        reversed(told.steps), reversed(told.inputs), told.way, strict=True
    ):
        pixels = [_span(axis.tolist()) for axis in region.axes]
        yield {
            "step": str(step),
            "input_shape": list(form.shape),
            "batch": region.batch,
            "channel": region.channel,
            "pixels": pixels,
        }


def _axis_records(told: Explanation, look: Look) -> Iterator[Record]:
    for letter, side in zip(_letters(told.inputs[-1]), look.sides, strict=True):
        yield {
            "axis": letter,
            "start": side.window.start,
            "stop": side.window[-1] + 1,
            "step": side.window.step,
            "pixels": list(side.pixels),
        }


def _span(pixels: list[int]) -> Record:
    """The first and the last pixel that is read, and how many are."""
    return {
        "start": pixels[0] if pixels else 0,
        "stop": pixels[-1] + 1 if pixels else 0,
        "count": len(pixels),
    }


def _json(value: Any) -> Any:
    """A value as JSON has it: NaN and infinities as text."""
    if isinstance(value, list):
        return [_json(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


COLUMNS = ("input", "pipeline", "index", "value", "formula", "numbers", "exact")


def brief(row: Record) -> Record:
    """What CSV has of a record."""
    return {name: row[name] for name in COLUMNS}

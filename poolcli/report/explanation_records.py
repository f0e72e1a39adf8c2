"""The explanation of a number as a record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from poolcli.errors import in_flags
from poolcli.maps.layout import space_letters
from poolcli.report.records import Record

if TYPE_CHECKING:
    from poolcli.analysis.explanation.explanation import Explanation
    from poolcli.analysis.explanation.observed_window import ObservedWindow

CSV_COLUMNS = ("input", "pipeline", "index", "value", "formula", "numbers", "exact")
WINDOW_FIELDS = ("count", "padding", "window", "values", "weights", "shares")


def explanation_record(name: str, explanation: Explanation) -> Record:
    """An explanation as JSON has it, those of branches inside it."""
    return {
        "input": name,
        "pipeline": " | ".join(map(str, explanation.steps)),
        "output_shape": list(explanation.output.shape),
        "output_layout": explanation.output.layout,
        "output_dtype": str(explanation.output.dtype),
        "index": list(explanation.index),
        "value": _json_value(explanation.value.item()),
        "formula": explanation.formula,
        "numbers": explanation.numbers,
        "exact": _json_value(explanation.exact),
        "chosen": None if explanation.chosen is None else list(explanation.chosen),
        **_window_record(explanation, explanation.window),
        "notes": list(map(in_flags, explanation.notes())),
        "way": list(_region_records(explanation)),
        "branches": [explanation_record(name, branch) for branch in explanation.branches],
    }


def flat_explanation(record: Record) -> Record:
    """The fields of a record that CSV has."""
    return {name: record[name] for name in CSV_COLUMNS}


def _window_record(explanation: Explanation, window: ObservedWindow | None) -> Record:
    """The window of the last step and its values; None for each where there is no window."""
    if window is None:
        return dict.fromkeys(WINDOW_FIELDS)
    return {
        "count": window.count,
        "padding": window.padding,
        "window": list(_axis_records(explanation, window)),
        "values": _json_value(window.values.tolist()),
        "weights": None if window.weights is None else window.weights.tolist(),
        "shares": None if window.shares is None else window.shares.tolist(),
    }


def _axis_records(explanation: Explanation, window: ObservedWindow) -> Iterator[Record]:
    letters = space_letters(explanation.inputs[-1].layout)
    for letter, side in zip(letters, window.sides, strict=True):
        yield {
            "axis": letter,
            "start": side.window.start,
            "stop": side.window[-1] + 1,
            "step": side.window.step,
            "pixels": list(side.pixels),
        }


def _region_records(explanation: Explanation) -> Iterator[Record]:
    """The pixels that are read of each step's input, the last step first."""
    for step, form, region in explanation.traced():
        yield {
            "step": str(step),
            "input_shape": list(form.shape),
            "batch": region.batch,
            "channel": region.channel,
            "pixels": [_span(axis.tolist()) for axis in region.axes],
        }


def _span(pixels: list[int]) -> Record:
    """The first pixel that is read, the end of the last one, and their number."""
    return {
        "start": pixels[0] if pixels else 0,
        "stop": pixels[-1] + 1 if pixels else 0,
        "count": len(pixels),
    }


def _json_value(value: Any) -> Any:
    """Numbers that are not finite, which JSON has not, as text."""
    if isinstance(value, list):
        return [_json_value(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

"""Windows that make one size of another, as records and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolcli.maps.layout import shape_words
from poolcli.report.show import Record

if TYPE_CHECKING:
    from poolcli.analysis.solver.window_search import Answer

COLUMNS = ("step", "overlap", "outside", "unseen")


def record(text: str, steps: Sequence[Answer]) -> Record:
    """An answer as JSON gives it: what its first step wastes, a number for each axis."""
    first = steps[0]
    return {
        "step": text,
        "kernel": [line.kernel for line in first],
        "stride": [line.stride for line in first],
        "padding": first[0].padding_word or [line.padding for line in first],
        "ceil_mode": first[0].end == "ceil",
        "overlap": [line.apart for line in first],
        "outside": [line.padded for line in first],
        "unseen": [line.unseen for line in first],
    }


def cells(row: Record) -> tuple[str, ...]:
    """What a table shows of an answer: overlap below 0 is a gap."""
    return row["step"], *(_numbers(row[fact]) for fact in COLUMNS[1:])


def _numbers(numbers: Sequence[int]) -> str:
    return shape_words(numbers[:1] if len(set(numbers)) == 1 else numbers)

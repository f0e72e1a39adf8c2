"""Solutions of `solve` as records and as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolcli.maps.layout import shape_words
from poolcli.report.records import Record

if TYPE_CHECKING:
    from poolcli.analysis.solver.axis_windows import Solution

COLUMNS = ("step", "overlap", "outside", "unseen")


def solution_record(text: str, steps: Sequence[Solution]) -> Record:
    """A solution as JSON has it: what its first step wastes, a number for each axis."""
    axes = steps[0]
    return {
        "step": text,
        "kernel": [axis.kernel for axis in axes],
        "stride": [axis.stride for axis in axes],
        "padding": axes[0].padding_word or [axis.padding for axis in axes],
        "ceil_mode": axes[0].end == "ceil",
        "overlap": [axis.overlap for axis in axes],
        "outside": [axis.outside for axis in axes],
        "unseen": [axis.unseen for axis in axes],
    }


def solution_row(record: Record) -> tuple[str, ...]:
    """The row of a record; an overlap below 0 is a gap between windows."""
    return record["step"], *(_numbers(record[name]) for name in COLUMNS[1:])


def _numbers(numbers: Sequence[int]) -> str:
    """The number of each axis, or one where all are the same."""
    return shape_words(numbers[:1] if len(set(numbers)) == 1 else numbers)

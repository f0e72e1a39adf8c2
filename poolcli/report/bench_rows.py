"""Measurements of poolcli and of other libraries as records and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.report.records import Record, form_record

if TYPE_CHECKING:
    from poolcli.analysis.bench.case import Case
    from poolcli.analysis.bench.measurements import Measurement

COLUMNS = ("step", "by", "ms", "ratio", "MP/s", "agrees")


def bench_records(case: Case, measurements: Sequence[Measurement], pixels: int) -> list[Record]:
    """The measurements of one step as JSON has them."""
    own = next(each.ms for each in measurements if each.by == "poolcli") or 0
    return [
        {
            "step": str(case.step),
            **form_record("input", case.fmap.form),
            "by": each.by,
            "release": each.release,
            "ms": each.ms,
            "ratio": each.ms and each.ms / own,
            "megapixels_per_second": each.ms and pixels / each.ms / 1e3,
            "agrees": each.agrees,
            "part": each.part,
            "note": each.note,
        }
        for each in measurements
    ]


def bench_rows(records: Sequence[Record]) -> Iterator[tuple[str, ...]]:
    """A row for each measurement; libraries with the same note and no time share one."""
    for step, of_step in groupby(records, lambda record: record["step"]):
        title = step  # in the first row of the step only
        for _, group in groupby(of_step, _shared_key):
            first, *more = group
            names = ", ".join([f"{first['by']} {first['release']}", *(each["by"] for each in more)])
            times = (_three_digits(first[key]) for key in ("ms", "ratio", "megapixels_per_second"))
            yield title, names, *times, _agreement(first)
            title = ""


def _shared_key(record: Record) -> str:
    key: str = record["by"] if record["ms"] else record["note"]
    return key


def _agreement(record: Record) -> str:
    words = {True: "yes", False: f"no: {record['note']}", None: record["note"]}[record["agrees"]]
    part = record["part"]
    return plain(words) + (f"; timed on {part:.2%} of the windows" if part < 1 else "")


def _three_digits(number: float | None) -> str:
    """Three digits: medians of repeated runs differ in the third."""
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"

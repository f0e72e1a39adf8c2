"""Telling a comparison: how long each took, and whether it gave the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.report.describe import form_record
from poolcli.report.show import Record

if TYPE_CHECKING:
    from poolcli.analysis.bench.case import Case
    from poolcli.analysis.bench.measurements import Row

COLUMNS = ("step", "by", "ms", "ratio", "MP/s", "agrees")


def bench_records(case: Case, rows: list[Row], pixels: int) -> list[Record]:
    """A step as JSON gives it: a record for each who may do it."""
    own = next(row.ms for row in rows if row.by == "poolcli") or 0
    return [
        {
            "step": str(case.step),
            **form_record("input", case.fmap.form),
            "by": row.by,
            "release": row.release,
            "ms": row.ms,
            "ratio": row.ms and row.ms / own,
            "megapixels_per_second": row.ms and pixels / row.ms / 1e3,
            "agrees": row.agrees,
            "part": row.part,
            "note": row.note,
        }
        for row in rows
    ]


def bench_rows(records: list[Record]) -> Iterator[tuple[str, ...]]:
    """What a table shows: each step is named once, and those that do not do it share a row."""
    for step, all_of_step in groupby(records, lambda each: each["step"]):
        title = step
        for _, group in groupby(
            all_of_step, lambda each: each["by"] if each["ms"] else each["note"]
        ):
            first, *more = group
            who = ", ".join([f"{first['by']} {first['release']}", *(each["by"] for each in more)])
            times = (_digits(first[name]) for name in ("ms", "ratio", "megapixels_per_second"))
            yield title, who, *times, _agrees(first)
            title = ""


def _agrees(row: Record) -> str:
    told = {True: "yes", False: f"no: {row['note']}", None: row["note"]}[row["agrees"]]
    return plain(told) + (f"; timed on {row['part']:.2%} of the windows" if row["part"] < 1 else "")


def _digits(number: float | None) -> str:
    """Three digits are what a median is worth."""
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"

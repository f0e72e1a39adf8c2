"""Differences between frameworks as records and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TextIO

from poolcli.errors import in_flags, plain
from poolcli.maps.layout import shape_words
from poolcli.pipeline.profile import OWN, Cited
from poolcli.pipeline.profiles import PROFILES
from poolcli.report.records import Record, write_records
from poolcli.report.text_table import write_table

if TYPE_CHECKING:
    from poolcli.analysis.comparison.causes import Cause
    from poolcli.analysis.comparison.framework_differences import Difference, FrameworkComparison

COLUMNS = (
    "semantics",
    "of",
    "shape",
    "cells that differ",
    "max |Δ|",
    "first at",
    "values there",
    "rule",
    "source",
)
RULE_COLUMNS = COLUMNS[-2:]


def write_differences(
    style: str, comparisons: Sequence[FrameworkComparison], stream: TextIO
) -> None:
    """Write a table with a heading for each comparison, or the records of all."""
    if style == "table":
        for comparison in comparisons:
            stream.write(_heading(comparison) + "\n")
            write_table(COLUMNS, difference_rows(comparison.differences), stream)
        return
    records = [
        difference_record(comparison, difference)
        for comparison in comparisons
        for difference in comparison.differences
    ]
    write_records(style, stream, list(map(_flat, records)) if style == "csv" else records)


def _heading(comparison: FrameworkComparison) -> str:
    form = comparison.form
    what = f"{plain(comparison.name)}, {shape_words(form.shape)} {form.dtype}"
    return f"{what}: {plain(comparison.pipeline)}"


def difference_record(comparison: FrameworkComparison, difference: Difference) -> Record:
    """What one profile does differently as JSON has it; numbers that are not finite as text."""
    reference_value, value = difference.values or (None, None)
    return {
        "input": comparison.name,
        "pipeline": comparison.pipeline,
        "semantics": difference.profile,
        "reference": difference.reference,
        "of": difference.of,
        "differs": difference.differs,
        "missing": [in_flags(lack.what) for lack in difference.missing],
        "shape": list(difference.shape) if difference.shape else None,
        "cells": difference.size,
        "differing_cells": difference.cells,
        "largest_difference": difference.largest,
        "first_cell": list(difference.first) if difference.first else None,
        "reference_value": _json_number(reference_value),
        "value": _json_number(value),
        "rules": [_cause_record(cause, difference) for cause in difference.causes],
    }


def _cause_record(cause: Cause, difference: Difference) -> Record:
    reference, this = _under(cause, difference)
    return {
        "step": cause.step,
        "rule": in_flags(cause.rule.name),
        "reference": in_flags(reference.does),
        "this": in_flags(this.does),
        "source": _sources(reference, this),
    }


def _under(cause: Cause, difference: Difference) -> tuple[Cited, Cited]:
    """What the reference does under a rule, and what the other profile does."""
    names = difference.reference, difference.profile
    reference, this = (cause.rule.of(PROFILES[name]) for name in names)
    return reference, this


def _sources(*cited: Cited) -> str:
    """Where the rules of frameworks are written."""
    return "; ".join(dict.fromkeys(each.source for each in cited if each.source != OWN))


def _flat(record: Record) -> Record:
    """A record with its lists as text, for CSV."""
    rules = "; ".join(rule["rule"] for rule in record["rules"])
    return {**record, "missing": "; ".join(record["missing"]), "rules": rules}


def difference_rows(differences: Sequence[Difference]) -> Iterator[tuple[str, ...]]:
    """A row for each profile, and one more for each further rule."""
    for difference in differences:
        first, *more = _rules(difference) or [("", "")]
        yield *_facts(difference), *first
        for rule in more:
            yield *[""] * (len(COLUMNS) - len(RULE_COLUMNS)), *rule


def _rules(difference: Difference) -> list[tuple[str, str]]:
    """What is missing, or by which rules the results differ, each with its source."""
    if difference.missing:
        return [(in_flags(lack.what), lack.source) for lack in difference.missing]
    return [_rule(cause, difference) for cause in difference.causes]


def _rule(cause: Cause, difference: Difference) -> tuple[str, str]:
    reference, this = _under(cause, difference)
    step = f"step {cause.step}: " if cause.steps > 1 else ""
    what = f"{cause.rule.name}: {reference.does} / {this.does}"
    return step + in_flags(what), _sources(reference, this)


def _facts(difference: Difference) -> tuple[str, ...]:
    """The cells of a row before the rule."""
    names = difference.profile, difference.of
    if difference.missing:
        return *names, "-", "", "", "", ""
    shape = shape_words(difference.shape or ())
    if difference.profile == difference.reference:
        return *names, shape, "(reference)", "", "", ""
    if difference.cells is None:
        return *names, shape, "another shape", "", "", ""
    cells = f"{difference.cells:,} of {difference.size:,}"
    largest = "" if difference.largest is None else f"{difference.largest:.6g}"
    first = ",".join(map(str, difference.first or ()))
    values = " / ".join(f"{value:.6g}" for value in difference.values or ())
    return *names, shape, cells, largest, first, values


def _json_number(value: float | None) -> float | str | None:
    return value if value is None or isfinite(value) else str(value)

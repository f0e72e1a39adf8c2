"""Describing comparisons: of pipelines on one map, and of one pipeline under several semantics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.describe import form_record
from poolcli.report.show import Record

if TYPE_CHECKING:
    from poolcli.analysis.comparison.framework_differences import Cause, Difference
    from poolcli.analysis.comparison.results import Result
    from poolcli.maps.feature_map import Form

RESULT_COLUMNS = (
    "pipeline",
    "shape",
    "dtype",
    "pool ms",
    "PSNR dB",
    "SSIM",
    "aliased %",
    "shift change %",
)


def result_record(name: str, form: Form, result: Result) -> Record:
    """A pipeline's result as JSON gives it; null for a measure that cannot be taken."""
    return {
        "input": name,
        "pipeline": str(result.pipeline),
        **form_record("input", form),
        **form_record("output", result.output),
        "pool_ms": round(result.ms, 3),
        "psnr_db": _number(result.psnr),
        "ssim": _number(result.ssim),
        "aliased_percent": _number(result.aliased),
        "shift_change_percent": _number(result.shift_change),
    }


def result_rows(name: str, form: Form, results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    """The input, and a row for each pipeline."""
    yield plain(name), shape_words(form.shape), str(form.dtype), "", "", "", "", ""
    for result in results:
        facts = (
            plain(result.pipeline),
            shape_words(result.output.shape),
            str(result.output.dtype),
            f"{result.ms:.1f}",
        )
        yield *facts, *measures(result)


def measures(result: Result) -> tuple[str, str, str, str]:
    """PSNR, SSIM, aliased and shift change as people read them."""
    formats = (
        (result.psnr, ".2f"),
        (result.ssim, ".4f"),
        (result.aliased, ".2f"),
        (result.shift_change, ".2f"),
    )
    psnr, ssim, aliased, change = (
        "-" if isnan(value) else format(value, how) for value, how in formats
    )
    return psnr, ssim, aliased, change


def note(result: Result) -> str:
    """The measures in words, for under a picture."""
    psnr, ssim, aliased, change = measures(result)
    shape = shape_words(result.output.shape)
    return f"{shape}, PSNR {psnr} dB, SSIM {ssim}, aliased {aliased} %, shift change {change} %"


DIFFERENCE_COLUMNS = (
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


def difference_record(name: str, pipeline: str, difference: Difference) -> Record:
    """What a profile does differently as JSON gives it; a number that is none as text."""
    there = difference.values or (None, None)
    return {
        "input": name,
        "pipeline": pipeline,
        "semantics": difference.profile,
        "reference": difference.reference,
        "of": difference.of,
        "differs": difference.differs,
        "missing": [lack.what for lack in difference.missing],
        "shape": list(difference.shape) if difference.shape else None,
        "cells": difference.size,
        "differing_cells": difference.cells,
        "largest_difference": difference.largest,
        "first_cell": list(difference.first) if difference.first else None,
        "reference_value": _told(there[0]),
        "value": _told(there[1]),
        "rules": [_cause_record(cause, difference) for cause in difference.causes],
    }


def flat(record: Record) -> Record:
    """A record of a difference with its lists as text, for CSV."""
    rules = "; ".join(each["rule"] for each in record["rules"])
    return {**record, "missing": "; ".join(record["missing"]), "rules": rules}


def heading(name: str, form: Form, pipeline: str) -> str:
    """What stands above a table of differences."""
    return f"{plain(name)}, {shape_words(form.shape)} {form.dtype}: {plain(pipeline)}"


def difference_rows(told: Sequence[Difference]) -> Iterator[tuple[str, ...]]:
    """A row for each profile, and one for each further rule."""
    for each in told:
        lacks = [(lack.what, lack.source) for lack in each.missing]
        first, *more = lacks or [_cause(cause, each) for cause in each.causes] or [("", "")]
        yield *_facts(each), *first
        yield from (("", "", "", "", "", "", "", *line) for line in more)


def _facts(told: Difference) -> tuple[str, ...]:
    if told.missing:
        return told.profile, told.of, "-", "", "", "", ""
    shape = shape_words(told.shape or ())
    if told.profile == told.reference:
        return told.profile, told.of, shape, "(reference)", "", "", ""
    if told.cells is None:
        return told.profile, told.of, shape, "another shape", "", "", ""
    largest = "" if told.largest is None else f"{told.largest:.6g}"
    first = ",".join(map(str, told.first or ()))
    there = " / ".join(f"{value:.6g}" for value in told.values or ())
    return told.profile, told.of, shape, f"{told.cells:,} of {told.size:,}", largest, first, there


def _cause(cause: Cause, told: Difference) -> tuple[str, str]:
    does = cause.rule.does
    step = f"step {cause.step}: " if cause.steps > 1 else ""
    return (
        f"{step}{cause.rule.name}: {does[told.reference]} / {does[told.profile]}",
        cause.rule.source,
    )


def _cause_record(cause: Cause, told: Difference) -> Record:
    does = cause.rule.does
    mine, theirs = does[told.profile], does[told.reference]
    return {
        "step": cause.step,
        "rule": cause.rule.name,
        "reference": theirs,
        "this": mine,
        "source": cause.rule.source,
    }


def _number(value: float) -> float | str | None:
    return None if isnan(value) else round(value, 6) if isfinite(value) else str(value)


def _told(value: Any) -> Any:
    return value if value is None or isfinite(value) else str(value)

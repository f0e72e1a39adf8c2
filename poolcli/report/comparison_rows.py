"""Results of pipelines on one map as records, as rows of a table, and as captions of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.records import Record, form_record

if TYPE_CHECKING:
    from poolcli.analysis.comparison.results import ComparedMap, PipelineResult

COLUMNS = (
    "pipeline",
    "shape",
    "dtype",
    "pool ms",
    "PSNR dB",
    "SSIM",
    "aliased %",
    "shift change %",
)
_UNDEFINED = "-"


def comparison_records(compared: Sequence[ComparedMap]) -> list[Record]:
    """A record for each result of each map; null for a measure that is not defined."""
    return [_result_record(each, result) for each in compared for result in each.results]


def _result_record(compared: ComparedMap, result: PipelineResult) -> Record:
    return {
        "input": compared.name,
        "pipeline": result.title,
        **form_record("input", compared.form),
        "measured": compared.where or "all",
        **form_record("output", result.output),
        "pool_ms": round(result.ms, 3),
        "psnr_db": _json_number(result.psnr),
        "ssim": _json_number(result.ssim),
        "aliased_percent": _json_number(result.aliased),
        "shift_change_percent": _json_number(result.shift_change),
    }


def comparison_rows(compared: Sequence[ComparedMap]) -> list[tuple[str, ...]]:
    """A row for each map, and below it one for each result."""
    rows: list[tuple[str, ...]] = []
    for each in compared:
        form, where = each.form, f", measured in {each.where}" if each.where else ""
        name = plain(each.name) + where
        rows.append((name, shape_words(form.shape), str(form.dtype), *[""] * 5))
        rows += map(_result_row, each.results)
    return rows


def _result_row(result: PipelineResult) -> tuple[str, ...]:
    shape, dtype = shape_words(result.output.shape), str(result.output.dtype)
    return plain(result.title), shape, dtype, f"{result.ms:.1f}", *_measures(result)


def caption(result: PipelineResult) -> str:
    """The measures of a result in words, for below its picture."""
    forms = ("PSNR {}~dB", "SSIM {}", "aliased {}~%", "shift change {}~%")
    measures = zip(forms, _measures(result), strict=True)
    words = [form.format(value) for form, value in measures if value != _UNDEFINED]
    return ", ".join([shape_words(result.output.shape), *words]).replace("~", "\N{NO-BREAK SPACE}")


def _measures(result: PipelineResult) -> tuple[str, str, str, str]:
    """PSNR, SSIM, aliased and shift change, or `_UNDEFINED`."""
    return (
        _fixed(result.psnr, 2),
        _fixed(result.ssim, 4),
        _fixed(result.aliased, 2),
        _fixed(result.shift_change, 2),
    )


def _fixed(value: float, digits: int) -> str:
    return _UNDEFINED if isnan(value) else f"{value:.{digits}f}"


def _json_number(value: float) -> float | str | None:
    """None for NaN, and infinities as text: JSON has neither."""
    if isnan(value):
        return None
    return round(value, 6) if isfinite(value) else str(value)

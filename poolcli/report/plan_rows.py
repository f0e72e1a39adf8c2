"""The plan of a pipeline as records and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from poolcli.maps.layout import shape_words
from poolcli.report.records import Record, form_record
from poolcli.resources.memory import size_words

if TYPE_CHECKING:
    from fractions import Fraction

    from poolcli.maps.feature_map import Form
    from poolcli.pipeline.step import Stage

    Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # columns and rows

COLUMNS = ("step", "shape", "dtype", "receptive", "jump", "centre", "operations", "memory")
LIMIT_COLUMNS = ("bands", "at once")  # where memory is limited


def plan_records(stages: Sequence[Stage], limited: bool) -> list[Record]:  # noqa: FBT001
    """The stages as JSON has them; with `limited` memory also the bands each is cut into."""
    return [
        {**_stage_record(stage), **(_limit_record(stage) if limited else {})} for stage in stages
    ]


def _stage_record(stage: Stage) -> Record:
    centre = [float(at) for at in stage.centre]
    return {
        "step": str(stage.step),
        **form_record("input", stage.input),
        **form_record("output", stage.output),
        "receptive_field": list(stage.receptive),
        "jump": [float(step) for step in stage.jump],
        "centre": centre,
        "start": [at - (size - 1) / 2 for at, size in zip(centre, stage.receptive, strict=True)],
        "operations": stage.operations,
        "memory_bytes": stage.memory,
    }


def _limit_record(stage: Stage) -> Record:
    return {"bands": stage.load.bands, "at_once_bytes": stage.load.peak}


def plan_table(form: Form, stages: Sequence[Stage], limited: bool) -> Table:  # noqa: FBT001
    """The columns and rows of a table: the input, each stage, and the totals."""
    operations = sum(stage.operations for stage in stages)
    peak = max(stage.memory for stage in stages)
    rows = [
        (f"input ({form.layout})", shape_words(form.shape), str(form.dtype), *[""] * 5),
        *map(_stage_row, stages),
        ("total", *[""] * 5, f"{operations:,}", f"peak {size_words(peak)}"),
    ]
    if not limited:
        return COLUMNS, rows
    peak_at_once = max(stage.load.peak for stage in stages)
    limits = [
        ("", ""),
        *((f"{stage.load.bands:,}", size_words(stage.load.peak)) for stage in stages),
        ("", f"peak {size_words(peak_at_once)}"),
    ]
    return (*COLUMNS, *LIMIT_COLUMNS), [a + b for a, b in zip(rows, limits, strict=True)]


def _stage_row(stage: Stage) -> tuple[str, ...]:
    return (
        str(stage.step),
        shape_words(stage.output.shape),
        str(stage.output.dtype),
        shape_words(stage.receptive),
        "x".join(_numbers(stage.jump)),
        ",".join(_numbers(stage.centre)),
        f"{stage.operations:,}",
        size_words(stage.memory),
    )


def _numbers(numbers: Iterable[Fraction]) -> list[str]:
    return [f"{float(number):g}" for number in numbers]

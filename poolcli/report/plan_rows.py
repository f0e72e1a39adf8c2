"""The plan of a pipeline as records and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from poolcli.maps.layout import shape_words
from poolcli.report.records import Record, form_record
from poolcli.resources.memory import size_words

if TYPE_CHECKING:
    from fractions import Fraction

    from poolcli.maps.feature_map import Form
    from poolcli.pipeline.step import Stage
    from poolcli.run.cell_plan import CellPlan
    from poolcli.run.pyramid_plan import PyramidPlan
    from poolcli.run.region_plan import RegionPlan

    Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # columns and rows

COLUMNS = ("step", "shape", "dtype", "receptive", "jump", "centre", "operations", "memory")
LIMIT_COLUMNS = ("bands", "at once")  # where memory is limited
REGION_COLUMNS = ("regions", "at once")  # where the whole pipeline is cut


class Memory(NamedTuple):
    """Where memory is limited: the regions of the result, if it is made in regions, else None."""

    regions: RegionPlan | PyramidPlan | CellPlan | None


def plan_records(stages: Sequence[Stage], memory: Memory | None) -> list[Record]:
    """The stages as JSON has them; where memory is limited, also how the work is cut."""
    return [{**_stage_record(stage), **_limit_record(stage, memory)} for stage in stages]


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


def _limit_record(stage: Stage, memory: Memory | None) -> Record:
    if memory is None:
        return {}
    if memory.regions is None:
        return {"bands": stage.load.bands, "at_once_bytes": stage.load.peak}
    plan = memory.regions
    return {
        "regions": plan.count,
        "region_shape": list(plan.block),
        "at_once_bytes": plan.at_once,
    }


def plan_table(form: Form, stages: Sequence[Stage], memory: Memory | None) -> Table:
    """The columns and rows of a table: the input, each stage, and the totals."""
    operations = sum(stage.operations for stage in stages)
    peak = max(stage.memory for stage in stages)
    rows = [
        (f"input ({form.layout})", shape_words(form.shape), str(form.dtype), *[""] * 5),
        *map(_stage_row, stages),
        ("total", *[""] * 5, f"{operations:,}", f"peak {size_words(peak)}"),
    ]
    if memory is None:
        return COLUMNS, rows
    if memory.regions is not None:
        return _with_regions(rows, memory.regions)
    peak_at_once = max(stage.load.peak for stage in stages)
    limits = [
        ("", ""),
        *((f"{stage.load.bands:,}", size_words(stage.load.peak)) for stage in stages),
        ("", f"peak {size_words(peak_at_once)}"),
    ]
    return (*COLUMNS, *LIMIT_COLUMNS), [a + b for a, b in zip(rows, limits, strict=True)]


def _with_regions(rows: list[tuple[str, ...]], plan: RegionPlan | PyramidPlan | CellPlan) -> Table:
    """The table with the regions of the result in the row of the last step, and their memory."""
    regions = f"{plan.count:,} of {shape_words(plan.block)}"
    *others, last, total = rows
    steps = [*((*row, "", "") for row in others), (*last, regions, size_words(plan.at_once))]
    return (*COLUMNS, *REGION_COLUMNS), [*steps, (*total, "", "")]


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

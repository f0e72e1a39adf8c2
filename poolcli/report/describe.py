"""Describing: a plan, the table of operations, and files, as records and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.show import Record
from poolcli.resources.memory import here, size_words

if TYPE_CHECKING:
    from poolcli.engine.backend.tasks import Load
    from poolcli.io import Peek
    from poolcli.maps.feature_map import Form
    from poolcli.pipeline.op import Op
    from poolcli.pipeline.step import Stage
    from poolcli.pipeline.window_kinds import WindowKind


def form_record(which: str, form: Form | None) -> Record:
    """A form as JSON gives it, its fields named after which form it is."""
    return {
        f"{which}_shape": list(form.shape) if form else None,
        f"{which}_dtype": str(form.dtype) if form else None,
        f"{which}_layout": form.layout if form else None,
    }


STAGE_COLUMNS = ("step", "shape", "dtype", "receptive", "jump", "centre", "operations", "memory")


def stage_records(stages: Sequence[Stage]) -> list[Record]:
    """The steps of a plan as JSON gives them; where memory is limited, also into how many parts each is cut."""
    return [
        {
            "step": str(stage.step),
            **form_record("input", stage.input),
            **form_record("output", stage.output),
            "receptive_field": list(stage.receptive),
            "jump": [float(step) for step in stage.jump],
            "centre": [float(at) for at in stage.centre],
            "start": [
                float(at) - (size - 1) / 2
                for at, size in zip(stage.centre, stage.receptive, strict=True)
            ],
            "operations": stage.operations,
            "memory_bytes": stage.memory,
            **(
                {"bands": stage.load.bands, "at_once_bytes": stage.load.peak}
                if here().limit
                else {}
            ),
        }
        for stage in stages
    ]


def stage_table(
    form: Form, stages: Sequence[Stage]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns, and the input, a row a step, and the peak of memory."""
    rows: list[tuple[str, ...]] = [
        (f"input ({form.layout})", shape_words(form.shape), str(form.dtype), *[""] * 5)
    ]
    for stage in stages:
        jump, centre = ([f"{float(at):g}" for at in line] for line in (stage.jump, stage.centre))
        facts = (
            shape_words(stage.output.shape),
            str(stage.output.dtype),
            shape_words(stage.receptive),
            "x".join(jump),
        )
        rows.append(
            (
                str(stage.step),
                *facts,
                ",".join(centre),
                f"{stage.operations:,}",
                size_words(stage.memory),
            )
        )
    total, peak = sum(stage.operations for stage in stages), max(stage.memory for stage in stages)
    rows.append(("total", *[""] * 5, f"{total:,}", f"peak {size_words(peak)}"))
    return (
        (STAGE_COLUMNS, rows)
        if here().limit is None
        else _limited(rows, [stage.load for stage in stages])
    )


def _limited(
    rows: list[tuple[str, ...]], loads: Sequence[Load]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table with what a limit of memory comes to."""
    told = [("", ""), *((f"{load.bands:,}", size_words(load.peak)) for load in loads)]
    told.append(("", f"peak {size_words(max(load.peak for load in loads))}"))
    return (*STAGE_COLUMNS, "bands", "at once"), [
        row + more for row, more in zip(rows, told, strict=True)
    ]


def op_record(op: Op) -> Record:
    """A row of the table as JSON gives it."""
    own = " ".join(parameter.flag for parameter in op.parameters)
    return {"name": op.name, "formula": op.formula, "options": own, "source": op.source}


def windows_record(kind: WindowKind) -> Record:
    """A kind of windows as JSON gives it."""
    flags = " ".join(parameter.flag for parameter in kind.parameters)
    return {"name": kind.name, "formula": kind.summary, "options": flags, "source": kind.source}


def cells(row: Record) -> tuple[str, ...]:
    """What a table shows of a row of the table of operations."""
    return row["name"], row["formula"], row["options"], row["source"]


INFO_COLUMNS = ("file", "map", "format", "shape", "layout", "dtype", "mode", "carries")


def info_records(path: Path, peek: Peek) -> list[Record]:
    """A file as JSON gives it: a record for each of its maps."""
    return [
        {
            "file": str(path),
            "map": header.name,
            "format": peek.format,
            "shape": list(header.shape),
            "layout": header.layout,
            "dtype": str(header.dtype),
            "mode": header.mode,
            "palette": header.palette,
            "icc": header.icc,
            "orientation": header.orientation,
            "dpi": list(header.dpi) if header.dpi else None,
            "spacing": [[size, unit] for size, unit in header.spacing],
        }
        for header in peek.maps
    ]


def info_cells(row: Record) -> tuple[str, ...]:
    """What a table shows of a file."""
    carries = [
        f"{row['palette']} colours" if row["palette"] else "",
        "ICC" if row["icc"] else "",
        f"EXIF orientation {row['orientation']}" if row["orientation"] != 1 else "",
        f"{row['dpi'][0]:g} dpi" if row["dpi"] else "",
        " x ".join(f"{size:g} {unit}".strip() for size, unit in row["spacing"]),
    ]
    told = ", ".join(fact for fact in carries if fact)
    facts = (
        row["map"],
        row["format"],
        shape_words(row["shape"]),
        row["layout"],
        row["dtype"],
        row["mode"],
    )
    return plain(row["file"]), *map(plain, facts), told

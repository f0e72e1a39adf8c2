"""Outcomes of a run, and their totals, as records and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.records import Record, form_record
from poolcli.report.totals import PHASES, Totals
from poolcli.run.expand import suffix_words

if TYPE_CHECKING:
    from poolcli.maps.feature_map import Form
    from poolcli.run.outcome import Outcome, StepResult

COLUMNS = ("input", "step", "shape", "dtype", "read ms", "pool ms", "write ms", "output")


def outcome_record(outcome: Outcome) -> Record:
    """An outcome as JSON has it."""
    first = outcome.rows[0].input if outcome.rows else None
    last = outcome.rows[-1].output if outcome.rows else None
    return {
        "input": str(outcome.source),
        "output": str(outcome.target),
        "more_outputs": [str(path) for path in outcome.more],
        "status": outcome.status,
        "pages": outcome.pages,
        **form_record("input", first),
        **form_record("output", last),
        "read_ms": round(outcome.read_ms, 3),
        "pool_ms": round(outcome.pool_ms, 3),
        "write_ms": round(outcome.write_ms, 3),
        "regions": outcome.regions,
        "read_bytes": outcome.read_bytes,
        "written_bytes": outcome.written_bytes,
        "steps": [_step_record(row) for row in outcome.rows],
        "reason": outcome.reason,
        "dropped": list(outcome.dropped),
        "instead_of": outcome.instead_of,
        "saturated": sum(count for _, count in outcome.saturated),
    }


def _step_record(row: StepResult) -> Record:
    return {
        "step": row.step,
        **form_record("input", row.input),
        **form_record("output", row.output),
        "pool_ms": round(row.ms, 3),
    }


def outcome_rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    """A row of a file, and below it a row of each step where there are several."""
    if not outcome.rows:
        reason = f": {plain(outcome.reason)}" if outcome.reason else ""
        yield plain(outcome.source), *[""] * 6, outcome.status + reason
        return
    yield _file_row(outcome)
    if len(outcome.rows) > 1:
        for number, row in enumerate(outcome.rows, start=1):
            yield _step_row(number, row)


def _file_row(outcome: Outcome) -> tuple[str, ...]:
    rows = outcome.rows
    first, last = rows[0].input, rows[-1].output
    pages = f"{outcome.pages} x " if outcome.pages > 1 else ""
    return (
        plain(outcome.source),
        rows[0].step if len(rows) == 1 else f"{len(rows)} steps",
        pages + _shapes(first, last),
        _dtypes(first, last),
        _ms(outcome.read_ms),
        _ms(outcome.pool_ms),
        _ms(outcome.write_ms),
        _target(outcome),
    )


def _step_row(number: int, row: StepResult) -> tuple[str, ...]:
    shapes, dtypes = _shapes(row.input, row.output), _dtypes(row.input, row.output)
    return f"  step {number}", row.step, shapes, dtypes, "", _ms(row.ms), "", ""


def _target(outcome: Outcome) -> str:
    more = f" and {len(outcome.more)} more" if outcome.more else ""
    if outcome.instead_of:
        more += f" (instead of {plain(outcome.instead_of)})"
    if outcome.regions > outcome.pages:
        more += f" ({outcome.regions} regions)"
    if outcome.dropped:
        more += f" (without {plain(', '.join(outcome.dropped))})"
    for dtype, count in outcome.saturated:
        more += f" ({count:,} values cut to the range of {dtype}: a wider --dtype keeps them)"
    status = "" if outcome.status == "done" else f" ({outcome.status})"
    return plain(outcome.target) + more + status


def heading_row(title: str) -> tuple[str, ...]:
    """A row with nothing but a title."""
    return title, *[""] * (len(COLUMNS) - 1)


def totals_row(totals: Totals, *, with_speed: bool) -> tuple[str, ...]:
    """The last row of a table: files, times, and how many ended how."""
    record = totals.record
    counts = [
        f"{record[name]} {name.replace('_', ' ')}"
        for name in (*totals.counts, "not_done", "ignored")
        if record[name]
    ]
    text = ", ".join(counts)
    if totals.ignored:
        text += f" ({plain(suffix_words(totals.ignored))})"
    if with_speed:
        text += ", ".join(filter(None, (f" in {totals.seconds:.1f} s", totals.speed)))
    return f"{totals.files} files", "", "", "", *(_ms(record[phase]) for phase in PHASES), text


def _shapes(before: Form, after: Form) -> str:
    return f"{shape_words(before.shape)} → {shape_words(after.shape)}"


def _dtypes(before: Form, after: Form) -> str:
    return str(after.dtype) if before.dtype == after.dtype else f"{before.dtype} → {after.dtype}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f}"

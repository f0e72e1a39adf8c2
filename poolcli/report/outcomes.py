"""Outcomes: told as they come and at the end, and the exit code they add up to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TextIO

from poolcli.errors import plain
from poolcli.layout import shape_words
from poolcli.report.describe import form_record
from poolcli.report.show import Record, encodable, table, tell, write_json

if TYPE_CHECKING:
    from poolcli.feature_map import Form
    from poolcli.run.work import Outcome, Row

STATUSES = ("done", "planned", "skipped", "failed")
TIMES = ("read_ms", "pool_ms", "write_ms")


def record(outcome: Outcome) -> Record:
    """An outcome as JSON gives it."""
    first, last = (outcome.rows[0].input, outcome.rows[-1].output) if outcome.rows else (None, None)
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
        "steps": [_step(row) for row in outcome.rows],
        "reason": outcome.reason,
    }


def _step(row: Row) -> Record:
    return {
        "step": row.step,
        **form_record("input", row.input),
        **form_record("output", row.output),
        "pool_ms": round(row.ms, 3),
    }


@dataclass
class Report:
    """Listens to outcomes, writes them as asked, and owns the exit code. Pictures go to a stream of theirs."""

    style: str
    stream: TextIO
    pictures: TextIO
    jobs: int
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *_: object) -> None:
        """Also what was done before an interruption is told; where nobody listens any more, the exit code stands."""
        with suppress(BrokenPipeError):
            self.close()

    def add(self, outcome: Outcome) -> None:
        """Take note of an outcome; a failure is told at once, and pictures are shown and not kept."""
        self.outcomes.append(replace(outcome, shown=""))
        if outcome.shown:
            self.pictures.write(encodable(outcome.shown, self.pictures) + "\n")
            self.pictures.flush()
        if outcome.status == "failed":
            sys.stderr.write(f"Error: {plain(outcome.source)}: {plain(outcome.reason)}\n")
        if self.style == "jsonl":
            tell("jsonl", self.stream, [record(outcome)])

    @property
    def exit_code(self) -> int:
        return int(any(outcome.status == "failed" for outcome in self.outcomes))

    def close(self) -> None:
        """Write what is told at the end."""
        if self.style == "json":
            write_json({"files": [record(outcome) for outcome in self.outcomes], "total": self._total()}, self.stream)
        elif self.style == "csv":
            tell("csv", self.stream, [record(outcome) for outcome in self.outcomes])
        elif self.style == "table" and any(outcome.status != "failed" for outcome in self.outcomes):
            self._table()

    def _total(self) -> Record:
        counts = dict.fromkeys(STATUSES, 0)
        for outcome in self.outcomes:
            counts[outcome.status] += 1
        times = {name: round(sum(getattr(each, name) for each in self.outcomes), 3) for name in TIMES}
        return {"files": self.jobs, **counts, "not_done": self.jobs - len(self.outcomes), **times}

    def _table(self) -> None:
        rows = [row for outcome in self.outcomes for row in _table_rows(outcome)]
        total = self._total()
        if self.jobs > 1:
            told = ", ".join(
                f"{total[status]} {status.replace('_', ' ')}" for status in (*STATUSES, "not_done") if total[status]
            )
            times = [_ms(total[name]) for name in TIMES]
            rows.append((f"{total['files']} files", "", "", "", *times, told))
        table(("input", "step", "shape", "dtype", "read ms", "pool ms", "write ms", "output"), rows, self.stream)


def _table_rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    """A row a file; for a pipeline, a row a step below it."""
    name, target = plain(outcome.source), plain(outcome.target)
    if not outcome.rows:
        yield name, "", "", "", "", "", "", outcome.status + (f": {plain(outcome.reason)}" if outcome.reason else "")
        return
    many = len(outcome.rows) > 1
    first, last = outcome.rows[0].input, outcome.rows[-1].output
    step = f"{len(outcome.rows)} steps" if many else outcome.rows[0].step
    pages = f"{outcome.pages} x " if outcome.pages > 1 else ""
    target += f" and {len(outcome.more)} more" if outcome.more else ""
    where = target if outcome.status == "done" else f"{target} ({outcome.status})"
    times = (_ms(outcome.read_ms), _ms(outcome.pool_ms), _ms(outcome.write_ms))
    yield name, step, pages + _change(first, last), _types(first, last), *times, where
    for number, row in enumerate(outcome.rows if many else (), start=1):
        facts = _change(row.input, row.output), _types(row.input, row.output)
        yield f"  step {number}", row.step, *facts, "", _ms(row.ms), "", ""


def _change(before: Form, after: Form) -> str:
    return f"{shape_words(before.shape)} → {shape_words(after.shape)}"


def _types(before: Form, after: Form) -> str:
    return str(after.dtype) if before.dtype == after.dtype else f"{before.dtype} → {after.dtype}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f}"

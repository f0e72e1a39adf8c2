"""How outcomes are told: each style writes them as they come, and their total at the end."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from heapq import nlargest
from typing import TYPE_CHECKING, TextIO

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.describe import form_record
from poolcli.report.show import Record, flat, table

if TYPE_CHECKING:
    from poolcli.maps.feature_map import Form
    from poolcli.report.run_report import Total
    from poolcli.run.outcome import Outcome, StepResult

TIMES = ("read_ms", "pool_ms", "write_ms")
FEW = 40  # files that a table shows one by one
SLOWEST = 5


class Silent:
    """Hears every outcome, and the end; tells nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, outcome: Outcome) -> None:
        """Take note of an outcome."""

    def end(self, total: Total) -> None:
        """Write what is told at the end."""


class Lines(Silent):
    """A line of JSON for each file, at once."""

    def add(self, outcome: Outcome) -> None:
        print(json.dumps(record(outcome)), file=self._stream, flush=True)


class Json(Silent):
    """One document with a line for each file, and their total."""

    _before = '{\n  "files": [\n    '

    def add(self, outcome: Outcome) -> None:
        self._stream.write(self._before + json.dumps(record(outcome)))
        self._before = ",\n    "

    def end(self, total: Total) -> None:
        before = self._before if not total.told else "\n  "
        self._stream.write(f'{before}],\n  "total": {json.dumps(total.record)}\n}}\n')


class Csv(Silent):
    """A line for each file, under the names of its fields."""

    _writer: csv.DictWriter[str] | None = None

    def add(self, outcome: Outcome) -> None:
        told = flat(record(outcome))
        if self._writer is None:
            self._writer = csv.DictWriter(self._stream, list(told), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow(told)


class Table(Silent):
    """A row a file and one for all; of many files those that took longest, those that failed, and all."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._few: list[Outcome] = []
        self._failed: list[Outcome] = []
        self._slow: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        if len(self._few) <= FEW:
            self._few.append(outcome)
        if outcome.status == "failed":
            self._failed.append(outcome)
        elif outcome.rows:
            self._slow = nlargest(SLOWEST, [*self._slow, outcome], key=_ms_in_all)

    def end(self, total: Total) -> None:
        if total.told == total.failed:
            return
        parts = (
            {"": self._few}
            if total.told <= FEW
            else {"slowest:": self._slow, "failed:": self._failed}
        )
        rows = [row for title, part in parts.items() if part for row in _part(title, part)]
        if total.files > 1:
            rows.append(_sum(total))
        table(
            ("input", "step", "shape", "dtype", "read ms", "pool ms", "write ms", "output"),
            rows,
            self._stream,
        )


STYLES = {"table": Table, "json": Json, "jsonl": Lines, "csv": Csv, "none": Silent}


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


def _step(row: StepResult) -> Record:
    return {
        "step": row.step,
        **form_record("input", row.input),
        **form_record("output", row.output),
        "pool_ms": round(row.ms, 3),
    }


def _ms_in_all(outcome: Outcome) -> float:
    return outcome.read_ms + outcome.pool_ms + outcome.write_ms


def _part(title: str, outcomes: list[Outcome]) -> Iterator[tuple[str, ...]]:
    if title:
        yield title, *[""] * 7
    for outcome in outcomes:
        yield from _rows(outcome)


def _sum(total: Total) -> tuple[str, ...]:
    record = total.record
    told = [
        f"{record[name]} {name.replace('_', ' ')}"
        for name in (*total.counts, "not_done")
        if record[name]
    ]
    speed = (
        ", ".join(filter(None, (f" in {total.seconds:.1f} s", total.speed)))
        if total.told > FEW
        else ""
    )
    return (
        f"{total.files} files",
        "",
        "",
        "",
        *(_ms(record[name]) for name in TIMES),
        ", ".join(told) + speed,
    )


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    """A row a file; for a pipeline, a row a step below it."""
    name, target = plain(outcome.source), plain(outcome.target)
    if not outcome.rows:
        yield (
            name,
            "",
            "",
            "",
            "",
            "",
            "",
            outcome.status + (f": {plain(outcome.reason)}" if outcome.reason else ""),
        )
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

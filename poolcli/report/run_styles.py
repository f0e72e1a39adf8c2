"""The styles of a run's report: each writes outcomes as they come, and their totals at the end."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from typing import TYPE_CHECKING, TextIO

from poolcli.report.outcome_rows import (
    COLUMNS,
    heading_row,
    outcome_record,
    outcome_rows,
    totals_row,
)
from poolcli.report.records import flat, json_text
from poolcli.report.text_table import write_table

if TYPE_CHECKING:
    import csv

    from poolcli.report.totals import Totals
    from poolcli.run.outcome import Outcome

FEW = 40  # files of which a table has every row; about a screen
SLOWEST = 5  # rows of the slowest files, where a table does not have every row


class SilentStyle:
    """Writes nothing; the base of the others."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, outcome: Outcome) -> None:
        """Take an outcome."""

    def end(self, totals: Totals) -> None:
        """Write what comes after the outcomes."""


class JsonLinesStyle(SilentStyle):
    """A line of JSON for each file."""

    def add(self, outcome: Outcome) -> None:
        print(json_text(outcome_record(outcome)), file=self._stream, flush=True)


class JsonStyle(SilentStyle):
    """One JSON document, a line for each file, and their totals."""

    _separator = '{\n  "files": [\n    '

    def add(self, outcome: Outcome) -> None:
        self._stream.write(self._separator + json_text(outcome_record(outcome)))
        self._separator = ",\n    "

    def end(self, totals: Totals) -> None:
        before = "\n  " if totals.finished else self._separator
        self._stream.write(f'{before}],\n  "total": {json_text(totals.record)}\n}}\n')


class CsvStyle(SilentStyle):
    """A header, and a line for each file."""

    _writer: csv.DictWriter[str] | None = None

    def add(self, outcome: Outcome) -> None:
        import csv  # here, as tables need none

        record = flat(outcome_record(outcome))
        if self._writer is None:
            self._writer = csv.DictWriter(self._stream, list(record), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow(record)


class TableStyle(SilentStyle):
    """Rows of the files, of many only of the slowest and the failed ones, and the totals."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._first: list[Outcome] = []
        self._failed: list[Outcome] = []
        self._slowest: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        if len(self._first) <= FEW:
            self._first.append(outcome)
        if outcome.status == "failed":
            self._failed.append(outcome)
        elif outcome.rows:
            self._slowest = nlargest(SLOWEST, [*self._slowest, outcome], key=_total_ms)

    def end(self, totals: Totals) -> None:
        if totals.finished == totals.failed:
            return  # every failure is on stderr
        rows = list(self._rows(totals))
        if totals.files > 1 or totals.ignored:
            rows.append(totals_row(totals, with_speed=totals.finished > FEW))
        write_table(COLUMNS, rows, self._stream)

    def _rows(self, totals: Totals) -> Iterator[tuple[str, ...]]:
        if totals.finished <= FEW:
            yield from _rows_of(self._first)
            return
        for title, outcomes in (("slowest:", self._slowest), ("failed:", self._failed)):
            if outcomes:
                yield heading_row(title)
                yield from _rows_of(outcomes)


def _rows_of(outcomes: list[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        yield from outcome_rows(outcome)


def _total_ms(outcome: Outcome) -> float:
    return outcome.read_ms + outcome.pool_ms + outcome.write_ms


STYLES = {
    "table": TableStyle,
    "json": JsonStyle,
    "jsonl": JsonLinesStyle,
    "csv": CsvStyle,
    "none": SilentStyle,
}

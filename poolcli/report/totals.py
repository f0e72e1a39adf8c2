"""What the outcomes of a run add up to."""

from __future__ import annotations

import time
from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from poolcli.report.records import Record

if TYPE_CHECKING:
    from poolcli.run.outcome import Outcome

PHASES = ("read_ms", "pool_ms", "write_ms")
STATUSES = ("done", "planned", "skipped", "failed")


class Totals:
    """Counts and times of the outcomes so far, out of so many files.

    `ignored` counts what the folders hold besides, by suffix: files of no known kind.
    """

    def __init__(self, files: int, ignored: Counter[str] | None = None) -> None:
        self.files = files
        self.ignored: Counter[str] = ignored or Counter()
        self.finished = 0
        self.counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        self._times = dict.fromkeys(PHASES, 0.0)
        self._pixels = 0
        self._start = time.perf_counter()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.finished += 1
        self.counts[outcome.status] += 1
        for phase in PHASES:
            self._times[phase] += getattr(outcome, phase)
        if outcome.rows:
            frame = outcome.rows[0].input.frame
            self._pixels += prod(frame.space) * (frame.batch or 1) * outcome.pages

    @property
    def failed(self) -> int:
        """The number of files that failed."""
        return self.counts["failed"]

    @property
    def seconds(self) -> float:
        """The time since the run began."""
        return time.perf_counter() - self._start

    @property
    def speed(self) -> str:
        """Megapixels of input a second, "" where none was read."""
        return f"{self._pixels / 1e6 / max(self.seconds, 1e-6):.1f} MP/s" if self._pixels else ""

    @property
    def record(self) -> Record:
        """The totals as JSON has them."""
        times = {phase: round(ms, 3) for phase, ms in self._times.items()}
        return {
            "files": self.files,
            **self.counts,
            "not_done": self.files - self.finished,
            "ignored": self.ignored.total(),
            **times,
        }

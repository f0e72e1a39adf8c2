"""Outcomes: what they add up to, and the exit code; how they are told is a matter of style."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, TextIO

from poolcli.errors import plain
from poolcli.report.run_styles import STYLES, TIMES
from poolcli.report.show import Record, encodable

if TYPE_CHECKING:
    from poolcli.run.outcome import Outcome


class Total:
    """What the outcomes of a run add up to."""

    def __init__(self, files: int) -> None:
        self.files, self.told, self._pixels = files, 0, 0
        self._start = time.perf_counter()
        self.counts: dict[str, int] = dict.fromkeys(("done", "planned", "skipped", "failed"), 0)
        self._times = dict.fromkeys(TIMES, 0.0)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.told += 1
        self.counts[outcome.status] += 1
        for name in TIMES:
            self._times[name] += getattr(outcome, name)
        if outcome.rows:
            frame = outcome.rows[0].input.frame
            self._pixels += prod(frame.space) * (frame.batch or 1) * outcome.pages

    @property
    def failed(self) -> int:
        """How many files failed."""
        return self.counts["failed"]

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.perf_counter() - self._start

    @property
    def speed(self) -> str:
        """How much was read and pooled in a second; nothing where nothing was."""
        return f"{self._pixels / 1e6 / max(self.seconds, 1e-6):.1f} MP/s" if self._pixels else ""

    @property
    def record(self) -> Record:
        """The sums as JSON gives them."""
        times = {name: round(each, 3) for name, each in self._times.items()}
        return {"files": self.files, **self.counts, "not_done": self.files - self.told, **times}


class Report:
    """Listens to outcomes, writes them as asked, and owns the exit code. Pictures go to a stream of theirs."""

    def __init__(self, style: str, stream: TextIO, pictures: TextIO, files: int) -> None:
        self.total = Total(files)
        self._style = STYLES[style](stream)
        self._pictures = pictures

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *_: object) -> None:
        """Also what was done before an interruption is told; where nobody listens any more, the exit code stands."""
        with suppress(BrokenPipeError):
            self._style.end(self.total)

    def add(self, outcome: Outcome) -> None:
        """Take note of an outcome; a failure is told at once, and pictures are shown and not kept."""
        self.total.add(outcome)
        if outcome.shown:
            self._pictures.write(encodable(outcome.shown, self._pictures) + "\n")
            self._pictures.flush()
        if outcome.status == "failed":
            sys.stderr.write(f"Error: {plain(outcome.source)}: {plain(outcome.reason)}\n")
        self._style.add(outcome._replace(shown=""))

    @property
    def exit_code(self) -> int:
        return int(self.total.failed > 0)

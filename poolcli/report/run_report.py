"""The report of a run: takes its outcomes, writes them in a style, and knows the exit code."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from poolcli.errors import plain
from poolcli.report.encoding import encodable
from poolcli.report.run_styles import STYLES

if TYPE_CHECKING:
    from poolcli.report.totals import Totals
    from poolcli.run.outcome import Outcome


class RunReport:
    """Write outcomes to a stream, pictures to another one, and failures to stderr."""

    def __init__(self, style: str, stream: TextIO, pictures: TextIO, totals: Totals) -> None:
        self.totals = totals
        self._style = STYLES[style](stream)
        self._is_silent = style == "none"
        self._pictures = pictures

    def __enter__(self) -> RunReport:
        return self

    def __exit__(self, *_: object) -> None:
        """End the report, also after an interruption; a closed pipe leaves only the exit code."""
        with suppress(BrokenPipeError):
            self._style.end(self.totals)

    def add(self, outcome: Outcome) -> None:
        """Report an outcome. A picture is shown at once, and not held until the end."""
        self.totals.add(outcome)
        if outcome.shown:
            self._pictures.write(encodable(outcome.shown, self._pictures) + "\n")
            self._pictures.flush()
        if outcome.status == "failed":
            sys.stderr.write(f"Error: {plain(outcome.source)}: {plain(outcome.reason)}\n")
        elif outcome.warning and not self._is_silent:
            sys.stderr.write(f"Warning: {plain(outcome.source)}: {outcome.warning}\n")
        self._style.add(outcome._replace(shown=""))

    @property
    def failed(self) -> bool:
        """Whether a file has failed so far."""
        return self.totals.failed > 0

    @property
    def exit_code(self) -> int:
        return int(self.failed)

"""Progress bars on stderr, where it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolcli.report.totals import Totals

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def progress_bar(totals: Totals, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show the bar of a run, if there are several files; call the result to update it."""
    if not (shown and totals.files > 1 and sys.stderr.isatty()):
        yield lambda: None
        return
    with _bar("pooling") as bar:
        task = bar.add_task("", total=totals.files, speed="", failed="")

        def update() -> None:
            failed = f"{totals.failed} failed" if totals.failed else ""
            bar.update(task, completed=totals.finished, speed=totals.speed, failed=failed)

        yield update


@contextmanager
def counting_bar(what: str, total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a bar of so many things to do; call the result after each."""
    if not (shown and sys.stderr.isatty()):
        yield lambda: None
        return
    with _bar(what) as bar:
        task = bar.add_task("", total=total, speed="", failed="")
        yield lambda: bar.update(task, advance=1)


def _bar(what: str) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(what),
        BarColumn(None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("[red]{task.fields[failed]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=4)

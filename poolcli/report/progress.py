"""The progress bar of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from poolcli.report.totals import Totals


@contextmanager
def progress_bar(totals: Totals, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a bar on stderr, if it is a terminal and there are several files; call the result to
    update it.
    """
    if not (shown and totals.files > 1 and sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("pooling"),
        BarColumn(None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("[red]{task.fields[failed]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, expand=True, refresh_per_second=4
    ) as bar:
        task = bar.add_task("", total=totals.files, speed="", failed="")

        def update() -> None:
            failed = f"{totals.failed} failed" if totals.failed else ""
            bar.update(task, completed=totals.finished, speed=totals.speed, failed=failed)

        yield update

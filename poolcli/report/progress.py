"""Progress bars on stderr, where it is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from poolcli.report.totals import Totals

if TYPE_CHECKING:
    from rich.progress import Progress

    from poolcli.run.region_progress import RegionsSoFar


@contextmanager
def progress_bar(totals: Totals, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show the bar of a run; call the result to update it.

    It is of files where there are several, else of the regions of a large array.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda: None
        return
    from poolcli.run.region_progress import listening

    with ExitStack() as stack:
        bar = _FileBar(totals, stack) if totals.files > 1 else _RegionBar(stack)
        stack.enter_context(listening(bar.show_regions))
        yield bar.update


class _FileBar:
    """A bar of files, with how far the large array is that was told of last."""

    def __init__(self, totals: Totals, stack: ExitStack) -> None:
        self._totals = totals
        self._bar = stack.enter_context(_bar("pooling"))
        self._task = self._bar.add_task("", total=totals.files, speed="", failed="")

    def update(self) -> None:
        """Show the files that are done."""
        totals = self._totals
        failed = f"{totals.failed} failed" if totals.failed else ""
        self._bar.update(self._task, completed=totals.finished, speed=totals.speed, failed=failed)

    def show_regions(self, so_far: RegionsSoFar) -> None:
        """Show how many regions of a large array are written."""
        self._bar.update(self._task, speed=f"{so_far.done} of {so_far.total} regions")


class _RegionBar:
    """A bar of the regions of one large array, begun with the first of them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._lock = stack, Lock()
        self._bar: Progress | None = None
        self._start = time.perf_counter()

    def update(self) -> None:
        """Show nothing: the one file is done."""

    def show_regions(self, so_far: RegionsSoFar) -> None:
        """Show how many regions are written, and how fast they are read."""
        with self._lock:
            if self._bar is None:
                self._bar = self._stack.enter_context(_bar("pooling"))
                self._task = self._bar.add_task("", total=so_far.total, speed="", failed="")
        seconds = max(time.perf_counter() - self._start, 1e-6)
        speed = f"{so_far.read_bytes / 1e6 / seconds:.0f} MB/s"
        total = so_far.total  # which differs where the array is measured first
        self._bar.update(self._task, completed=so_far.done, total=total, speed=speed)


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

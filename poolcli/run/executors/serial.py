"""One file after another, in the main thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from poolcli.run.executors.worker_pool import Deferred, WorkerPool
from poolcli.run.outcome import Work
from poolcli.run.parallelism import Parallelism


@contextmanager
def serial(work: Work, parallelism: Parallelism, _files: int) -> Iterator[WorkerPool]:
    """One job at a time, which an interruption ends at once."""
    _, threads = parallelism.split(1)
    yield WorkerPool(lambda job: Deferred(partial(work, job, threads)), 1)

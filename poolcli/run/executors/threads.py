"""Several files at once in this process: NumPy and the codecs release the interpreter's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from poolcli.run.executors.serial import serial
from poolcli.run.executors.worker_pool import WorkerPool, thread_pool
from poolcli.run.outcome import Work
from poolcli.run.parallelism import Parallelism


@contextmanager
def threads(work: Work, parallelism: Parallelism, files: int) -> Iterator[WorkerPool]:
    """A thread for each file that is done at once; none for a single file."""
    count, each = parallelism.split(files)
    only = serial(work, parallelism, files)
    several = thread_pool(lambda job: work(job, each), count)
    with only if count == 1 else several as pool:
        yield pool

"""What is settled before the work: outputs that are there, jobs that a log knows as done, parts that were left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from poolcli import io
from poolcli.run.log import Log
from poolcli.run.order import Job
from poolcli.run.work import Outcome, failed, is_there

BATCH = 64  # jobs that are noted in the log together, for it waits for the disk each time


def settle(jobs: Iterable[Job], log: Log) -> Iterator[Job | Outcome]:
    """Each job as it may begin; or its outcome, where nothing is to be done or nothing may be."""
    left = iter(jobs)
    while batch := [_settled(job, log) for job in islice(left, BATCH)]:
        log.begin(job for job in batch if isinstance(job, Job))
        yield from batch


def _settled(job: Job, log: Log) -> Job | Outcome:
    try:
        there = [path for path in job.files if is_there(path)]
        if log.is_done(job) or (job.outputs.skip_existing and len(there) == len(job.files)):
            return Outcome(job.source, job.target, "skipped")
        if job.overwrite or job.outputs.skip_existing:
            return job
        if taken := [path for path in there if not log.owns(path)]:
            return failed(
                job,
                f"{taken[0]} is there already: --overwrite replaces it, --skip-existing leaves it",
            )
    except OSError as error:
        return failed(job, io.reason(error))
    return replace(job, overwrite=bool(there))


class Broom:
    """Sweeps each folder before it is first written to, and all when the run has ended."""

    def __init__(self) -> None:
        self._folders: set[Path] = set()

    def __enter__(self) -> Broom:
        return self

    def __exit__(self, *_: object) -> None:
        for folder in self._folders:
            io.sweep(folder)

    def ahead(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The same jobs."""
        for job in jobs:
            for folder in {path.parent for path in job.files} - self._folders:
                self._folders.add(folder)
                io.sweep(folder)
            yield job

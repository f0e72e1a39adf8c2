"""What is decided before a job runs: whether it has to and may, and what earlier runs left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from poolcli import io
from poolcli.run.job import Job, output_exists, there_already
from poolcli.run.outcome import Outcome, failed
from poolcli.run.resume_log import ResumeLog

BATCH = 64  # jobs entered in the log together: each entry waits for the disk


def prepare(jobs: Iterable[Job], log: ResumeLog) -> Iterator[Job | Outcome]:
    """Each job that has to run, entered in the log; the outcome of one that need or must not."""
    remaining = iter(jobs)
    while batch := [_prepared(job, log) for job in islice(remaining, BATCH)]:
        log.begin(job for job in batch if isinstance(job, Job))
        yield from batch


def _prepared(job: Job, log: ResumeLog) -> Job | Outcome:
    skip, overwrite = job.outputs.skip_existing, job.overwrite
    job = replace(job, record=log.record_of(job))
    try:
        existing = [path for path in job.files if output_exists(path)]
        is_there = len(existing) == len(job.files) and not job.possible
        if log.is_done(job) or (skip and is_there):
            return Outcome(job.source, job.target, "skipped", instead_of=job.instead_of)
        if overwrite or skip:
            return job
        foreign = [path for path in existing if not log.owns(path)]
    except OSError as error:
        return failed(job, io.reason(error))
    if foreign:
        return failed(job, there_already(foreign[0]))
    return replace(job, overwrite=bool(existing))


@contextmanager
def without_leftovers(jobs: Iterable[Job], log: ResumeLog) -> Iterator[Iterator[Job]]:
    """The same jobs; what killed runs left is removed from each output folder before and after.

    At the end the names in these folders are on the disk.
    """
    folders: set[Path] = set()
    try:
        yield _sweeping(jobs, folders, log)
    finally:
        for folder in folders:
            io.remove_leftovers(folder, log.unfinished)
            io.sync_folder(folder)


def _sweeping(jobs: Iterable[Job], folders: set[Path], log: ResumeLog) -> Iterator[Job]:
    for job in jobs:
        paths = [path for path in job.files if not isinstance(path, io.Address)]
        for folder in {io.through_link(path).parent for path in paths} - folders:
            folders.add(folder)
            io.remove_leftovers(folder, log.unfinished)
        yield job

"""A run, from its jobs to their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from poolcli.run.execute import execute
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome
from poolcli.run.parallelism import Parallelism
from poolcli.run.pool_file import pool_file, preview_file
from poolcli.run.prepare import prepare, without_leftovers
from poolcli.run.resume_log import ResumeLog


def run_jobs(
    jobs: Sequence[Job], parallelism: Parallelism, log: ResumeLog, enough: Callable[[], bool]
) -> Generator[Outcome]:
    """The outcomes of all jobs in their order, each entered in the log, until it is `enough`."""
    with (
        without_leftovers(jobs, log) as clean,
        closing(
            execute(pool_file, prepare(clean, log), len(jobs), parallelism, enough)
        ) as outcomes,
    ):
        for outcome in outcomes:
            log.end(outcome)
            yield outcome


def preview_jobs(
    jobs: Sequence[Job], parallelism: Parallelism, log: ResumeLog, enough: Callable[[], bool]
) -> Generator[Outcome]:
    """What `run_jobs` would do, from the headers alone."""
    yield from execute(preview_file, prepare(jobs, log), len(jobs), parallelism, enough)

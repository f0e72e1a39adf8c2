"""A run from its jobs to its outcomes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from poolcli.run.executors import Crew, execute
from poolcli.run.jobs import Jobs
from poolcli.run.log import Log
from poolcli.run.settle import Broom, settle
from poolcli.run.work import Outcome, preview, work


def perform(jobs: Jobs, crew: Crew, log: Log, enough: Callable[[], bool]) -> Generator[Outcome]:
    """The outcomes of all jobs, in their order: nothing is lost when it is killed, and little when it is resumed."""
    with (
        Broom() as broom,
        closing(execute(work, settle(broom.ahead(jobs), log), len(jobs), crew, enough)) as outcomes,
    ):
        for outcome in outcomes:
            log.end(outcome)
            yield outcome


def rehearse(jobs: Jobs, crew: Crew, log: Log, enough: Callable[[], bool]) -> Generator[Outcome]:
    """What `perform` would do, from the headers alone."""
    yield from execute(preview, settle(jobs, log), len(jobs), crew, enough)

"""Jobs become outcomes, in the order of the jobs, whichever executor does them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from poolcli.run.executors import executor_named
from poolcli.run.executors.worker_pool import Deferred, Pending, WorkerPool
from poolcli.run.interruption import Interruption
from poolcli.run.job import Job
from poolcli.run.large_file import is_large_file
from poolcli.run.outcome import Outcome, Work
from poolcli.run.parallelism import Parallelism
from poolcli.run.pool_file import pool_file
from poolcli.run.stdin import has_more

# Jobs submitted behind the first that is not done: workers stay busy behind a large file, and the
# memory for outcomes that wait for it stays bounded. No speed depends on the exact number.
LOOKAHEAD = 256


def execute(
    work: Work,
    jobs: Iterable[Job | Outcome],
    files: int,
    parallelism: Parallelism,
    enough: Callable[[], bool],
) -> Generator[Outcome]:
    """The outcomes of jobs, of `files` files, in their order, until it is `enough`.

    Then, or when interrupted, jobs that have begun are finished and the rest is dropped.
    """
    executor = executor_named(parallelism.executor)
    with Interruption() as interruption, executor(work, parallelism, files) as pool:
        remaining, waiting = iter(jobs), deque[Pending]()
        lookahead = _lookahead(pool, fail_fast=parallelism.fail_fast)
        with suppress(KeyboardInterrupt):
            while not enough():
                batch = islice(remaining, lookahead - len(waiting))
                waiting.extend(_submitted(each, pool, work) for each in batch)
                if not waiting:
                    break
                outcome = interruption.wait(waiting[0].result)
                waiting.popleft()
                yield outcome
                if outcome.rest is not None and interruption.wait(has_more):
                    waiting.appendleft(pool.submit(outcome.rest))
        begun = [pending for pending in waiting if not pending.cancel()]
        yield from (pending.result() for pending in begun)
        interruption.check()


def _lookahead(pool: WorkerPool, *, fail_fast: bool) -> int:
    """How many jobs wait at once; with --fail-fast only as many as keep all workers busy."""
    return 2 * pool.at_once - 1 if fail_fast else max(LOOKAHEAD, 2 * pool.at_once)


def _spreads(job: Job, pool: WorkerPool, work: Work) -> bool:
    """Whether the workers of a pool may do regions of a job's array."""
    is_here = job.uses_streams or not pool.spreads or work is not pool_file
    return not is_here and is_large_file(job, job.source)


def _submitted(job: Job | Outcome, pool: WorkerPool, work: Work) -> Pending:
    if not isinstance(job, Job):
        return Deferred(lambda: job)
    if _spreads(job, pool, work):
        from poolcli.run.spread_regions import spread_file  # here, as most files are small

        return Deferred(lambda: spread_file(job, pool))
    return pool.submit(replace(job, record=None) if pool.spreads else job)

"""Who does the work: each executor is one generator that yields the outcomes in the order of the jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from poolcli import share
from poolcli.run.jobs import Job
from poolcli.run.work import Outcome

Work = Callable[[Job], Outcome]
Enough = Callable[[], bool]


def serial(work: Work, jobs: Iterable[Job], _count: int, _enough: Enough) -> Iterator[Outcome]:
    """One after another, in this thread, where an interruption ends a job in its middle."""
    return map(work, jobs)


def threads(work: Work, jobs: Iterable[Job], count: int, enough: Enough) -> Iterator[Outcome]:
    """`count` at a time, looking no further ahead than keeps them busy.

    Where it is enough, or interrupted, what has begun is done and told, and the rest is dropped.
    """
    left, waiting = iter(jobs), deque[Future[Outcome]]()
    pool = ThreadPoolExecutor(count)
    try:
        while not enough():
            waiting.extend(pool.submit(work, job) for job in islice(left, 2 * count - 1 - len(waiting)))
            if not waiting:
                return
            outcome = waiting[0].result()
            waiting.popleft()
            yield outcome
        yield from _begun(pool, waiting)
    except KeyboardInterrupt:
        yield from _begun(pool, waiting)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begun(pool: ThreadPoolExecutor, waiting: Iterable[Future[Outcome]]) -> Iterator[Outcome]:
    pool.shutdown(wait=True, cancel_futures=True)
    return (begun.result() for begun in waiting if not begun.cancelled())


def execute(work: Work, jobs: list[Job], count: int | None, enough: Enough) -> Iterator[Outcome]:
    """The outcomes of all jobs until it is enough, with `count` threads (by default one a processor) for all of them.

    Files share the threads; those that a single file leaves go to each step of its work.
    """
    budget = count or share.cores()
    files = min(budget, len(jobs))
    share.threads = max(1, budget // files)
    return (threads if len(jobs) > 1 else serial)(work, jobs, files, enough)

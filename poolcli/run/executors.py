"""Who does the work: each executor is one generator, of what takes a job and gives its outcome when it is ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent import futures
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol

from poolcli.resources import threads as share
from poolcli.run.interruption import Interruption, deaf
from poolcli.run.order import Job
from poolcli.run.stream import goes_on
from poolcli.run.work import Outcome, Work

AHEAD = 256  # files that wait behind the first that is not done: enough that a long one keeps nobody idle


class Pending(Protocol):
    """An outcome to come."""

    def result(self) -> Outcome: ...
    def cancel(self) -> bool: ...


class Crew(NamedTuple):
    """Who works: the executor, the threads for all files, and the scheduler of a cluster.

    One that is to stop at the first failure looks no further ahead than keeps it busy.
    """

    executor: str = "threads"
    jobs: int | None = None
    scheduler: str | None = None
    fail_fast: bool = False

    def shared(self, files: int, cores: int | None = None) -> tuple[int, int]:
        """How many files at once, and how many threads each of them has in the engine."""
        budget = self.jobs or cores or share.cores()
        count = min(budget, files)
        return count, max(1, budget // count)


class Team(NamedTuple):
    """What an executor gives: where jobs go, and how many are done at once."""

    submit: Callable[[Job], Pending]
    at_once: int


class Later(NamedTuple):
    """An outcome that is made when it is asked for."""

    result: Callable[[], Outcome]

    def cancel(self) -> bool:
        return True


Executor = Callable[[Work, Crew, int], AbstractContextManager[Team]]


@contextmanager
def serial(work: Work, crew: Crew, _files: int) -> Iterator[Team]:
    """One after another, in this thread, where an interruption ends a job in its middle."""
    _, share.threads = crew.shared(1)
    yield Team(lambda job: Later(partial(work, job)), 1)


@contextmanager
def threads(work: Work, crew: Crew, files: int) -> Iterator[Team]:
    """Several at a time in this process, where NumPy lets go of the interpreter."""
    count, share.threads = crew.shared(files)
    if count == 1:
        with serial(work, crew, files) as alone:
            yield alone
        return
    with pool(work, count) as team:
        yield team


@contextmanager
def pool(work: Work, count: int) -> Iterator[Team]:
    """Threads that work, or that wait for who works elsewhere."""
    hands, patient = futures.ThreadPoolExecutor(count, initializer=deaf), True
    try:
        yield Team(lambda job: hands.submit(work, job), count)
    except KeyboardInterrupt:
        patient = False
        raise
    finally:
        hands.shutdown(wait=patient, cancel_futures=True)


@contextmanager
def processes(work: Work, crew: Crew, files: int) -> Iterator[Team]:
    """Several at a time, each in a process of its own."""
    from poolcli.run.worker import Workers

    count, each = crew.shared(files)
    with Workers(work, count, each) as elsewhere, pool(elsewhere, count) as team:
        yield team


@contextmanager
def dask(work: Work, crew: Crew, files: int) -> Iterator[Team]:
    """On the workers of a cluster, or of one of this machine's own."""
    from poolcli.run.cluster import cluster

    with cluster(work, crew, files) as (elsewhere, count), pool(elsewhere, count) as team:
        yield team


EXECUTORS: dict[str, Executor] = {
    "serial": serial,
    "threads": threads,
    "processes": processes,
    "dask": dask,
}


def execute(
    work: Work, jobs: Iterable[Job | Outcome], files: int, crew: Crew, enough: Callable[[], bool]
) -> Generator[Outcome]:
    """The outcomes of the jobs, as many as there are files, in their order, until it is enough.

    Where it is enough, or interrupted, what has begun is done and told, and the rest is dropped.
    """
    with Interruption() as interruption, EXECUTORS[crew.executor](work, crew, files) as team:
        left, waiting = iter(jobs), deque[Pending]()
        ahead = 2 * team.at_once - 1 if crew.fail_fast else max(AHEAD, 2 * team.at_once)
        with suppress(KeyboardInterrupt):
            while not enough():
                waiting.extend(_sent(each, team) for each in islice(left, ahead - len(waiting)))
                if not waiting:
                    break
                outcome = interruption.wait(waiting[0].result)
                waiting.popleft()
                yield outcome
                if outcome.rest is not None and interruption.wait(goes_on):
                    waiting.appendleft(team.submit(outcome.rest))
        begun = [pending for pending in waiting if not pending.cancel()]
        yield from (pending.result() for pending in begun)
        interruption.check()


def _sent(job: Job | Outcome, team: Team) -> Pending:
    return team.submit(job) if isinstance(job, Job) else Later(lambda: job)

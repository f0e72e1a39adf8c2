"""What an executor gives: a pool that takes jobs and promises outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from poolcli.run.interruption import block_interrupts
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome


class Pending(Protocol):
    """An outcome to come, such as a Future."""

    def result(self) -> Outcome: ...
    def cancel(self) -> bool: ...


class Deferred(NamedTuple):
    """An outcome that is computed when it is asked for."""

    result: Callable[[], Outcome]

    def cancel(self) -> bool:
        return True


class WorkerPool(NamedTuple):
    """Where jobs are submitted, and how many are done at once.

    `spreads` is how many workers in other processes can do regions of one array; 0 where this
    process does them in threads.
    """

    submit: Callable[[Job], Pending]
    at_once: int
    spreads: int = 0


@contextmanager
def thread_pool(
    act: Callable[[Job], Outcome], count: int, spreads: int = 0
) -> Iterator[WorkerPool]:
    """Threads that do jobs, or that wait for a process or a cluster to do them."""
    from concurrent import futures  # here, as one file needs no threads

    threads, wait = futures.ThreadPoolExecutor(count, initializer=block_interrupts), True
    try:
        yield WorkerPool(lambda job: threads.submit(act, job), count, spreads)
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        threads.shutdown(wait=wait, cancel_futures=True)

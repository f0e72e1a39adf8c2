"""Workers of Dask, on this machine or on others that see the same files. Paths go there, and outcomes come back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from poolcli import __version__
from poolcli.errors import FileError, PoolError, RequestError
from poolcli.resources import threads as share
from poolcli.resources.extras import extra
from poolcli.run.interruption import deafened
from poolcli.run.order import Job
from poolcli.run.work import Outcome, Work, failed

if TYPE_CHECKING:
    from poolcli.run.executors import Crew

_SCHEDULER, _WORKER = 10.0, 30.0  # seconds that they may take to answer


@contextmanager
def cluster(work: Work, crew: Crew, files: int) -> Iterator[tuple[Work, int]]:
    """What has a job done by a worker, and how many jobs keep all workers busy."""
    with _client(crew, files) as client:
        _greet(client, crew.scheduler)
        count, threads = crew.shared(files, sum(client.nthreads().values()))

        def elsewhere(job: Job) -> Outcome:
            return work(job) if job.streams else _told(client, job, work, threads)

        yield elsewhere, 2 * count  # one to do, one to come


@contextmanager
def _client(crew: Crew, files: int) -> Iterator[Any]:
    dask = extra("dask", "--executor dask")
    logging.disable(logging.CRITICAL)  # what is lost becomes a row
    if crew.scheduler:
        with _connected(dask.Client, crew.scheduler) as client:
            yield client
        return
    count, threads = crew.shared(files)
    with deafened():
        local = dask.LocalCluster(
            n_workers=count,
            threads_per_worker=threads,
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            silence_logs=logging.CRITICAL,
        )
        client = dask.Client(local)
    with local, client:
        yield client


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=_SCHEDULER)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"--scheduler {address}: {' '.join(str(error).split())}; dask scheduler starts one"
        ) from None


def _greet(client: Any, address: str | None) -> None:
    """Hear from a worker that it can do what will be asked of it."""
    try:
        version = client.submit(_version, pure=False).result(timeout=_WORKER)
    except TimeoutError:
        raise RequestError(
            f"--scheduler {address}: it has no worker; start one with 'dask worker {address}'"
        ) from None
    except Exception as error:  # noqa: BLE001 - what a worker without poolcli answers is a matter of versions
        raise RequestError(
            f"--scheduler {address}: its workers cannot run poolcli {__version__} ({error})"
        ) from None
    if version != __version__:
        raise RequestError(
            f"--scheduler {address}: its workers run poolcli {version}, and this is {__version__}"
        )


def _version() -> str:
    return __version__


def _told(client: Any, job: Job, work: Work, threads: int) -> Outcome:
    """How it ended. A worker that is lost leaves its jobs to the others, until too many have been lost over one."""
    from distributed import CancelledError, KilledWorker

    try:
        future = client.submit(_done, work, job.absolute(), threads, pure=False)
        return _awaited(client, future)._replace(
            source=job.source, target=job.target, more=job.more
        )
    except KilledWorker:
        return failed(
            job, "worker after worker was lost over it, killed or out of memory: try it alone"
        )
    except (CancelledError, OSError):
        raise FileError(
            "the scheduler is gone, and nobody does the rest: run it again with --resume"
        ) from None
    except PoolError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a worker did with it, the next may go well
        return failed(job, " ".join(str(error).split()))


def _awaited(client: Any, future: Any) -> Outcome:
    while True:
        try:
            outcome: Outcome = future.result(timeout=_WORKER)
        except TimeoutError:
            if not client.nthreads():
                raise FileError(
                    "no worker is left, and what is left cannot be done: run it again with --resume"
                ) from None
        else:
            return outcome


def _done(work: Work, job: Job, threads: int) -> Outcome:
    from distributed import get_worker

    share.threads = min(threads, get_worker().state.nthreads)
    return work(job)

"""Workers of Dask, on this machine or on others that see the same files.

Paths travel to them, and outcomes back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from poolcli import __version__
from poolcli.errors import FileError, PoolError, RequestError
from poolcli.resources.extras import extra
from poolcli.run.executors.worker_pool import WorkerPool, thread_pool
from poolcli.run.interruption import interrupts_blocked
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome, Work, failed
from poolcli.run.parallelism import Parallelism

# Seconds without an answer after which a scheduler, or a worker, counts as absent.
# A scheduler answers at once, a worker after it has imported poolcli.
_SCHEDULER_TIMEOUT, _WORKER_TIMEOUT = 10.0, 30.0
# Times that regions of a large array are given to the cluster, which each time gives them up once
# four workers are lost that had them: one that they kill is no reason to lose the rest.
_ATTEMPTS = 3


@contextmanager
def dask(work: Work, parallelism: Parallelism, files: int) -> Iterator[WorkerPool]:
    """A thread for each job of the cluster, two for each worker: one at work, one to come."""
    with _client(parallelism, files) as client:
        _check_workers(client, parallelism.scheduler)
        cores = sum(client.nthreads().values())
        count, threads = parallelism.split(files, cores)
        spreads, _ = parallelism.split(1 << 20, cores)

        def act(job: Job) -> Outcome:
            if job.uses_streams:
                return work(job, threads)
            return _outcome(client, job, work, threads)

        with thread_pool(act, 2 * max(count, spreads), spreads=spreads) as pool:
            yield pool


@contextmanager
def _client(parallelism: Parallelism, files: int) -> Iterator[Any]:
    distributed = extra("dask", "--executor dask")
    logging.disable(logging.CRITICAL)  # lost workers become failed outcomes, not log lines
    if parallelism.scheduler:
        with _connected(distributed.Client, parallelism.scheduler) as client:
            yield client
        return
    count, threads = parallelism.split(files)
    with interrupts_blocked():
        cluster = distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=threads,
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            silence_logs=logging.CRITICAL,
        )
        client = distributed.Client(cluster)
    with cluster, client:
        yield client


def _connected(client: Any, address: str) -> Any:
    try:
        return client(address, timeout=_SCHEDULER_TIMEOUT)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"--scheduler {address}: {_one_line(error)}; dask scheduler starts one"
        ) from None


def _check_workers(client: Any, address: str | None) -> None:
    """RequestError unless a worker answers, with this version of poolcli."""
    try:
        version = client.submit(_version, pure=False).result(timeout=_WORKER_TIMEOUT)
    except TimeoutError:
        raise RequestError(
            f"--scheduler {address}: it has no worker; start one with 'dask worker {address}'"
        ) from None
    except Exception as error:  # noqa: BLE001 - a worker without poolcli may raise anything
        raise RequestError(
            f"--scheduler {address}: its workers cannot run poolcli {__version__} ({error})"
        ) from None
    if version != __version__:
        raise RequestError(
            f"--scheduler {address}: its workers run poolcli {version}, and this is {__version__}"
        )


def _version() -> str:
    return __version__


def _outcome(client: Any, job: Job, work: Work, threads: int, attempts: int = _ATTEMPTS) -> Outcome:
    """The outcome of a job by some worker; Dask moves jobs of lost workers to others."""
    from distributed import CancelledError, KilledWorker

    try:
        future = client.submit(_work_on_worker, work, job.absolute(), threads, pure=False)
        outcome = _result(client, future)
    except KilledWorker:
        if job.part is not None and attempts > 1:  # regions wait on workers that are lost, too
            return _outcome(client, job, work, threads, attempts - 1)
        return failed(
            job, "worker after worker was lost over it, killed or out of memory: try it alone"
        )
    except PoolError:
        raise
    except (CancelledError, OSError):
        raise FileError(
            "the scheduler is gone, and the rest is not done: run it again with --resume"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever a worker did with it, the next may go well
        return failed(job, _one_line(error))
    targets = job.with_levels(1 + len(outcome.more)).targets
    return outcome._replace(source=job.source, target=targets[0], more=targets[1:])


def _result(client: Any, future: Any) -> Outcome:
    """The result of a future; FileError once no worker is left."""
    while True:
        try:
            outcome: Outcome = future.result(timeout=_WORKER_TIMEOUT)
        except TimeoutError:
            if not client.nthreads():
                raise FileError(
                    "no worker is left, and what is left cannot be done: run it again with --resume"
                ) from None
        else:
            return outcome


def _work_on_worker(work: Work, job: Job, threads: int) -> Outcome:
    from distributed import get_worker

    return work(job, min(threads, get_worker().state.nthreads))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

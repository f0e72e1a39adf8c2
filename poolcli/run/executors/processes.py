"""Several files at once, each in a process of its own, which is replaced when it is lost."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock
from typing import Any

from poolcli import io
from poolcli.run.executors.worker_pool import WorkerPool, thread_pool
from poolcli.run.interruption import start_resource_tracker
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome, Work, failed
from poolcli.run.parallelism import Parallelism

_PATIENCE = 5.0  # seconds for an idle process to end by itself: only a hung one needs longer
_ATTEMPTS = 2  # processes that may be lost over one job


@contextmanager
def processes(work: Work, parallelism: Parallelism, files: int) -> Iterator[WorkerPool]:
    """A process for each file, or region of one, that is done at once, and a thread that waits."""
    _, each = parallelism.split(files)
    count, _ = parallelism.split(1 << 20)
    with (
        ProcessPool(work, count, each) as workers,
        thread_pool(workers.run, count, spreads=count) as pool,
    ):
        yield pool


class ProcessPool:
    """Processes that do one job at a time each, for as many threads as there are processes."""

    def __init__(self, work: Work, count: int, threads: int) -> None:
        self._work, self._threads = work, threads
        self._workers = [_Worker(work, threads) for _ in range(count)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def __enter__(self) -> ProcessPool:
        start_resource_tracker()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self._workers:
            worker.close(0.0 if kind is KeyboardInterrupt else _PATIENCE)

    def run(self, job: Job) -> Outcome:
        """The outcome of a job, by the next idle process."""
        if job.uses_streams:
            return self._work(job, self._threads)
        worker = self._idle.get()
        try:
            return worker.run(job)
        finally:
            self._idle.put(worker)


class _Worker:
    """A process, started with its first job."""

    def __init__(self, work: Work, threads: int) -> None:
        self._work, self._threads = work, threads
        self._process: Any = None
        self._starting = Lock()
        self._is_closed = False

    def run(self, job: Job) -> Outcome:
        """The outcome of a job; if the process is lost, another tries once more."""
        try:
            for _ in range(_ATTEMPTS):
                with suppress(EOFError, ConnectionError):
                    return self._attempt(job)
                self._end(0.0)
        except OSError as error:
            return failed(job, io.reason(error))
        return failed(job, "two processes were lost over it, killed or out of memory: try it alone")

    def close(self, patience: float) -> None:
        """End the process for good, as `_end` does.

        A process that is just starting is waited for: it would otherwise end with a traceback of
        multiprocessing, which finds nothing to read.
        """
        with self._starting:
            self._is_closed = True
        self._end(patience)

    def _attempt(self, job: Job) -> Outcome:
        if self._process is None:
            self._start()
        self._pipe.send_bytes(pickle.dumps(job))
        answer = self._pipe.recv()
        return answer if isinstance(answer, Outcome) else failed(job, answer)

    def _start(self) -> None:
        context = get_context("spawn")
        with self._starting:
            if self._is_closed:
                raise EOFError
            self._pipe, other_end = context.Pipe()
            with other_end:
                process = context.Process(
                    target=_serve, args=(other_end, self._work, self._threads), daemon=True
                )
                process.start()
            self._process = process

    def _end(self, patience: float) -> None:
        """End the process, if it runs; kill it if it has not ended after `patience` seconds."""
        process, self._process = self._process, None
        if process is not None:
            self._pipe.close()
            process.join(patience)
            process.kill()
            process.join()


def _serve(pipe: Connection, work: Work, threads: int) -> None:
    """Do the jobs that come through the pipe until its other end is closed."""
    with suppress(EOFError, ConnectionError):
        while True:
            pipe.send(_answer(work, pipe.recv_bytes(), threads))


def _answer(work: Work, packed: bytes, threads: int) -> Outcome | str:
    """The outcome of a pickled job, or why it cannot be done here."""
    try:
        return work(pickle.loads(packed), threads)  # noqa: S301 - the parent process sends it
    except Exception as error:  # noqa: BLE001 - the next job may be well
        return str(error)

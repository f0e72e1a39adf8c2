"""Processes that work for this one: each does a job at a time, and is replaced when it is lost."""

from __future__ import annotations

import pickle
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.resource_tracker import ensure_running
from queue import SimpleQueue
from typing import Any

from poolcli import io
from poolcli.resources import threads as share
from poolcli.run.order import Job
from poolcli.run.work import Outcome, Work, failed

_PATIENCE = 5.0  # seconds that a process with nothing to do may take to end


class Workers:
    """Takes a job to a process that is idle, from as many threads as there are processes."""

    def __init__(self, work: Work, count: int, threads: int) -> None:
        self._work = work
        self._all = [_Worker(work, threads) for _ in range(count)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._all:
            self._idle.put(worker)

    def __enter__(self) -> Workers:
        ensure_running()  # now, because it would make the threads hear Ctrl-C when it starts
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self._all:
            worker.end(0.0 if kind is KeyboardInterrupt else _PATIENCE)

    def __call__(self, job: Job) -> Outcome:
        if job.streams:
            return self._work(job)
        worker = self._idle.get()
        try:
            return worker.do(job)
        finally:
            self._idle.put(worker)


class _Worker:
    def __init__(self, work: Work, threads: int) -> None:
        self._work, self._threads = work, threads
        self._process: Any = None

    def do(self, job: Job) -> Outcome:
        """How it ended. Where the process is lost, another tries once more."""
        try:
            for _ in range(2):
                with suppress(EOFError, ConnectionError):
                    return self._told(job)
                self.end(0.0)
        except OSError as error:
            return failed(job, io.reason(error))
        return failed(job, "two processes were lost over it, killed or out of memory: try it alone")

    def _told(self, job: Job) -> Outcome:
        if self._process is None:
            self._start()
        self._pipe.send_bytes(pickle.dumps(job))
        told = self._pipe.recv()
        return told if isinstance(told, Outcome) else failed(job, told)

    def _start(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        with theirs:
            self._process = context.Process(
                target=_serve, args=(theirs, self._work, self._threads), daemon=True
            )
            self._process.start()

    def end(self, patience: float) -> None:
        """End the process, if there is one, by force if it does not end by itself."""
        if self._process is not None:
            self._pipe.close()
            self._process.join(patience)
            self._process.kill()
            self._process.join()
            self._process = None


def _serve(pipe: Connection, work: Work, threads: int) -> None:
    """Do what comes through the pipe until nobody is at its other end."""
    share.threads = threads
    with suppress(EOFError, ConnectionError):
        while True:
            pipe.send(_done(work, pipe.recv_bytes()))


def _done(work: Work, packed: bytes) -> Outcome | str:
    try:
        return work(pickle.loads(packed))  # noqa: S301 - it comes from the process that started this one
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a job, the next may be well
        return str(error)

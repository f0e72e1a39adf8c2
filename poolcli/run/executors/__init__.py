"""Where jobs are done: one generator function each, imported when it is named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module

from poolcli.run.executors.worker_pool import WorkerPool
from poolcli.run.outcome import Work
from poolcli.run.parallelism import Parallelism

# Takes the work, the options and the number of files; gives a pool for the block.
Executor = Callable[[Work, Parallelism, int], AbstractContextManager[WorkerPool]]


def executor_named(name: str) -> Executor:
    """The executor `serial`, `threads`, `processes` or `dask`."""
    executor: Executor = getattr(import_module(f"{__name__}.{name}"), name)
    return executor

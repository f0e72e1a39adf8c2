"""Worker threads: how many processors there are, and one thread pool for the whole process.

Which thread runs on which processor is left to the system, and the number of threads a call may
use comes from `limits`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

MOST = 64  # threads of the pool: it starts one only where a call may use it and none is idle

_pools: dict[int, ThreadPoolExecutor] = {}  # by process: threads do not survive a fork


def cores() -> int:
    """The number of processors this process may use."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(allowed) or os.cpu_count() or 1


def for_each(items: Iterable[T], work: Callable[[T], object], threads: int) -> None:
    """Call `work` on every item, in this thread and up to `threads` - 1 others.

    Workers see the caller's context variables. The first exception, an interruption of the caller
    included, drops the items that have not begun; it is raised once no worker is busy any more.

    >>> seen = []
    >>> for_each(range(3), seen.append, threads=2)
    >>> sorted(seen)
    [0, 1, 2]
    """
    waiting = deque(items)
    helpers: list[Future[None]] = []
    try:
        with suppress(RuntimeError):  # the system may give no more threads
            while len(helpers) < min(threads, len(waiting)) - 1:
                helpers.append(_pool().submit(copy_context().run, _drain, waiting, work))
        _drain(waiting, work)
    except BaseException:
        waiting.clear()
        raise
    finally:
        begun = [helper for helper in helpers if not helper.cancel()]
        _wait(begun, waiting)
    for helper in begun:
        helper.result()


def _drain(waiting: deque[T], work: Callable[[T], object]) -> None:
    """Work on one item after another until none is left, or one fails."""
    while True:
        try:
            item = waiting.popleft()
        except IndexError:
            return
        try:
            work(item)
        except BaseException:
            waiting.clear()
            raise


def _wait(helpers: list[Future[None]], waiting: deque[T]) -> None:
    """Wait until no helper works, also if interrupted: they write to the caller's arrays."""
    from concurrent.futures import wait

    interruption = None
    while not all(helper.done() for helper in helpers):
        try:
            wait(helpers)
        except KeyboardInterrupt as error:
            waiting.clear()
            interruption = error
    if interruption is not None:
        raise interruption


def _pool() -> ThreadPoolExecutor:
    """The pool of this process."""
    from concurrent.futures import ThreadPoolExecutor  # here, as it imports logging

    process = os.getpid()
    if process not in _pools:
        _pools[process] = ThreadPoolExecutor(MOST, thread_name_prefix="poolcli")
    return _pools[process]

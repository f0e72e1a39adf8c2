"""How many threads one call may use, and on which processors."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from heapq import heapify, heappop, heappush


def cores() -> int:
    """The processors this process may use."""
    return len(_allowed()) or os.cpu_count() or 1


def _allowed() -> set[int]:
    """Those this thread may use, where the system tells."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


threads = cores()  # who works on several files at once gives each a share
_all = _allowed()


def apart(work: Callable[[], None]) -> None:
    """Do work in a thread that has a processor to itself among those that asked for one, while there are enough.

    A system may leave threads where they were woken, and those of Python wake each other: all on one processor. It is
    for work that takes all processors: other processes would ask for the same. A thread that is begun by it would stay
    there.
    """
    allowed, free = _allowed(), _free(os.getpid())
    try:
        own = heappop(free) if len(allowed) > 1 else None
    except IndexError:
        own = None
    if own is None:
        work()
        return
    try:
        with suppress(OSError):  # a system may not let it
            os.sched_setaffinity(0, {own} & allowed or allowed)
        work()
    finally:
        try:
            os.sched_setaffinity(0, allowed)  # first, so that no interruption comes before it
        except OSError:
            pass
        finally:
            heappush(free, own)


@cache
def _free(_process: int) -> list[int]:
    """The processors that no thread of this process has to itself, as a heap."""
    free = list(_all)
    heapify(free)
    return free

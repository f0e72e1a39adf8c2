"""How many threads one call may use, and on which processors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from heapq import heappop, heappush


def cores() -> int:
    """The processors this process may use."""
    return len(_allowed()) or os.cpu_count() or 1


def _allowed() -> set[int]:
    """Those this thread may use, where the system tells."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


threads = cores()  # who works on several files at once gives each a share
_free = sorted(_allowed())  # a heap: who asks again gets the same one, and need not move


@contextmanager
def apart() -> Iterator[None]:
    """Within it, a thread has a processor to itself among those that asked for one, as long as there are enough.

    A system may leave threads where they were woken, and those of Python wake each other: all on one processor. A
    thread that is begun within it would stay there.
    """
    allowed = _allowed()
    try:
        own = heappop(_free) if len(allowed) > 1 else None
    except IndexError:
        own = None
    try:
        if own in allowed:
            _move({own})
        yield
    finally:
        if own is not None:
            _move(allowed)
            heappush(_free, own)


def _move(processors: set[int]) -> None:
    with suppress(OSError):  # a system may not let it
        os.sched_setaffinity(0, processors)

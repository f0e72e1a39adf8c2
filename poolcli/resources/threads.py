"""Worker threads: how many processors there are, and the threads that work beside a caller.

Which thread runs on which processor is left to the system, and the number of threads a call may
use comes from `limits`. Nothing here takes a lock: a signal handler may pool while the code that it
interrupts does, and a forked child may pool whatever its parent was doing.
"""

from __future__ import annotations

import os
from _thread import LockType, allocate_lock, start_new_thread  # `threading` starts under a lock
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
Finish = Callable[[], object]
Task = Callable[[], Finish]  # what it returns is called once the thread is idle again

MOST = 64  # threads beside the callers: one is started only where none is idle

_teams: dict[int, Team] = {}  # by process: threads do not survive a fork


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
    tickets = deque(range(min(threads, len(waiting)) - 1))  # a helper that finds none does nothing
    # All that a helper needs to report its end is made here: it may have no memory left for that.
    locks = [allocate_lock() for _ in tickets]
    finishes = [lock.release for lock in locks if lock.acquire()]
    errors: list[BaseException | None] = [None] * len(locks)

    def help_out(context: Context) -> Finish:
        try:
            ticket = tickets.pop()
        except IndexError:
            return _nothing
        try:
            context.run(_drain, waiting, work)
        except BaseException as raised:  # noqa: BLE001 - the caller raises it
            errors[ticket] = raised
        return finishes[ticket]

    try:
        for _ in locks:
            if not (waiting and _team().start(partial(help_out, copy_context()))):
                break
        _drain(waiting, work)
    except BaseException:
        waiting.clear()
        raise
    finally:
        idle = _taken(tickets)
        _wait_for([lock for ticket, lock in enumerate(locks) if ticket not in idle], waiting)
    for error in errors:
        if error is not None:
            raise error


def _nothing() -> None:
    """Report nothing."""


def _taken(tickets: deque[int]) -> set[int]:
    """Take what is left of the tickets."""
    taken: set[int] = set()
    while True:
        try:
            taken.add(tickets.pop())
        except IndexError:
            return taken


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


def _wait_for(locks: list[LockType], waiting: deque[T]) -> None:
    """Wait for every helper to end, also if interrupted: they write to the caller's arrays."""
    interruption = None
    for lock in locks:
        while True:
            try:
                lock.acquire()
                break
            except KeyboardInterrupt as error:
                waiting.clear()
                interruption = error
    if interruption is not None:
        raise interruption


class Team:
    """Threads that wait for tasks, each at a queue of its own.

    The idle ones are a deque, whose methods are atomic: no two tasks go to one thread.
    """

    def __init__(self) -> None:
        self._idle: deque[SimpleQueue[Task]] = deque()
        self._started: list[SimpleQueue[Task]] = []

    def start(self, task: Task) -> bool:
        """Let a thread do a task at once; False where none is idle and the system gives no more."""
        try:
            inbox = self._idle.pop()
        except IndexError:
            return self._start_thread(task)
        inbox.put(task)
        return True

    def _start_thread(self, task: Task) -> bool:
        if len(self._started) >= MOST:
            return False
        inbox: SimpleQueue[Task] = SimpleQueue()
        inbox.put(task)
        try:
            start_new_thread(self._serve, (inbox,))
        except RuntimeError:
            return False
        self._started.append(inbox)
        return True

    def _serve(self, inbox: SimpleQueue[Task]) -> None:
        while True:
            try:
                finish = inbox.get()()
            except MemoryError:  # before it began: its caller does the work
                finish = _nothing
            try:
                self._idle.append(inbox)
            except MemoryError:  # it gets no work any more
                return
            finally:
                finish()


def _team() -> Team:
    """The threads of this process."""
    process = os.getpid()
    return _teams.get(process) or _teams.setdefault(process, Team())

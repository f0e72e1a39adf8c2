"""Ctrl-C and SIGTERM, raised only where it is safe."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar, TypeVar

from poolcli.resources.descriptors import interrupted

T = TypeVar("T")


class Interruption:
    """In its block, an interruption ends a `wait` and nothing else; a second one ends anything."""

    current: ClassVar[Interruption | None] = None

    def __init__(self) -> None:
        self._requested = self._waiting = False
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # A shell ignores SIGINT for what it runs in the background: that stays so.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._handle)
            Interruption.current = self
            interrupted.is_set = False
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        Interruption.current = None
        interrupted.is_set = False

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        again, self._requested = self._requested, True
        interrupted.is_set = True
        if self._waiting or again:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was an interruption."""
        if self._requested:
            raise KeyboardInterrupt

    def wait(self, act: Callable[[], T]) -> T:
        """The result of `act`; KeyboardInterrupt if there is an interruption before."""
        self._waiting = True
        try:
            self.check()
            return act()
        finally:
            self._waiting = False


def commit_point() -> None:
    """Let this thread's job finish and be reported before an interruption ends the wait for it.

    Called just before an output gets its name. It matters where jobs run in the main thread.
    """
    if Interruption.current and threading.current_thread() is threading.main_thread():
        Interruption.current._waiting = False


def block_interrupts() -> None:
    """Block SIGINT in this thread and the processes it starts: the main thread handles it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def start_resource_tracker() -> None:
    """Start the process that removes the semaphores which a killed process leaves behind.

    It is done before threads start, because it unblocks SIGINT in the thread that starts it. What
    it removes after an interruption is no news to the user: its warning is switched off.
    """
    from multiprocessing.resource_tracker import ensure_running

    former = list(sys.warnoptions)  # the tracker gets them as its command line
    sys.warnoptions.append("ignore::UserWarning")
    try:
        ensure_running()
    finally:
        sys.warnoptions[:] = former


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block SIGINT in threads and processes that start in this block; it is delivered after it."""
    start_resource_tracker()
    block_interrupts()
    try:
        yield
    finally:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

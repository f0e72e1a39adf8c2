"""Ctrl-C, and SIGTERM, heard where it is safe."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class Interruption:
    """While it listens, being interrupted ends a wait, and nothing else; asked a second time, it ends anything."""

    current: ClassVar[Interruption | None] = None

    def __init__(self) -> None:
        self._asked = self._waits = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if (
                    signal.getsignal(number) is not signal.SIG_IGN
                ):  # as for what a shell runs in the background
                    self._before[number] = signal.signal(number, self._hear)
            Interruption.current = self
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        Interruption.current = None

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if self._waits or again:
            raise KeyboardInterrupt

    def check(self) -> None:
        """KeyboardInterrupt where there was one."""
        if self._asked:
            raise KeyboardInterrupt

    def wait(self, act: Callable[[], T]) -> T:
        """What `act` gives in the end; KeyboardInterrupt where there is one before."""
        self._waits = True
        try:
            self.check()
            return act()
        finally:
            self._waits = False


def conclude() -> None:
    """A job of this thread is as good as done: it is done, and told, before an interruption ends the wait for it."""
    if Interruption.current and threading.current_thread() is threading.main_thread():
        Interruption.current._waits = False


def deaf() -> None:
    """Let this thread, and the processes it starts, hear no Ctrl-C: who reads the outcomes does."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@contextmanager
def deafened() -> Iterator[None]:
    """Threads and processes that begin in this block hear no Ctrl-C; what comes meanwhile is heard after it."""
    from multiprocessing.resource_tracker import ensure_running

    ensure_running()  # now, because it would undo what follows when it starts
    deaf()
    try:
        yield
    finally:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

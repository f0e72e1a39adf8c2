"""Blocks that are made by several workers, and written one after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Lets blocks be written in their order, whichever worker has which."""

    def __init__(self) -> None:
        self._next = 0
        self._error: BaseException | None = None
        self._changed = Condition()

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait until all blocks before this one are written; raise what another worker raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._next == number or self._error is not None)
            if self._error is not None:
                raise self._error
        yield
        with self._changed:
            self._next += 1
            self._changed.notify_all()

    def end(self, error: BaseException) -> None:
        """Wake the threads that wait for a block that will never come."""
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

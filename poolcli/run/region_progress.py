"""Tell the process that shows progress how far a large array is; others show none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class RegionsSoFar(NamedTuple):
    """How many regions of an array are written, of how many, and the bytes that were read."""

    done: int
    total: int
    read_bytes: int


Listener = Callable[[RegionsSoFar], object]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a function of every region that is written while the block runs, in any thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell(done: int, total: int, read_bytes: int) -> None:
    """Say how far an array is.

    >>> with listening(lambda so_far: print(so_far.done, "of", so_far.total)):
    ...     tell(1, 4, 100)
    1 of 4
    """
    for listener in tuple(_listeners):
        listener(RegionsSoFar(done, total, read_bytes))

"""Memory that a thread uses again for block after block: fresh memory costs a page fault every few KB."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from threading import local
from typing import Any

import numpy as np

from poolcli.array import Array

SMALL = 1 << 16  # bytes below which memory is never given back to the system
MOST = 1 << 26  # bytes that are kept, at most, for the next block


class Scratch(local):
    """Arrays lent until they are given back, or until the block is done."""

    def __init__(self) -> None:
        self.free: dict[int, list[Array]] = {}
        self.lent: dict[int, Array] = {}

    def take(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
        """An array of no certain values."""
        size = prod(shape) * dtype.itemsize
        if size < SMALL:
            return np.empty(shape, dtype)
        whole = 1 << (size - 1).bit_length()  # few sizes, so that what one axis used serves the next
        rooms = self.free.get(whole)
        room = rooms.pop() if rooms else np.empty(whole, np.uint8)
        self.lent[id(room)] = room
        return np.ndarray(shape, dtype, room)

    def give(self, array: Array) -> None:
        """The array is needed no longer. One that was not taken here stays what it is."""
        room = self.lent.pop(id(array.base), None)
        if room is not None:
            self.free.setdefault(room.size, []).append(room)

    def done(self) -> None:
        """The block is done, and nothing that was lent is needed."""
        for room in self.lent.values():
            self.free.setdefault(room.size, []).append(room)
        self.lent.clear()
        if sum(size * len(rooms) for size, rooms in self.free.items()) > MOST:
            self.free.clear()


scratch = Scratch()

"""Memory of large arrays, used again once nobody looks at them: the system clears what it hands out anew."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING
from weakref import finalize

import numpy as np

from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

LEAST = 1 << 20  # bytes from which on clearing takes longer than the rest
MOST = 1 << 27  # bytes that are kept for later, at most


class _Room(np.ndarray):
    """Bytes that outlive the arrays in them."""


class _Seen(np.ndarray):
    """A room as long as somebody looks at it: NumPy takes what has another type as base, and goes no further."""


_free: dict[int, _Room] = {}


def empty(shape: Sequence[int], dtype: DTypeLike) -> Array:
    """An array of no certain values, in memory where an array was that is gone."""
    nbytes = prod(shape) * np.dtype(dtype).itemsize
    if nbytes < LEAST:
        return np.empty(shape, dtype)
    room = _found(nbytes)
    if room is None:
        room = _Room((nbytes,), np.uint8)
    seen = _Seen((nbytes,), np.uint8, room)
    finalize(seen, _give, room).atexit = False
    return np.ndarray(shape, dtype, seen)


def _found(nbytes: int) -> _Room | None:
    """The smallest room that is free and large enough, but not much larger."""
    fitting = [room for room in list(_free.values()) if nbytes <= room.nbytes <= 1.5 * nbytes]
    room = min(fitting, key=lambda room: room.nbytes, default=None)
    return None if room is None else _free.pop(id(room), None)  # another thread may have been first


def _give(room: _Room) -> None:
    """Keep a room for later; of all those kept the oldest go first. Called by whoever drops the last array in it."""
    if room.nbytes > MOST:
        return
    _free[id(room)] = room
    for oldest in list(_free):
        if sum(each.nbytes for each in list(_free.values())) <= MOST:
            return
        _free.pop(oldest, None)

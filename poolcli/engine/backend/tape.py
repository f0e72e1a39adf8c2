"""NumPy calls that are prepared once and made on one block after another.

Between two calls of a tape there is next to no Python, for which threads would wait on each other, so that blocks can
be as small as the cache. A tape is prepared by working with arrays that stand in for those it will be run on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import prod
from threading import local
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from poolcli.maps.array import Array
from poolcli.resources import threads as share
from poolcli.resources.memory import here

LARGE = 1 << 18  # bytes of a room from which on it is part of the ground
TOGETHER = 1 << 23  # bytes for such rooms that are asked for together
PAGE = 1 << 21  # bytes of a large page
LINE = 64  # bytes of the processor's cache that lie together
KEPT = 16  # tapes that a thread keeps, at most
MOST = (
    1 << 26
)  # bytes of memory of their own that these have, at most, beside the one that runs; of ground, too

Kind = tuple[Sequence[int], np.dtype[Any]]  # shape and dtype


class _View(NamedTuple):
    """Part of an outside array."""

    outside: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    strides: tuple[int, ...]


class Ground(local):
    """Memory of a thread for the large rooms of its tapes, which run one after the other.

    It is touched once, and in large pages where the system has them: page by page that takes longer than to pool.
    """

    def __init__(self) -> None:
        self.parts: list[Array] = []

    def room(self, size: int, start: tuple[int, int]) -> tuple[Array, tuple[int, int]] | None:
        """So many bytes from a place on, and the place behind them; None if that would be too much."""
        number, at = start
        while number < len(self.parts) and self.parts[number].size < at + size:
            number, at = number + 1, 0
        if number == len(self.parts):
            more = PAGE + max(size, TOGETHER)
            if here().limit is not None or sum(part.size for part in self.parts) + more > MOST:
                return None
            whole = np.empty(more, np.uint8)
            self.parts.append(whole[-_address(whole) % PAGE :])
        room = np.frombuffer(
            self.parts[number][at : at + size].data, np.uint8
        )  # the base of what is taken of it
        return room, (number, at + -(-size // LINE) * LINE)


ground = Ground()


class Tape:
    """Calls on parts of outside arrays, which lie in C order, and on rooms, which are used again and again.

    `outside` are the arrays that stand in for the others until `prepared` is called; `nbytes` are those of rooms that
    other tapes do not use, too.
    """

    def __init__(self, *outside: Kind) -> None:
        self.outside = [np.empty(shape, dtype) for shape, dtype in outside]
        self.results: list[Array] = []
        self.nbytes = 0
        self._calls: list[tuple[Callable[..., Any], int, int, int]] = []
        self._table: list[Any] = []
        self._views: dict[_View, int] = {}
        self._free: list[Array] = []
        self._place = 0, 0
        self._lent: dict[int, Array] = {}

    def call(self, function: Callable[..., Any], a: Array, b: Array, out: Array) -> None:
        """To be called: `function(a, b, out=out)`."""
        self._calls.append((function, self._listed(a), self._listed(b), self._listed(out)))

    def copy(self, source: Array, out: Array) -> None:
        """To be copied, as another dtype where that is given."""
        self.call(_copied, source, source, out)

    def reduce(self, merge: Any, source: Array, out: Array) -> None:
        """To be reduced over the last axis but one."""
        initial = (
            -0.0 if merge is np.add and out.dtype.kind == "f" else merge.identity
        )  # 0 and -0 would be 0
        self.call(partial(_reduced, merge, initial), source, source, out)

    def take(self, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
        """Room for an array, where nothing is that is still needed: so that few rooms stay in cache."""
        size = prod(shape) * dtype.itemsize
        room = next((room for room in reversed(self._free) if size <= room.size <= 2 * size), None)
        if room is None:
            room = self._new(size)
        else:
            self._free = [other for other in self._free if other is not room]
        self._lent[id(room)] = room
        return room[:size].view(dtype).reshape(shape)

    def _new(self, size: int) -> Array:
        """Room where none was."""
        found = ground.room(size, self._place) if size >= LARGE else None
        if found is None:
            self.nbytes += size
            return np.empty(size, np.uint8)
        room, self._place = found
        return room

    def give(self, array: Array) -> None:
        """The array is needed no longer. One that was not taken here stays what it is."""
        room = self._lent.pop(id(array.base), None)
        if room is not None:
            self._free.append(room)

    def keep(self, arrays: Iterable[Array]) -> None:
        """All arrays that were taken are needed no longer, but these."""
        kept = {id(array.base) for array in arrays}
        self._free += [self._lent.pop(room) for room in list(self._lent) if room not in kept]

    def prepared(self) -> Tape:
        """Ready to run: nothing is to be added."""
        self.outside.clear()
        return self

    def run(self, *arrays: Array, ahead: Sequence[int] = ()) -> list[Array]:
        """Make all calls with these arrays outside; the results in rooms last until the thread runs the next tape.

        `ahead` is by how many bytes the part of each array comes later than the one that the tape was prepared with.
        """
        table, ahead = self._table.copy(), ahead or (0,) * len(arrays)
        for (outside, shape, dtype, offset, strides), at in self._views.items():
            table[at] = np.ndarray(shape, dtype, arrays[outside], offset + ahead[outside], strides)
        for function, a, b, out in self._calls:
            function(table[a], table[b], out=table[out])
        return self.results

    def _listed(self, array: Array) -> int:
        """The place of an operand in the table."""
        at = len(self._table)
        for number, whole in enumerate(self.outside):
            if array is whole or array.base is whole:
                view = _View(
                    number,
                    array.shape,
                    array.dtype,
                    _address(array) - _address(whole),
                    array.strides,
                )
                if view not in self._views:
                    self._views[view] = at
                    self._table.append(None)
                return self._views[view]
        self._table.append(array)
        return at


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _copied(a: Array, _: Array, out: Array) -> None:
    np.copyto(out, a, casting="unsafe")


def _reduced(merge: Any, initial: Any, a: Array, _: Array, out: Array) -> None:
    merge.reduce(a, axis=-2, dtype=out.dtype, out=out, initial=initial)


class Prepared(Protocol):
    """A tape, or several that are run together."""

    @property
    def nbytes(self) -> int: ...


Ready = TypeVar("Ready", bound=Prepared)


class Tapes(local):
    """What a thread ran last."""

    def __init__(self) -> None:
        self.kept: list[tuple[Any, Any]] = []

    def of(self, key: Any, prepare: Callable[[], Ready]) -> Ready:
        """The tapes of this key, prepared unless they are kept."""
        at = next((at for at, (known, _) in enumerate(self.kept) if known == key), None)
        if at is None:
            self.kept.insert(0, (key, prepare()))
            most = min(MOST, here().work / (4 * share.threads))
            while len(self.kept) > KEPT or sum(tape.nbytes for _, tape in self.kept[1:]) > most:
                self.kept.pop()
        elif at:
            self.kept.insert(0, self.kept.pop(at))
        ready: Ready = self.kept[0][1]
        return ready


tapes = Tapes()

"""How many threads and how much memory the code within a block may use.

The limits belong to the current context (a `ContextVar`): other threads keep theirs, and what was
set before comes back when the block ends.

>>> with limits(threads=2):
...     current().threads
2
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from operator import index
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, SupportsIndex
from weakref import finalize

from poolcli.errors import OptionTypeError, RequestError
from poolcli.resources.threads import cores

if TYPE_CHECKING:
    from pathlib import Path

    from poolcli.maps.array import Array

LARGE = 1 << 28  # bytes that packed data may unpack to, whatever it claims, without a limit
_SHARE = 16  # of the machine's memory: the part that one array may have without a limit


def _large() -> int:
    """Bytes of an array that goes into a file where no limit is given."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return LARGE
    return max(LARGE, memory // _SHARE)


def _unnamed_file() -> tuple[Path | None, BinaryIO]:
    from tempfile import TemporaryFile  # here, as it imports random and shutil

    return None, TemporaryFile()


@dataclass
class Budget:
    """Bytes of memory for a job: half of `limit` for scratch, a quarter for arrays, the rest slack.

    `held` bytes are taken already, and `arrays`, if given, may be taken by arrays instead of that
    quarter. `file` opens the files of arrays that do not fit; without a limit these are arrays of
    more than `large` bytes.
    """

    limit: int | None = None
    held: int = 0
    file: Callable[[], tuple[Path | None, BinaryIO]] = _unnamed_file
    large: float = field(default_factory=_large)
    arrays: int | None = None
    _left: float = field(init=False)

    def __post_init__(self) -> None:
        self._left = inf if self.limit is None else max(0, self.limit - self.held) // 4
        self._left = self._left if self.arrays is None else self.arrays

    @property
    def scratch(self) -> float:
        """Bytes of scratch that all threads together may use."""
        return inf if self.limit is None else max(0, self.limit - self.held) // 2

    def fits(self, nbytes: int) -> bool:
        """Whether an array of this size may be in memory beside those that are."""
        return nbytes <= (self.large if self.limit is None else self._left)

    def track(self, array: Array) -> Array:
        """Charge an array to the budget for as long as it exists."""
        if self.limit is not None:
            self._add(-array.nbytes)
            finalize(array, self._add, array.nbytes)
        return array

    def _add(self, nbytes: int) -> None:
        self._left += nbytes


class Limits(NamedTuple):
    """The limits in force; `max_threads` None stands for as many as there are processors."""

    memory: Budget
    max_threads: int | None = None

    @property
    def threads(self) -> int:
        """How many threads one call may use."""
        return cores() if self.max_threads is None else self.max_threads


_NONE = Limits(Budget(large=inf))
_current = ContextVar("limits", default=_NONE)


def current() -> Limits:
    """The limits in force here."""
    return _current.get()


@contextmanager
def limits(
    *, threads: SupportsIndex | None = None, memory: SupportsIndex | Budget | None = None
) -> Iterator[None]:
    """Limit the threads or the memory of the calls within the block.

    Parameters
    ----------
    threads : int, optional
        The most threads that one call uses, the calling one included. By default as before.
    memory : int or Budget, optional
        Bytes that the arrays and the scratch of pooling may take together; what does not fit is
        put into temporary files. By default as before.

    Raises
    ------
    RequestError
        A number is less than 1; a ValueError. An OptionTypeError if it is no whole number.

    Examples
    --------
    >>> import poolcli
    >>> with limits(threads=1, memory=256_000_000):
    ...     poolcli.pool([3, 1, 2, 5], "max", kernel=2)
    array([3, 5])
    """
    before = current()
    most = _checked("threads", threads) or before.max_threads
    if not isinstance(memory, Budget):
        limit = _checked("memory", memory)
        memory = before.memory if limit is None else Budget(limit)
    after = Limits(memory, most)
    token = _current.set(after)
    try:
        yield
    finally:
        _current.reset(token)


def _checked(name: str, number: SupportsIndex | None) -> int | None:
    """The number as an int; PoolError if it is not a whole number from 1 up."""
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, SupportsIndex):
        raise OptionTypeError(f"`{name}` is a whole number from 1 up, and not {number!r}")
    found = index(number)
    if found < 1:
        raise RequestError(f"`{name}` is a whole number from 1 up, and not {found}")
    return found

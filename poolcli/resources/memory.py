"""How much memory a job may take, and files for what is larger: arrays that the system pages in and out.

Who needs a large array asks `empty` for it, and need not know where it lives.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf, prod
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import finalize

from poolcli.errors import FileError, RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike

    from poolcli.maps.array import Array

LARGE = 1 << 28  # bytes from which on an array lives in a file where no limit is given
HEAD = 128  # bytes that are left free before the values of such a file, for the header of an .npy
TILE = 1 << 22  # bytes copied at a time between arrays that lie differently


@dataclass
class Memory:
    """What a job may take: a half of `limit` for what it works on, a quarter for arrays; the rest is slack.

    `held` is what it takes besides, `file` makes the files that hold arrays: without a limit those of more than
    `large` bytes.
    """

    limit: int | None = None
    held: int = 0
    file: Callable[[], tuple[Path | None, BinaryIO]] = lambda: (None, TemporaryFile())  # noqa: SIM115 - it stays open
    large: float = LARGE
    _left: float = field(init=False)

    def __post_init__(self) -> None:
        self._left = inf if self.limit is None else max(0, self.limit - self.held) // 4

    @property
    def work(self) -> float:
        """Bytes that all threads together may work with."""
        return inf if self.limit is None else max(0, self.limit - self.held) // 2

    def has_room(self, nbytes: int) -> bool:
        """Whether an array may lie in memory beside those that do."""
        return nbytes <= (self.large if self.limit is None else self._left)

    def take(self, array: Array) -> Array:
        """Count an array in memory for as long as it is there."""
        self._add(-array.nbytes)
        finalize(array, self._add, array.nbytes)
        return array

    def _add(self, nbytes: int) -> None:
        self._left += nbytes


_here: ContextVar[Memory] = ContextVar("memory", default=Memory(large=inf))  # noqa: B039 - without a limit it never changes


@contextmanager
def use(memory: Memory) -> Iterator[None]:
    """The block in which arrays are asked of this memory."""
    token = _here.set(memory)
    try:
        yield
    finally:
        _here.reset(token)


def here() -> Memory:
    """The memory that arrays are asked of."""
    return _here.get()


def empty(shape: Sequence[int], dtype: DTypeLike) -> Array:
    """An array to be filled: in memory, or in a file where it is large."""
    import numpy as np

    from poolcli.resources import reuse

    nbytes = prod(shape) * np.dtype(dtype).itemsize
    if here().limit is None and here().has_room(nbytes):
        return reuse.empty(shape, dtype)
    if here().has_room(nbytes):
        return here().take(np.empty(shape, dtype))
    return np.ndarray(shape, dtype, _part(nbytes), HEAD)


def contiguous(array: Array) -> Array:
    """The array in C order, which is itself where it lies so."""
    if array.flags.c_contiguous:
        return array
    copy = empty(array.shape, array.dtype)
    _copy(array, copy)
    return copy


def _copy(source: Array, target: Array) -> None:
    """In tiles, which both sides have in few pages of memory."""
    if source.nbytes <= TILE:
        target[...] = source
        return
    axis = max(range(source.ndim), key=lambda each: source.shape[each])
    half = source.shape[axis] // 2
    for part in (slice(None, half), slice(half, None)):
        where: Any = (*(slice(None),) * axis, part)
        _copy(source[where], target[where])


class Part(mmap):
    """A file that holds an array, and vanishes with it: `path` names it (None: it has no name), `stream` is open."""

    path: Path | None
    stream: BinaryIO


def _part(nbytes: int) -> Part:
    try:
        path, stream = here().file()
        try:
            _reserve(stream, HEAD + nbytes)
            part = Part(stream.fileno(), HEAD + nbytes)
        except BaseException:
            _drop(path, stream)
            raise
    except OSError as error:
        raise FileError(
            f"{size_words(nbytes)} for a large array do not fit on the disk ({error.strerror}): "
            "free some space or choose another place"
        ) from error
    part.path, part.stream = path, stream
    finalize(part, _drop, path, stream)
    return part


def _reserve(stream: BinaryIO, nbytes: int) -> None:
    """All of a file's room on the disk, because a disk that is full would end the process when a page is written."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(stream.fileno(), 0, nbytes)
    else:
        stream.truncate(nbytes)


def _drop(path: Path | None, stream: BinaryIO) -> None:
    with suppress(OSError):
        stream.close()
        if path is not None:
            path.unlink()


def part_of(array: Array) -> Part | None:
    """The file that holds exactly this array in C order, if one does."""
    base: Any = array
    while hasattr(base, "base"):
        base = base.base
    whole = isinstance(base, Part) and len(base) == HEAD + array.nbytes and array.flags.c_contiguous
    return base if whole else None


def mapped(stream: BinaryIO, start: int, nbytes: int) -> Array:
    """The bytes of a file from `start` on, read when they are looked at."""
    import numpy as np

    try:
        file = mmap(stream.fileno(), start + nbytes, access=ACCESS_READ)
    except ValueError:  # it has become shorter since it was measured
        raise FileError("the file is cut short: save it again") from None
    return np.frombuffer(file, np.uint8, nbytes, start)


def size_words(nbytes: float) -> str:
    """A number of bytes as people write it.

    >>> size_words(3.2e9), size_words(512)
    ('3.2 GB', '512 B')
    """
    power = min(max(0, len(str(int(nbytes))) - 1) // 3, 4)
    return f"{nbytes / 1000**power:.{1 if power else 0}f} {('B', 'KB', 'MB', 'GB', 'TB')[power]}"


def read_size(text: str) -> int:
    """The bytes that a text means; RequestError where it means none.

    >>> read_size("256M"), read_size("1.5GiB")
    (256000000, 1610612736)
    """
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([kmgt]?)(i?)b?", text.strip(), re.IGNORECASE)
    size = (
        float(found[1]) * (1024 if found[3] else 1000) ** (" kmgt".index(found[2].lower() or " "))
        if found
        else 0
    )
    if not 1 <= size < inf:
        raise RequestError(f"--max-memory {text}: takes a size like 256M, 2G or 1.5GiB")
    return int(size)

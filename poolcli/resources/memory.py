"""Large arrays: in memory if the budget has it, else in files that the system pages in and out.

These files are new ones of this process: a file of somebody else is read, never mapped.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from math import inf, prod
from mmap import mmap
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import finalize

from poolcli.errors import FileError, RequestError
from poolcli.resources.limits import current

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike

    from poolcli.maps.array import Array

HEAD = 128  # bytes left free at the start of such a file, for the header of an .npy
TILE = 1 << 22  # bytes copied at a time between arrays of different memory order


def empty(shape: Sequence[int], dtype: DTypeLike) -> Array:
    """A new array, not initialised: in memory if it fits the budget, else in a file."""
    import numpy as np

    nbytes = prod(shape) * np.dtype(dtype).itemsize
    budget = current().memory
    if budget.fits(nbytes):
        return budget.track(np.empty(shape, dtype))
    return np.ndarray(shape, dtype, _part(nbytes), HEAD)


def empty_like(x: Array, shape: Sequence[int], dtype: DTypeLike) -> Array:
    """A new array as by `empty`, whose axes have the memory order of x's.

    >>> import numpy as np
    >>> empty_like(np.ones((2, 3), order="F"), (4, 5), "u1").strides
    (1, 4)
    """
    if x.flags.c_contiguous:
        return empty(shape, dtype)
    steps = [-abs(step) for step in x.strides]
    order = sorted(range(x.ndim), key=steps.__getitem__)
    back = sorted(range(x.ndim), key=order.__getitem__)
    return empty([shape[axis] for axis in order], dtype).transpose(back)


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
    """A file that holds an array and is deleted with it; `path` is None if it has no name."""

    path: Path | None
    stream: BinaryIO


def _part(nbytes: int) -> Part:
    try:
        path, stream = current().memory.file()
        try:
            reserve(stream, HEAD + nbytes)
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


def reserve(stream: BinaryIO, nbytes: int) -> None:
    """Allocate a file on the disk: the system kills a process that writes a page of a full one.

    What cannot fit is refused first: until the allocation fails, it takes all that others need.
    """
    if hasattr(os, "fstatvfs"):
        disk = os.fstatvfs(stream.fileno())
        if disk.f_blocks and nbytes > disk.f_bavail * disk.f_frsize:  # some disks tell no sizes
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
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

"""What decoders raise for damaged files, and limits for files that unpack to too much."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from poolcli.errors import FileError, PoolError
from poolcli.resources import limits, memory

# Pillow, imagecodecs and zarr promise nothing about damaged data: each of these has been seen from
# one of them. Warnings are here for programs that turn them into errors.
DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
_OF_SYSTEM = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EIO", "EFBIG", "EROFS", "EACCES", "EPERM", "EMFILE", "ENFILE")
    if hasattr(errno, name)
)
# Compression ratio above which a file may be a bomb: deflate reaches 1032 for constant data.
BOMB_RATIO = 100


def one_line(error: BaseException) -> str:
    """The message of an error in one line, or its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def refused(
    words: str, is_of_library: Callable[[Exception], bool] = lambda _: False
) -> Iterator[None]:
    """Turn what a library raises in this block into a FileError of these words.

    "{}" is its message. `is_of_library` knows exceptions that are none of Python's. What the system
    refuses, as on a disk that is full, is no fault of the file, and is raised as it is.
    """
    try:
        yield
    except PoolError:
        raise
    except Exception as error:
        is_damage = isinstance(error, DECODER_ERRORS) or is_of_library(error)
        if not is_damage or (isinstance(error, OSError) and error.errno in _OF_SYSTEM):
            raise
        raise FileError(words.format(one_line(error))) from error


@contextmanager
def enough_memory() -> Iterator[None]:
    """Turn a MemoryError of this block into a FileError."""
    try:
        yield
    except MemoryError as error:
        raise FileError("it needs more memory than there is: cut it into parts") from error


def check_unpacked(unpacked: int, packed: int) -> None:
    """FileError if data of a high compression ratio unpacks to more than is allowed."""
    allowed = limits.current().memory.limit or limits.LARGE
    if unpacked > max(BOMB_RATIO * packed, allowed):
        raise FileError(
            f"its {memory.size_words(packed)} unpack to {memory.size_words(unpacked)}: "
            f"if you trust it, give --max-memory {unpacked // 10**6 + 1}M, or save it uncompressed"
        )

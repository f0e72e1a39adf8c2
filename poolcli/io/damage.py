"""What decoders raise for damaged files, and limits for files that unpack to too much."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from poolcli.errors import FileError
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
# Compression ratio above which a file may be a bomb: deflate reaches 1032 for constant data.
BOMB_RATIO = 100


def one_line(error: BaseException) -> str:
    """The message of an error in one line, or its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


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

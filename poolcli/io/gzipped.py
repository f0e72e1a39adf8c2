"""Files that are packed by gzip as a whole: volumes and images of science often are."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from typing import BinaryIO, cast

from poolcli.errors import FileError
from poolcli.io.damage import BOMB_RATIO, one_line
from poolcli.io.raw_values import size_of
from poolcli.resources import limits

MAGIC = b"\x1f\x8b"
ERRORS = (OSError, EOFError, ValueError, zlib.error)  # of a damaged file


def head_of(stream: BinaryIO, size: int) -> bytes:
    """The first bytes of a file, unpacked if it is packed; the stream is left at its start."""
    head = stream.read(size)
    stream.seek(0)
    if not head.startswith(MAGIC):
        return head
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            return packed.read(size)
    except ERRORS:
        return b""
    finally:
        stream.seek(0)


def opened(stream: BinaryIO) -> BinaryIO:
    """The stream, or what is packed in it, unpacked as it is read."""
    is_packed = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if is_packed else stream


def unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream, or what is packed in it, in memory; FileError for what unpacks to too much."""
    content = opened(stream)
    if content is stream:
        return stream
    allowed = max(BOMB_RATIO * size_of(stream), limits.current().memory.limit or limits.LARGE)
    try:
        whole = content.read(allowed + 1)
    except ERRORS as error:
        raise FileError(f"the gzip is damaged ({one_line(error)}): save it again") from error
    if len(whole) > allowed:
        raise FileError(
            f"it unpacks to more than {allowed} bytes: if you trust it, give --max-memory, "
            "or save it unpacked"
        )
    return BytesIO(whole)


def packed(content: bytes) -> bytes:
    """The bytes of a packed file, which depend on nothing but the content."""
    made = BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", compresslevel=6, mtime=0) as stream:
        stream.write(content)
    return made.getvalue()

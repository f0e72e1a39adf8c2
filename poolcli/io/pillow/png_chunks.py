"""Chunks of a PNG: reading, writing, and whether all of them came whole (PNG, 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import pack, unpack
from typing import BinaryIO

from poolcli.resources.extras import fastest_zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20  # bytes checked at a time


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and its checksum."""
    crc32 = fastest_zlib().crc32
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(data, crc32(kind)))


def chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The types and contents of the chunks of a whole PNG."""
    start = len(SIGNATURE)
    while start < len(file):
        size = int.from_bytes(file[start : start + 4], "big")
        yield file[start + 4 : start + 8], file[start + 8 : start + 8 + size]
        start += 12 + size


def find_chunks(stream: BinaryIO, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """The types and sizes of the chunks in a stream, which is at the contents of each in turn."""
    position = start + len(SIGNATURE)
    stream.seek(position)
    while len(head := stream.read(8)) == 8:
        size, kind = unpack(">I4s", head)
        yield kind, size
        position += 12 + size
        stream.seek(position)


def pixel_data(stream: BinaryIO) -> bytes:
    """The contents of all IDAT chunks: one zlib stream."""
    return b"".join(stream.read(size) for kind, size in find_chunks(stream) if kind == b"IDAT")


def pixel_data_pieces(stream: BinaryIO) -> Callable[[int], bytes]:
    """A function that gives the contents of an IDAT chunk after the other, and b"" at the end."""
    pieces = (stream.read(size) for kind, size in find_chunks(stream) if kind == b"IDAT" and size)
    return lambda _: next(pieces, b"")


def check_chunks(stream: BinaryIO, start: int = 0) -> None:
    """OSError for a chunk that is not as it was written, or if the last one is missing.

    Pillow checks neither the pixels nor what is behind them.
    """
    for kind, size in find_chunks(stream, start):
        if _checksum(stream, kind, size) != stream.read(4):
            raise OSError(f"its chunk {_name(kind)} is cut short or has a wrong checksum")
        if kind == b"IEND":
            return
    raise OSError("its last chunk, IEND, is missing")


def _checksum(stream: BinaryIO, kind: bytes, size: int) -> bytes:
    crc32 = fastest_zlib().crc32
    checksum = crc32(kind)
    while size and (data := stream.read(min(size, _PIECE))):
        checksum = crc32(data, checksum)
        size -= len(data)
    return pack(">I", checksum)


def _name(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalpha() else "of an unknown kind"

"""Inflate a PNG in a second thread, while Pillow undoes the filters of what is inflated already.

Pillow does both in turn. Here it gets the same bytes as a zlib stream of stored blocks, which need
no inflating.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from struct import pack

from PIL import Image

from poolcli.resources.limits import current

_MIN_PIXELS = 1 << 20  # below, starting a thread costs more than it saves
_PIECE = 1 << 19  # bytes inflated at a time
_STORED = (1 << 16) - 1  # bytes that a stored block holds (RFC 1951, 3.2.4)
_ZLIB_HEADER = b"\x78\x01"


@contextmanager
def inflating_ahead(image: Image.Image) -> Iterator[None]:
    """Loading a large PNG in this block takes two threads, if there are two."""
    is_large = image.width * image.height >= _MIN_PIXELS
    if image.format != "PNG" or not is_large or current().threads < 2:
        yield
        return
    with futures.ThreadPoolExecutor(1) as thread:
        pieces = _stored(image.load_read)  # type: ignore[attr-defined]
        coming = thread.submit(next, pieces, b"")

        def load_read(_: int) -> bytes:
            nonlocal coming
            piece, coming = coming.result(), thread.submit(next, pieces, b"")
            return piece

        image.load_read = load_read  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del image.load_read  # type: ignore[attr-defined]


def _stored(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """A zlib stream as one of stored blocks, in pieces; OSError if it is damaged, like Pillow's."""
    inflater, plain, checksum = zlib.decompressobj(), b"", zlib.adler32(b"")
    yield _ZLIB_HEADER
    while not inflater.eof:
        is_limited = bool(inflater.unconsumed_tail) or len(plain) == _PIECE
        data = inflater.unconsumed_tail if is_limited else read(_PIECE)
        if not (data or is_limited):
            return
        try:
            plain = inflater.decompress(data, _PIECE)
        except zlib.error:
            raise OSError("broken data stream when reading image file") from None
        checksum = zlib.adler32(plain, checksum)
        if plain:  # an empty piece would mean the end of the file
            yield _stored_blocks(plain)
    yield pack("<BHH", 1, 0, _STORED) + pack(">I", checksum)


def _stored_blocks(plain: bytes) -> bytes:
    blocks = [plain[start : start + _STORED] for start in range(0, len(plain), _STORED)]
    return b"".join(pack("<BHH", 0, len(block), _STORED - len(block)) + block for block in blocks)

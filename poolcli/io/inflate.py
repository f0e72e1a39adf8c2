"""A PNG is inflated by a thread of its own, while Pillow undoes the filters of what is inflated already.

Pillow does both in turn. Here it is given the same bytes as a zlib stream that is stored, not compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from struct import pack

from PIL import Image

from poolcli.resources import threads as share

_LEAST = 1 << 20  # pixels below which a thread costs more than it saves
_PIECE = 1 << 19  # bytes inflated at a time
_STORED = (1 << 16) - 1  # bytes that a stored block holds


@contextmanager
def inflating_ahead(image: Image.Image) -> Iterator[None]:
    """Within it, loading a large PNG takes two threads, if there are two to take."""
    if image.format != "PNG" or image.width * image.height < _LEAST or share.threads < 2:
        yield
        return
    with futures.ThreadPoolExecutor(1) as hand:
        pieces = _stored(image.load_read)  # type: ignore[attr-defined]
        coming = hand.submit(next, pieces, b"")

        def load_read(_: int) -> bytes:
            nonlocal coming
            piece, coming = coming.result(), hand.submit(next, pieces, b"")
            return piece

        image.load_read = load_read  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del image.load_read  # type: ignore[attr-defined]


def _stored(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """A zlib stream as another that is only stored, in pieces; OSError where it is damaged, as Pillow calls it."""
    packed, plain, check = zlib.decompressobj(), b"", zlib.adler32(b"")
    yield b"\x78\x01"
    while not packed.eof:
        is_cut = bool(packed.unconsumed_tail) or len(plain) == _PIECE
        data = packed.unconsumed_tail if is_cut else read(_PIECE)
        if not (data or is_cut):
            return
        try:
            plain = packed.decompress(data, _PIECE)
        except zlib.error:
            raise OSError("broken data stream when reading image file") from None
        check = zlib.adler32(plain, check)
        blocks = [plain[start : start + _STORED] for start in range(0, len(plain), _STORED)]
        if blocks:  # nothing would mean the end of the file
            yield b"".join(
                pack("<BHH", 0, len(block), _STORED - len(block)) + block for block in blocks
            )
    yield pack("<BHH", 1, 0, _STORED) + pack(">I", check)

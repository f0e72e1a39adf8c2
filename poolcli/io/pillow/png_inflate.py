"""Inflate a PNG here, to see that all of its rows are there; a large one in a second thread.

Pillow inflates and undoes the filters in turn, and says nothing of missing rows in a small image.
Where compiled loops undo the filters (`png_rows.py`), they get the rows. Elsewhere Pillow gets the
same bytes as a zlib stream of stored blocks, which need no inflating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import pack
from typing import TYPE_CHECKING

from PIL import Image

from poolcli.resources.extras import fastest_zlib
from poolcli.resources.limits import current

if TYPE_CHECKING:
    from concurrent.futures import Executor

_MIN_PIXELS = 1 << 20  # below, starting a thread costs more than it saves
_PIECE = 1 << 19  # bytes inflated at a time
_STORED = (1 << 16) - 1  # bytes that a stored block holds (RFC 1951, 3.2.4)
_ZLIB_HEADER = b"\x78\x01"
_BITS = {  # of a pixel, by Pillow's name of the samples
    "1": 1,
    "L;2": 2,
    "L;4": 4,
    "L": 8,
    "I;16B": 16,
    "P;1": 1,
    "P;2": 2,
    "P;4": 4,
    "P": 8,
    "LA": 16,
    "LA;16B": 32,
    "RGB": 24,
    "RGB;16B": 48,
    "RGBA": 32,
    "RGBA;16B": 64,
}
_PASSES = (  # of an interlaced image: the first column and row, and the distances (PNG, 8.2)
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@contextmanager
def inflated(image: Image.Image) -> Iterator[None]:
    """Loading a PNG in this block fails if rows are missing; it takes two threads, if it is large.

    Other formats are loaded as Pillow does.
    """
    if image.format != "PNG" or not image.tile:  # type: ignore[attr-defined]
        yield
        return
    blocks = _stored(plain_pieces(image.load_read, row_bytes(image)))  # type: ignore[attr-defined]
    with made_ahead(blocks, image) as pieces:
        image.load_read = lambda _: next(pieces, b"")  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del image.load_read  # type: ignore[attr-defined]


@contextmanager
def made_ahead(pieces: Iterator[bytes], image: Image.Image) -> Iterator[Iterator[bytes]]:
    """The pieces; of a large image each is made by a thread, while the one before it is used."""
    if image.width * image.height < _MIN_PIXELS or current().threads == 1:
        yield pieces
        return
    from concurrent.futures import ThreadPoolExecutor  # here, as a small image needs none

    with ThreadPoolExecutor(1) as thread:
        yield _ahead(pieces, thread)


def _ahead(pieces: Iterator[bytes], thread: Executor) -> Iterator[bytes]:
    coming = thread.submit(next, pieces, b"")
    while piece := coming.result():
        coming = thread.submit(next, pieces, b"")
        yield piece


def row_bytes(image: Image.Image) -> int:
    """The bytes of all rows that the image is about to load, each with the number of its filter."""
    _, (left, top, right, bottom), _, arguments = image.tile[0]  # type: ignore[attr-defined]
    raw = arguments[0] if isinstance(arguments, tuple) else arguments
    width, height, bits = right - left, bottom - top, _BITS[raw]
    passes = _PASSES if image.info.get("interlace") else ((0, 0, 1, 1),)
    return sum(
        -(-(height - row) // down) * (1 + (-(-(width - column) // across) * bits + 7) // 8)
        for column, row, across, down in passes
        if column < width and row < height
    )


def plain_pieces(read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """A zlib stream, inflated, in pieces; OSError if it is damaged, like Pillow's.

    `size` is the number of bytes that it must hold when it is inflated; the pieces end where it
    has more.
    """
    inflater, plain = fastest_zlib().decompressobj(), b""
    while not inflater.eof and size >= 0:
        is_limited = bool(inflater.unconsumed_tail) or len(plain) == _PIECE
        data = inflater.unconsumed_tail if is_limited else read(_PIECE)
        if not (data or is_limited):
            break
        try:
            plain = inflater.decompress(data, _PIECE)
        except fastest_zlib().error:
            raise OSError("broken data stream when reading image file") from None
        size -= len(plain)
        if plain:  # an empty piece would mean the end of the file
            yield plain
    if size > 0:
        raise OSError(f"{size} bytes of its rows are missing")


def _stored(plain: Iterator[bytes]) -> Iterator[bytes]:
    """A zlib stream of stored blocks that holds these bytes, in pieces."""
    adler32 = fastest_zlib().adler32
    checksum = adler32(b"")
    yield _ZLIB_HEADER
    for piece in plain:
        checksum = adler32(piece, checksum)
        yield _stored_blocks(piece)
    yield pack("<BHH", 1, 0, _STORED) + pack(">I", checksum)


def _stored_blocks(plain: bytes) -> bytes:
    blocks = [plain[start : start + _STORED] for start in range(0, len(plain), _STORED)]
    return b"".join(pack("<BHH", 0, len(block), _STORED - len(block)) + block for block in blocks)

"""An animated GIF: the blocks of GIFs of its frames, put together (GIF89a)."""

from __future__ import annotations

from collections.abc import Mapping
from struct import pack
from typing import Any, BinaryIO, NamedTuple

from PIL import Image

from poolcli.io.pillow.animation import Animation, saved

_HEADER = 13  # bytes before the palette
_DESCRIPTOR = 10  # bytes of a frame before its palette
_HAS_PALETTE, _PALETTE_SIZE = 0x80, 7  # bits of the flags
_STAYS, _CLEARED = 1, 2  # what happens to a frame before the next one
_EXTENSION, _FRAME, _END = b"\x21", b"\x2c", b"\x3b"
_CONTROL = 0xF9  # the extension before a frame
_LARGEST = 65535  # hundredths of a second, and repetitions


class _Blocks(NamedTuple):
    """Of a GIF of one frame: the size of its palette as a flag, the palette, the compressed pixels,
    and the transparent index.
    """

    flags: int
    palette: bytes
    pixels: bytes
    key: int | None


def encode_gif(animation: Animation, options: Mapping[str, Any]) -> bytes:
    """The bytes of a GIF of palette images; `options` are those of Pillow.

    Where one has a transparent colour each is cleared before the next, and else only what changes
    is in it.
    """
    is_clear = "transparency" in animation.images[0].info
    first = _blocks(animation.images[0], options)
    size = pack("<2H", *animation.images[0].size)
    parts = [b"GIF89a", size, bytes([_HAS_PALETTE | 0x70 | first.flags, 0, 0]), first.palette]
    parts += [_repeat(animation.plays), _comment(options.get("comment", b""))]
    for frame in animation.whole() if is_clear else animation.changes():
        blocks = _blocks(frame.image, options)
        parts.append(_control(frame.duration, blocks.key))
        place = pack("<4H", frame.left, frame.top, *frame.image.size)
        is_first = blocks.palette == first.palette
        table = b"\0" if is_first else bytes([_HAS_PALETTE | blocks.flags]) + blocks.palette
        parts += [_FRAME, place, table, blocks.pixels]
    return b"".join([*parts, _END])


def _repeat(plays: int) -> bytes:
    """The block of Netscape: how many times more it is played, 0 for ever."""
    if plays == 1:
        return b""
    more = pack("<H", min(_LARGEST, max(0, plays - 1)))
    return _EXTENSION + b"\xff\x0bNETSCAPE2.0\x03\x01" + more + b"\0"


def _comment(text: bytes) -> bytes:
    """The block of a comment, in pieces of at most 255 bytes."""
    if not text:
        return b""
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)]
    return _EXTENSION + b"\xfe" + b"".join(bytes([len(each)]) + each for each in pieces) + b"\0"


def _control(duration: float, key: int | None) -> bytes:
    flags = _STAYS << 2 if key is None else _CLEARED << 2 | 1
    hundredths = min(_LARGEST, round(duration / 10))
    return _EXTENSION + pack("<BBBHBB", _CONTROL, 4, flags, hundredths, key or 0, 0)


def _blocks(image: Image.Image, options: Mapping[str, Any]) -> _Blocks:
    file = saved(image, "GIF", **{"interlace": 0, **options})
    flags = file[10] & _PALETTE_SIZE
    start = _HEADER + (3 << (flags + 1))
    palette, at, key = file[_HEADER:start], start, None
    while file[at : at + 1] == _EXTENSION:
        if file[at + 1] == _CONTROL and file[at + 3] & 1:
            key = file[at + 6]
        at = _end_of_blocks(file, at + 2)
    if file[at + _DESCRIPTOR - 1] & _HAS_PALETTE:
        raise OSError("Pillow has written a palette of the frame alone")
    pixels = at + _DESCRIPTOR
    return _Blocks(flags, palette, file[pixels : _end_of_blocks(file, pixels + 1)], key)


def _end_of_blocks(file: bytes, at: int) -> int:
    """Where a row of blocks ends, each of which begins with its length."""
    while file[at]:
        at += 1 + file[at]
    return at + 1


def check_blocks(stream: BinaryIO) -> None:
    """OSError if the last block is missing, and perhaps frames before it."""
    stream.seek(0)
    file = stream.read()
    at = _HEADER + _palette_bytes(file[10])
    try:
        while file[at : at + 1] != _END:
            if file[at : at + 1] == _EXTENSION:
                at = _end_of_blocks(file, at + 2)
            elif file[at : at + 1] == _FRAME:
                pixels = at + _DESCRIPTOR + _palette_bytes(file[at + _DESCRIPTOR - 1])
                at = _end_of_blocks(file, pixels + 1)
            else:
                raise OSError("its last block is missing")
    except IndexError:
        raise OSError("its last block is missing") from None


def _palette_bytes(flags: int) -> int:
    """The length of a palette by the flags of a screen or a frame."""
    return 3 << ((flags & _PALETTE_SIZE) + 1) if flags & _HAS_PALETTE else 0

"""Blocks of metadata that repeat the size of their picture: EXIF and XMP."""

from __future__ import annotations

import re
import struct
from contextlib import suppress

_PREFIX = b"Exif\0\0"  # before the block in a JPEG
_EXIF_DIRECTORY = 0x8769
_SIZES = {0x0100: 0, 0x0101: 1, 0xA002: 0, 0xA003: 1}  # tags: widths 0, heights 1
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202  # tags of where its JPEG is
_SHORT, _LONG = 3, 4
_XMP_SIZES = (
    (rb"exif:PixelXDimension|tiff:ImageWidth", 0),
    (rb"exif:PixelYDimension|tiff:ImageLength", 1),
)


def exif_resized(block: bytes, width: int, height: int) -> bytes:
    """An EXIF block that says this size where it says one, patched in place, without a thumbnail.

    Written anew, maker notes would break. A damaged block comes back as it is.
    """
    patched = bytearray(block)
    with suppress(struct.error):
        start = len(_PREFIX) if block.startswith(_PREFIX) else 0
        order = "<" if block[start : start + 2] == b"II" else ">"
        (offset,) = struct.unpack_from(f"{order}I", block, start + 4)
        entries = _entries(block, start + offset, order)
        for at, tag, _ in list(entries):
            if tag == _EXIF_DIRECTORY:
                (inner,) = struct.unpack_from(f"{order}I", block, at + 8)
                entries += _entries(block, start + inner, order)
        for at, tag, kind in entries:
            if tag in _SIZES and kind in (_SHORT, _LONG):
                code = "H" if kind == _SHORT else "I"
                struct.pack_into(order + code, patched, at + 8, (width, height)[_SIZES[tag]])
    return _without_thumbnail(bytes(patched))


def exif_tags(block: bytes) -> frozenset[int]:
    """The tags of the first directory of an EXIF block; none of a damaged one."""
    with suppress(struct.error):
        start = len(_PREFIX) if block.startswith(_PREFIX) else 0
        order = "<" if block[start : start + 2] == b"II" else ">"
        (offset,) = struct.unpack_from(f"{order}I", block, start + 4)
        return frozenset(tag for _, tag, _ in _entries(block, start + offset, order))
    return frozenset()


def _without_thumbnail(block: bytes) -> bytes:
    """The block without its second directory, which is of a thumbnail, and the pixels of that.

    They show the picture as it was: of another size, and not turned upright. Pixels that are not
    at the end stay, with nothing that points to them.
    """
    with suppress(struct.error):
        start = len(_PREFIX) if block.startswith(_PREFIX) else 0
        order = "<" if block[start : start + 2] == b"II" else ">"
        (first,) = struct.unpack_from(f"{order}I", block, start + 4)
        (count,) = struct.unpack_from(f"{order}H", block, start + first)
        pointer = start + first + 2 + 12 * count
        (second,) = struct.unpack_from(f"{order}I", block, pointer)
        if not second:
            return block
        patched = bytearray(block)
        struct.pack_into(f"{order}I", patched, pointer, 0)
        sizes = {
            tag: struct.unpack_from(f"{order}I", block, at + 8)[0]
            for at, tag, kind in _entries(block, start + second, order)
            if kind == _LONG
        }
        pixels, length = sizes.get(_THUMBNAIL, 0), sizes.get(_THUMBNAIL_LENGTH, 0)
        is_last = bool(length) and abs(start + pixels + length - len(block)) <= 1
        return bytes(patched[: start + pixels] if is_last else patched)
    return block


def _entries(block: bytes, at: int, order: str) -> list[tuple[int, int, int]]:
    """Where each entry of a directory is, with its tag and type."""
    (count,) = struct.unpack_from(f"{order}H", block, at)
    places = [at + 2 + 12 * number for number in range(count)]
    return [(place, *struct.unpack_from(f"{order}HH", block, place)) for place in places]


def xmp_resized(packet: bytes, width: int, height: int) -> bytes:
    """An XMP packet that says this size where it says one."""
    for names, side in _XMP_SIZES:
        size = b"%d" % (width, height)[side]
        packet = re.sub(rb'((?:%b)\s*=\s*["\'])\d+' % names, rb"\g<1>" + size, packet)
        packet = re.sub(rb"(<(?:%b)>\s*)\d+" % names, rb"\g<1>" + size, packet)
    return packet

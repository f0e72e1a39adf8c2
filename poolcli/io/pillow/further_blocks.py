"""What files of blocks hold beside what is read: segments of JPEG, extensions of GIF, chunks of
WebP, boxes of JPEG 2000 and AVIF.

Each function gives the names of parts until a file ends or contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack
from typing import Any, BinaryIO

Names = Iterator[str]
_BEHIND = "data behind the image"
_TAIL = 1 << 16  # bytes behind an image that are looked at


def behind(stream: BinaryIO, end: int) -> Names:
    """A name for what is behind the end of an image, unless it is padding."""
    stream.seek(end)
    if stream.read(_TAIL).strip(b"\0\r\n \x1a"):
        yield _BEHIND


def _word(raw: bytes) -> str:
    """The name that a block begins with: what can be printed of it, up to the first other byte."""
    found = re.match(rb"[\x20-\x7e]{1,40}", raw)
    return found[0].decode().strip() if found else ""


# JPEG (ITU-T T.81, annex B) ------------------------------------------------------------------

_SOS, _EOI, _APP0, _APP15 = 0xDA, 0xD9, 0xE0, 0xEF
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
_IN_PIXELS = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # a marker that ends a scan
# Segments that are read, or say how pixels are stored; small copies of the picture; and resources
# of Photoshop, which are named each.
_READ = (
    "0 JFIF",
    "0 JFXX",
    "1 Exif",
    "1 http://ns.adobe.com/xap/1.0/",
    "2 ICC_PROFILE",
    *("13 Photoshop 3.0", "14 Adobe"),
)


def of_jpeg(stream: BinaryIO) -> Names:
    """The application segments that are not read."""
    stream.seek(0)
    file, at = stream.read(), 2
    while (marker := _marker(file, at)) != _EOI:
        at += 2
        if marker in _WITHOUT_LENGTH:
            continue
        (size,) = unpack(">H", file[at : at + 2])
        if _APP0 <= marker <= _APP15:
            name = f"{marker - _APP0} {_word(file[at + 2 : at + min(size, 42)])}"
            if not name.startswith(_READ):
                yield f"APP{name}".strip()
        at += size
        if marker == _SOS:
            found = _IN_PIXELS.search(file, at)
            at = found.start() if found else len(file)
    yield from behind(stream, at + 2)


def of_mpo(stream: BinaryIO) -> Names:
    """Those of the first picture of an MPO; the others lie behind it."""
    yield from (name for name in of_jpeg(stream) if name not in ("APP2 MPF", _BEHIND))


def _marker(file: bytes, at: int) -> int:
    """The marker at a place; ValueError if there is none."""
    if file[at : at + 1] != b"\xff":
        raise ValueError(at)
    return file[at + 1]


# GIF (GIF89a) --------------------------------------------------------------------------------

_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP, _ICC = b"XMP DataXMP", b"ICCRGBG1012"  # applications whose data are facts
_XMP_END = b"\x01\xff\xfe"  # what lets a reader of blocks come out of a packet
_CONTROL, _COMMENT, _APPLICATION, _PLAIN_TEXT = 0xF9, 0xFE, 0xFF, 0x01


def of_gif(stream: BinaryIO) -> Names:
    """The extensions that are not read; comments are, before the first frame."""
    stream.seek(0)
    file = stream.read()
    at, has_frame = 13 + _palette_bytes(file[10]), False
    if file[12]:
        yield "shape of a pixel"
    while (kind := file[at]) != 0x3B:
        if kind == 0x2C:
            at, has_frame = at + 11 + _palette_bytes(file[at + 9]), True
        else:
            yield from _of_extension(file, at, has_frame=has_frame)
            at += 2
        while file[at]:
            at += 1 + file[at]
        at += 1
    yield from behind(stream, at + 1)


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _of_extension(file: bytes, at: int, *, has_frame: bool) -> Names:
    if file[at] != 0x21:
        raise ValueError(at)
    label, name = file[at + 1], file[at + 3 : at + 14]
    if label == _APPLICATION and name not in (*_LOOPS, _XMP, _ICC):
        yield f"extension {_word(name)}"
    elif label == _COMMENT and has_frame:
        yield "comment of a frame"
    elif label == _PLAIN_TEXT:
        yield "plain text"
    elif label not in (_APPLICATION, _COMMENT, _CONTROL):
        yield f"extension {label:#x}"


def gif_facts(stream: BinaryIO) -> dict[str, Any]:
    """The XMP and the ICC profile of a GIF, which Pillow does not read."""
    stream.seek(0)
    file, found = stream.read(), {}
    at = file.find(b"\x21\xff\x0b" + _XMP)
    end = file.find(_XMP_END, at)
    if 0 <= at < end:
        found["xmp"] = file[at + 14 : end]
    at = file.find(b"\x21\xff\x0b" + _ICC)
    if at >= 0 and (profile := b"".join(_blocks(file, at + 14))):
        found["icc"] = profile
    return found


def _blocks(file: bytes, at: int) -> Iterator[bytes]:
    """The contents of a row of blocks, each of which begins with its length."""
    while at < len(file) and file[at]:
        yield file[at + 1 : at + 1 + file[at]]
        at += 1 + file[at]


# WebP (RFC 9649) -----------------------------------------------------------------------------

_FRAME, _FRAME_HEAD = b"ANMF", 16
_OF_PIXELS = (b"VP8 ", b"VP8L", b"ALPH")
_OF_WEBP = (*_OF_PIXELS, _FRAME, b"VP8X", b"ANIM", b"ICCP", b"EXIF", b"XMP ")


def of_webp(stream: BinaryIO) -> Names:
    """The chunks that are not read, those in frames included."""
    stream.seek(4)
    end = 8 + unpack("<I", stream.read(4))[0]
    for kind, start, size in _chunks(stream, 12, end):
        if kind == _FRAME:
            inner = _chunks(stream, start + _FRAME_HEAD, start + size)
            yield from (_word(each) for each, _, _ in inner if each not in _OF_PIXELS)
        elif kind not in _OF_WEBP:
            yield _word(kind)
    yield from behind(stream, end)


def _chunks(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind, the start and the size of each chunk between two places."""
    while start + 8 <= end:
        stream.seek(start)
        kind, size = unpack("<4sI", stream.read(8))
        yield kind, start + 8, size
        start += 8 + size + size % 2


# Boxes (ISO 14496-12; ISO 15444-1, annex I) --------------------------------------------------

_HOLDERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"jp2h": 0}  # bytes before the boxes in them
_UUIDS = (bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), b"JpgTiffExif->JP2")  # XMP, EXIF
_OF_BOXES = {
    *(
        b"jP  ",
        b"ftyp",
        b"ihdr",
        b"bpcc",
        b"colr",
        b"pclr",
        b"cmap",
        b"cdef",
        b"res ",
        b"jp2c",
        b"resc",
        b"resd",
    ),
    *(b"mdat", b"moov", b"free", b"skip", b"wide", b"hdlr", b"pitm", b"iloc", b"iinf", b"iref"),
    *(b"idat", b"dinf", b"ipma", b"ispe", b"pixi", b"av1C", b"auxC", b"irot", b"imir", b"clap"),
    *(b"a1op", b"lsel", b"a1lx", b"resc", b"resd"),
}
_ITEMS = (b"av01", b"Exif", b"mime", b"grid")


def of_boxes(stream: BinaryIO) -> Names:
    """The boxes that are not read, and the kinds of items of AVIF; a bare codestream has none."""
    stream.seek(4)
    if stream.read(4) in (b"jP  ", b"ftyp"):
        yield from _of_boxes(stream, 0, stream.seek(0, 2))


def _of_boxes(stream: BinaryIO, start: int, end: int) -> Names:
    for kind, at, stop in _boxes(stream, start, end):
        if kind in _HOLDERS:
            yield from _of_boxes(stream, at + _HOLDERS[kind], stop)
        elif kind == b"iinf":
            yield from _items(stream, at, stop)
        elif kind == b"uuid":
            stream.seek(at)
            yield from (f"uuid {each.hex()}" for each in [stream.read(16)] if each not in _UUIDS)
        elif kind not in _OF_BOXES:
            yield _word(kind)


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind, the start of the contents and the end of each box between two places."""
    while start + 8 <= end:
        stream.seek(start)
        size, kind = unpack(">I4s", stream.read(8))
        head = 8
        if size == 1:
            size, head = unpack(">Q", stream.read(8))[0], 16
        size = size or end - start
        if size < head or not re.fullmatch(rb"[\x20-\x7e]{4}", kind):
            raise ValueError(size)
        yield kind, start + head, start + size
        start += size


def _items(stream: BinaryIO, start: int, end: int) -> Names:
    """The kinds of items that are not read, by the boxes `infe` of versions 2 and 3."""
    stream.seek(start)
    version = stream.read(1)[0]
    for kind, at, _ in _boxes(stream, start + (8 if version else 6), end):
        stream.seek(at)
        head = stream.read(14)
        place = 10 if head[0] == 3 else 8
        item = head[place : place + 4]
        if kind == b"infe" and head[0] in (2, 3) and item not in _ITEMS:
            yield f"item {_word(item)}"

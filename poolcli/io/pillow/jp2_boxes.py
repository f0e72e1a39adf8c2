"""The boxes of a JP2 that Pillow neither reads nor writes: profile, EXIF and XMP (ISO 15444-1, I).

EXIF and XMP are in uuid boxes, as Adobe and ExifTool write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import pack, unpack
from typing import Any, BinaryIO

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_UUIDS = {
    "xmp": bytes.fromhex("be7acfcb97a942e89c71999491e3afac"),
    "exif": b"JpgTiffExif->JP2",
}
_LARGEST = 1 << 26  # bytes of a box that is read whole
_RESTRICTED, _ANY = 2, 3  # how a colr box holds a profile


def jp2_facts(stream: BinaryIO) -> dict[str, Any]:
    """The profile, EXIF and XMP of a JP2."""
    found: dict[str, Any] = {}
    stream.seek(0)
    for kind, body in _boxes(stream, stream.seek(0, 2)):
        if kind == b"jp2h" and (profile := _profile(body)):
            found["icc"] = profile
        for name, identifier in _UUIDS.items():
            if kind == b"uuid" and body.startswith(identifier):
                found[name] = body[16:]
    return found


def _profile(header: bytes) -> bytes | None:
    """The ICC profile in a jp2h box, behind the method, the precedence and the approximation."""
    colours = (data for kind, data in _inner(header) if kind == b"colr" and data)
    return next((data[3:] for data in colours if data[0] in (_RESTRICTED, _ANY)), None)


def _boxes(stream: BinaryIO, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a file but for the pixels."""
    start = 0
    while start + 8 <= end:
        stream.seek(start)
        size, kind = unpack(">I4s", stream.read(8))
        head = 8
        if size == 1:
            size, head = unpack(">Q", stream.read(8))[0], 16
        size = end - start if size == 0 else size
        if size < head:
            return
        if kind in (b"jp2h", b"uuid") and size <= _LARGEST:
            yield kind, stream.read(size - head)
        start += size


def _inner(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a box."""
    start = 0
    while start + 8 <= len(body):
        size, kind = unpack(">I4s", body[start : start + 8])
        if size < 8:
            return
        yield kind, body[start + 8 : start + size]
        start += size


def with_boxes(file: bytes, facts: Mapping[str, Any]) -> bytes:
    """A JP2 with these facts; a profile replaces what the file says of its colours."""
    if not file.startswith(SIGNATURE):
        return file
    if "icc" in facts:
        file = _with_profile(file, facts["icc"])
    more = [_box(b"uuid", _UUIDS[name] + facts[name]) for name in _UUIDS if name in facts]
    if not more:
        return file
    pixels = file.rindex(b"jp2c", 0, file.index(b"\xff\x4f\xff\x51")) - 4
    return b"".join([file[:pixels], *more, file[pixels:]])


def _with_profile(file: bytes, profile: bytes) -> bytes:
    start = file.index(b"jp2h") - 4
    (size,) = unpack(">I", file[start : start + 4])
    colr = _box(b"colr", bytes([_RESTRICTED, 0, 0]) + profile)
    inner = [
        colr if kind == b"colr" else _box(kind, data)
        for kind, data in _inner(file[start + 8 : start + size])
    ]
    return file[:start] + _box(b"jp2h", b"".join(inner)) + file[start + size :]


def _box(kind: bytes, data: bytes) -> bytes:
    return pack(">I", 8 + len(data)) + kind + data

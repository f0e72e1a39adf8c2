"""An animated WebP: the chunks of WebPs of its frames, put together (RFC 9649, 2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import pack
from typing import Any

from poolcli.io.pillow.animation import Animation, AnimationFrame, saved

_ANIMATION, _XMP, _EXIF, _ALPHA, _ICC = 0x02, 0x04, 0x08, 0x10, 0x20  # flags
_REPLACES = 0x02  # a frame does not blend with what is below it
_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")
_METADATA = {"icc_profile": (b"ICCP", _ICC), "exif": (b"EXIF", _EXIF), "xmp": (b"XMP ", _XMP)}
_LONGEST = (1 << 24) - 1  # milliseconds
_LARGEST = 65535  # of the number of plays


def encode_webp(animation: Animation, options: Mapping[str, Any]) -> bytes:
    """The bytes of a WebP; `options` are those of Pillow."""
    found = {name: options[name] for name in _METADATA if options.get(name)}
    of_pixels = {name: value for name, value in options.items() if name not in _METADATA}
    flags = _ANIMATION | sum(_METADATA[name][1] for name in found)
    if animation.images[0].mode == "RGBA":
        flags |= _ALPHA
    width, height = animation.images[0].size
    extended = pack("<I", flags) + _three(width - 1) + _three(height - 1)
    control = pack("<IH", 0, min(_LARGEST, animation.plays))
    frames = (_chunk(b"ANMF", _frame(each, of_pixels)) for each in animation.changes(step=2))
    parts = [_chunk(b"VP8X", extended), _chunk(b"ANIM", control), *frames]
    for name, value in found.items():
        metadata = _chunk(_METADATA[name][0], value)
        parts.insert(1 if name == "icc_profile" else len(parts), metadata)
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + pack("<I", len(body)) + body


def _frame(frame: AnimationFrame, options: Mapping[str, Any]) -> bytes:
    width, height = frame.image.size
    numbers = (frame.left // 2, frame.top // 2, width - 1, height - 1, _milliseconds(frame))
    pixels = [_chunk(*each) for each in _chunks(saved(frame.image, "WEBP", **options))]
    return b"".join([*map(_three, numbers), bytes([_REPLACES]), *pixels])


def _milliseconds(frame: AnimationFrame) -> int:
    return min(_LONGEST, round(frame.duration))


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a WebP of one frame that have pixels or their alpha."""
    start = 12
    while start < len(file):
        kind, size = file[start : start + 4], int.from_bytes(file[start + 4 : start + 8], "little")
        if kind in _PIXELS:
            yield kind, file[start + 8 : start + 8 + size]
        start += 8 + size + size % 2

"""Whether the scans of a JPEG are whole (ITU-T T.81, B.2).

Where a scan ends early, libjpeg makes up the rest, with a warning that Pillow does not pass on.
Without an end-of-image marker libjpeg waits for more data instead: Pillow gets the scan without
one, and fails if pixels are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from struct import unpack_from
from typing import BinaryIO, NamedTuple

from PIL import Image

_SOS, _EOI = 0xDA, 0xD9
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2  # frames with Huffman codes
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
_ENDS_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# Bits that no code begins with: the decoder reads up to 64 of them ahead.
_PADDING = b"\xff\0" * 8
_COEFFICIENTS = 64


class Scan(NamedTuple):
    """A scan: the marker of its frame and how many components that has, its own components, the
    first and the last of the coefficients, the bits left for later scans, and where its data end.
    """

    frame: int
    parts: int
    components: tuple[int, ...]
    first: int
    last: int
    bits_left: int
    end: int


def whole(image: Image.Image, stream: BinaryIO) -> Image.Image:
    """The image, to be decoded from data that have no end.

    OSError for a progressive one that lacks scans.
    """
    stream.seek(0)
    file = stream.read()
    scans = list(_scans(file))
    if not scans:
        return image
    if scans[0].frame == _PROGRESSIVE:
        if _lacks_scans(scans):
            raise OSError("its last scans are missing")
        return image
    if scans[0].frame not in _SEQUENTIAL or len(scans[0].components) < scans[0].parts:
        return image
    return Image.open(BytesIO(file[: scans[0].end] + _PADDING), formats=["JPEG"])


def _scans(file: bytes) -> Iterator[Scan]:
    at, frame = 2, (0, 0)
    while at + 4 <= len(file) and file[at] == 0xFF:
        marker = file[at + 1]
        if marker == _EOI:
            return
        at += 2
        if marker in _WITHOUT_LENGTH:
            continue
        (size,) = unpack_from(">H", file, at)
        segment, at = file[at + 2 : at + size], at + size
        if marker in (*_SEQUENTIAL, _PROGRESSIVE):
            frame = marker, segment[5]
        elif marker == _SOS:
            found = _ENDS_SCAN.search(file, at)
            at = found.start() if found else len(file)
            yield _scan(*frame, segment, at)


def _scan(frame: int, parts: int, segment: bytes, end: int) -> Scan:
    own = segment[0]
    first, last, bits = segment[1 + 2 * own : 4 + 2 * own]
    return Scan(frame, parts, tuple(segment[1 : 1 + 2 * own : 2]), first, last, bits & 15, end)


def _lacks_scans(scans: list[Scan]) -> bool:
    """Whether some coefficients have bits that no scan tells."""
    left: dict[tuple[int, int], int] = {}
    for scan in scans:
        for component in scan.components:
            for number in range(scan.first, scan.last + 1):
                left[component, number] = scan.bits_left
    return any(left.values()) or len(left) < _COEFFICIENTS * scans[0].parts

"""Resources of Photoshop, in a PSD and in a segment of a JPEG: IPTC, EXIF, XMP, the resolution.

Their numbers are those of Adobe's "Photoshop File Formats Specification".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import pack, unpack
from typing import Any

from PIL import Image

_IPTC, _RESOLUTION = 1028, 1005
_FACTS = {_IPTC: "iptc", 1058: "exif", 1060: "xmp"}
_FIXED = 1 << 16  # dots per inch are fixed-point numbers
# A thumbnail, the ICC profile, a second EXIF, and sums of what is kept.
_DERIVED = (1033, 1036, 1039, 1057, 1059, 1061)
_NAMES = {1006: "names of channels", 1050: "slices", 2000: "paths"}
_HEAD = b"Photoshop 3.0\0"
LONGEST = 65533 - len(_HEAD) - 12  # bytes of a resource in a segment


def psd_facts(image: Any) -> dict[str, Any]:
    """The facts in the resources of a PSD."""
    held = {number: data for number, _, data in getattr(image, "resources", ())}
    facts = {name: held[number] for number, name in _FACTS.items() if held.get(number)}
    if len(held.get(_RESOLUTION, b"")) >= 16:
        across, _, _, down = unpack(">IHHI", held[_RESOLUTION][:12])
        if across and down:
            facts["dpi"] = across / _FIXED, down / _FIXED
    return facts


def jpeg_iptc(image: Image.Image) -> bytes | None:
    """The IPTC of a JPEG."""
    found = image.info.get("photoshop", {}).get(_IPTC)
    return found if isinstance(found, bytes) and found else None


def unread_resources(image: Any) -> Iterator[str]:
    """The names of resources that are not read."""
    yield from _unread((number, name) for number, name, _ in getattr(image, "resources", ()))
    yield from _unread((number, b"") for number in image.info.get("photoshop", {}))


def _unread(resources: Iterable[tuple[int, bytes]]) -> Iterator[str]:
    for number, name in resources:
        if number not in (*_FACTS, _RESOLUTION, *_DERIVED):
            words = f"resource {number} {name.decode('latin-1')}".strip()
            yield _NAMES.get(number, words)


def with_iptc(file: bytes, facts: Mapping[str, Any]) -> bytes:
    """A JPEG with IPTC behind the segments that it begins with."""
    data: bytes = facts.get("iptc", b"")
    if not data:
        return file
    resource = b"8BIM" + pack(">HHI", _IPTC, 0, len(data)) + data + bytes(len(data) % 2)
    content = _HEAD + resource
    at = 2
    while file[at] == 0xFF and 0xE0 <= file[at + 1] <= 0xEF:
        at += 2 + int.from_bytes(file[at + 2 : at + 4], "big")
    return file[:at] + pack(">HH", 0xFFED, len(content) + 2) + content + file[at:]

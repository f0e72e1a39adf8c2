"""What an image file holds that nothing here reads, by names: no part of it vanishes in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from struct import error as StructError  # noqa: N812 - it names an exception
from struct import unpack, unpack_from
from typing import Any, BinaryIO

from PIL import Image

from poolcli.io.pillow.further_blocks import (
    Names,
    behind,
    of_boxes,
    of_gif,
    of_jpeg,
    of_mpo,
    of_webp,
)
from poolcli.io.pillow.image_checks import PILLOW_ERRORS
from poolcli.io.pillow.photoshop import unread_resources
from poolcli.io.pillow.ppm import of_ppm

# What Pillow says of an image that is read, that says how it is stored, or that is looked for in
# the file itself.
_KNOWN = frozenset(
    {"dpi", "icc_profile", "exif", "xmp", "duration", "loop", "transparency", "default_image"}
    | {"jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform"}
    | {"progressive", "progression", "photoshop", "mp", "mpoffset", "flashpix", "compression"}
    | {"version", "background", "extension", "sizes", "orientation", "id_section", "timestamp"}
    | {"bbox", "interlace", "scale", "gamma"}
    | {"Image type", "Image size (x*y)", "File size (no of images)"}
)
_WITH_COMMENTS = ("JPEG", "MPO", "GIF", "JPEG2000", "PPM")  # those that are facts, or a program's


def further_data(image: Image.Image, stream: BinaryIO) -> tuple[str, ...]:
    """The names of the parts that are not read; of a damaged file those before the damage."""
    found = []
    with suppress(*PILLOW_ERRORS, StructError):
        place = stream.tell()  # Pillow closes the file of some formats
        try:
            for name in _names(image, stream):
                found.append(name)  # noqa: PERF402 - those before an error count
        finally:
            stream.seek(place)
    return tuple(dict.fromkeys(found))


def _names(image: Image.Image, stream: BinaryIO) -> Names:
    yield from _of_pillow(image)
    if read := _READERS.get(image.format or ""):
        yield from read(stream)


def _of_pillow(image: Image.Image) -> Names:
    """What Pillow has read and nothing here uses. Its texts of a PNG are in chunks."""
    yield from unread_resources(image)
    if image.format != "PNG":
        known = _KNOWN | {"comment"} if image.format in _WITH_COMMENTS else _KNOWN
        yield from (str(name) for name in image.info if name not in known)


# Formats with a few fields ---------------------------------------------------------------------

_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
_BMP_SHORT, _BMP_LONG, _BMP_V5 = 40, 108, 124  # the lengths of headers
_EMBEDDED, _LINKED = b"DEBM", b"KNIL"  # colour spaces of a BMP: MBED and LINK, turned
_LARGEST = 1 << 24  # bytes of a profile
_DDS_HEAD, _DDS_CUBE, _DDS_VOLUME = 128, 0x200, 0x200000  # bytes of a header, and flags
_QOI_END = bytes(7) + b"\1"


def _of_tga(stream: BinaryIO) -> Names:
    stream.seek(0)
    length = stream.read(18)[0]
    if stream.read(length).strip(b"\0 "):
        yield "image ID"
    stream.seek(-26, 2)
    extension, developer, signature = unpack("<2I18s", stream.read(26))
    if signature == _TGA_FOOTER:
        yield from ["extension area"] if extension else []
        yield from ["developer area"] if developer else []


def _of_bmp(stream: BinaryIO) -> Names:
    stream.seek(0)
    head = stream.read(14 + _BMP_V5)
    (offset, length, width, height, _, bits, packing) = unpack_from("<3Ii2HI", head, 10)
    space = head[70:74]
    has_profile = length >= _BMP_V5 and space in (_EMBEDDED, _LINKED)
    if space == _LINKED and has_profile:
        yield "a profile in a file of its own"
    elif length >= _BMP_LONG and space == bytes(4) and any(head[74:122]):
        yield "colour space"
    if length >= _BMP_SHORT and packing in (0, 3) and not has_profile:
        yield from behind(stream, offset + (width * bits + 31) // 32 * 4 * abs(height))


def _of_cursor(stream: BinaryIO) -> Names:
    stream.seek(10)
    if any(stream.read(4)):
        yield "hotspot"


def _of_dds(stream: BinaryIO) -> Names:
    """Faces of a cube, slices of a volume, elements of an array: the first one is read."""
    stream.seek(0)
    head = stream.read(_DDS_HEAD + 20)
    (more,) = unpack_from("<I", head, 112)
    if more & _DDS_CUBE:
        yield "further faces of a cube"
    if more & _DDS_VOLUME:
        yield "further slices"
    if head[84:88] == b"DX10" and unpack_from("<I", head, _DDS_HEAD + 12)[0] > 1:
        yield "further elements of an array"


def bmp_facts(stream: BinaryIO) -> dict[str, Any]:
    """The ICC profile of a BMP, which Pillow does not read."""
    stream.seek(0)
    head = stream.read(14 + _BMP_V5)
    if len(head) < 14 + _BMP_V5 or head[14] != _BMP_V5 or head[70:74] != _EMBEDDED:
        return {}
    offset, size = unpack_from("<2I", head, 126)
    stream.seek(14 + offset)
    profile = stream.read(min(size, _LARGEST))
    return {"icc": profile} if size and len(profile) == size else {}


def _of_sgi(stream: BinaryIO) -> Names:
    stream.seek(24)
    if stream.read(80).strip(b"\0 "):
        yield "image name"


def _of_qoi(stream: BinaryIO) -> Names:
    stream.seek(0)
    file = stream.read()
    if _QOI_END in file:
        yield from behind(stream, file.rindex(_QOI_END) + len(_QOI_END))


_READERS: Mapping[str, Callable[[BinaryIO], Names]] = {
    "JPEG": of_jpeg,
    "MPO": of_mpo,
    "PPM": of_ppm,
    "GIF": of_gif,
    "WEBP": of_webp,
    "JPEG2000": of_boxes,
    "AVIF": of_boxes,
    "TGA": _of_tga,
    "BMP": _of_bmp,
    "SGI": _of_sgi,
    "CUR": _of_cursor,
    "DDS": _of_dds,
    "QOI": _of_qoi,
}

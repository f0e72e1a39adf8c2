"""The facts of a map become options of Pillow, or are put into the bytes that it wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from struct import pack_into
from typing import Any

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.mode import ALL
from poolcli.io.pillow.exif import PREFIX
from poolcli.io.pillow.jp2_boxes import with_boxes
from poolcli.io.pillow.photoshop import LONGEST, with_iptc
from poolcli.io.pillow.png_facts import with_chunks
from poolcli.io.pillow.ppm import with_comment
from poolcli.io.pillow.qoi import with_colour_space
from poolcli.maps.facts import Facts
from poolcli.maps.feature_map import FeatureMap

_JFIF, _UNIT = b"\xff\xd8\xff\xe0\0\x10JFIF\0", 13  # the start of a JPEG, and where its unit is
_LARGEST = 65535  # of a density
_CENTIMETRE = 2.54  # of an inch
# Bytes of what a JPEG holds in segments of 64 KB, of a profile in 255 of them; and dots per inch.
_LONGEST = {"exif": 65527, "xmp": 65504, "comment": 65533, "icc": 255 * 65519, "iptc": LONGEST}
_DENSEST = {"jpeg": 65535, "png": 5 * 10**7, "bmp": 5 * 10**7}


def save_options(one: FeatureMap, mode: str, target: Format) -> dict[str, Any]:
    """The facts that the format holds, as options of Image.save."""
    facts = _held(one, mode, target)
    options = {
        "icc_profile": facts.get("icc"),
        "exif": _exif(facts.get("exif"), target),
        "xmp": facts.get("xmp"),
        "dpi": facts.get("dpi"),
        "comment": facts.get("comment", "").encode("utf-8", "surrogateescape"),
    }
    return {name: value for name, value in options.items() if value}


def with_facts(file: bytes, one: FeatureMap, mode: str, target: Format) -> bytes:
    """The file with those facts for which Pillow has no options."""
    finish = _FINISHERS.get(target.name)
    return finish(file, _held(one, mode, target)) if finish else file


def unheld_by_jpeg(header: Header) -> tuple[str, ...]:
    """The facts that are too long for the segments of a JPEG."""
    return _too_large(header.facts, "jpeg")


def unheld_by_png(header: Header) -> tuple[str, ...]:
    """The facts that are too large for the chunks of a PNG."""
    return _too_large(header.facts, "png")


def unheld_by_bmp(header: Header) -> tuple[str, ...]:
    """The facts that are too large for the header of a BMP."""
    return _too_large(header.facts, "bmp")


def _too_large(facts: Facts, name: str) -> tuple[str, ...]:
    long = _LONGEST if name == "jpeg" else {}
    found = [each for each, limit in long.items() if _length(facts.get(each, b"")) > limit]
    if max(facts.get("dpi", (0,))) > _DENSEST.get(name, inf):
        found.append("dpi")
    return tuple(found)


def _length(value: str | bytes) -> int:
    return len(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)


def _held(one: FeatureMap, mode: str, target: Format) -> Facts:
    """The facts that the format holds, without a profile for colours of another kind."""
    own = one.picture.mode if one.picture else mode
    unheld = _too_large(one.facts, target.name)
    is_same_kind = ALL[own].colour == ALL[mode].colour
    return {
        name: value
        for name, value in one.facts.items()
        if name in target.facts and name not in unheld and (name != "icc" or is_same_kind)
    }


def _exif(exif: bytes | None, target: Format) -> bytes | None:
    if exif is None:
        return None
    block = exif.removeprefix(PREFIX)
    return PREFIX + block if target.name == "jpeg" else block


def _with_density(file: bytes, facts: Facts) -> bytes:
    """A JPEG whose density has no unit, or centimetres where these are whole numbers."""
    if not file.startswith(_JFIF):
        return file
    if "aspect" in facts and "dpi" not in facts:
        return _patched(file, 0, facts["aspect"])
    dpi = facts.get("dpi")
    if dpi and any(value != round(value) for value in dpi):
        across, down = (value / _CENTIMETRE for value in dpi)
        if all(abs(value - round(value)) < 1e-3 for value in (across, down)):
            return _patched(file, 2, (across, down))
    return file


def _patched(file: bytes, unit: int, density: tuple[float, float]) -> bytes:
    """The file with another density; a relation of fractions is scaled to whole numbers."""
    scale = 1 if all(value.is_integer() for value in density) or unit else 1000 / min(density)
    numbers = (max(1, min(_LARGEST, round(value * scale))) for value in density)
    patched = bytearray(file)
    pack_into(">BHH", patched, _UNIT, unit, *numbers)
    return bytes(patched)


_FINISHERS: Mapping[str, Callable[[bytes, Facts], bytes]] = {
    "png": with_chunks,
    "jpeg": lambda file, facts: with_iptc(_with_density(file, facts), facts),
    "jp2": with_boxes,
    "ppm": with_comment,
    "qoi": with_colour_space,
}

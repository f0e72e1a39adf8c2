"""The carried facts of a TIFF's tags: resolution, profile, texts, EXIF, and those of GeoTIFF."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isfinite
from typing import Any

from poolcli.io.tiff import geo, geo_fields
from poolcli.io.tiff.byte_form import ASCII, ByteForm
from poolcli.io.tiff.codecs import name_of
from poolcli.io.tiff.directory import Directory, directories
from poolcli.io.tiff.fields import (
    RATIONAL,
    SHORT,
    Field,
    Inner,
    block,
    copied,
    numbers,
    packed_directory,
    rational,
    text,
)
from poolcli.io.tiff.further_data import further_data
from poolcli.io.tiff.images import Image
from poolcli.io.tiff.storage import NAME, Stored
from poolcli.io.tiff.tags import Compression, Tag
from poolcli.resources.extras import has_extra

# A block of EXIF has these beside its own: description, make, model, software, date, artist,
# copyright. The other tags of a TIFF's directory say how its pixels are stored.
_DESCRIPTIVE = (
    Tag.DESCRIPTION,
    Tag.MAKE,
    Tag.MODEL,
    Tag.SOFTWARE,
    Tag.DATE_TIME,
    Tag.ARTIST,
    Tag.COPYRIGHT,
)
_INNER = (Tag.EXIF, Tag.GPS)
_INTEROPERABILITY = 40965
_MAKER_NOTE = 37500
_EXIF_FORM = ByteForm("<", is_big=False)
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3
_NAMES: dict[int, str] = {
    Compression.NONE: "none",
    Compression.DEFLATE: "deflate",
    Compression.OLD_DEFLATE: "deflate",
    Compression.LZW: "lzw",
    Compression.PACKBITS: "packbits",
    Compression.ZSTD: "zstd",
    Compression.LZMA: "lzma",
    Compression.JPEG: "jpeg",
}
COMPRESSIONS = {name: number for number, name in reversed(_NAMES.items())}
# Texts with a tag of their own, by the keyword that other formats know them by.
TEXTS = {269: "DocumentName", 285: "PageName", 316: "HostComputer", 337: "TargetPrinter"}


def facts_of(image: Image, kept: Stored) -> dict[str, Any]:
    """What an image carries beside its values."""
    page = image.keyframe
    directory = page.directory
    facts: dict[str, Any] = {**_resolution(directory), **_blocks(directory, image.kind)}
    facts |= geo.facts_of(directory, page.samples, page.dtype)
    facts |= image.facts
    if image.kind == "imagej" and "W" in facts.get("spacing", {}):
        facts.pop("dpi", None)
        facts.pop("aspect", None)
    facts["compression"] = _NAMES.get(page.compression, name_of(page.compression).lower())
    if page.is_tiled:
        facts["chunks"] = {"H": page.segment[0], "W": page.segment[1]}
    if names := further_data(image, frozenset(TEXTS)):
        facts["further_data"] = names
    return {**facts, "storage": {NAME: kept}}


def _resolution(directory: Directory) -> dict[str, Any]:
    """Dots per inch, or the shape of a pixel where there is no unit."""
    across, down = directory.rational(Tag.X_RESOLUTION), directory.rational(Tag.Y_RESOLUTION)
    if not across or not down or across <= 0 or down <= 0:
        return {}
    unit = directory.whole(Tag.RESOLUTION_UNIT, _INCH)
    if unit == _NO_UNIT:
        return {} if across == down else {"aspect": (float(across), float(down))}
    inch = Fraction(254, 100) if unit == _CENTIMETRE else 1
    if across == down == 1:
        return {}  # what writers give that know of none
    return {"dpi": (float(across * inch), float(down * inch))}


def _blocks(directory: Directory, kind: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, tag in (("icc", Tag.ICC), ("xmp", Tag.XMP), ("iptc", Tag.IPTC)):
        if raw := directory.raw(tag):
            facts[name] = raw
    if exif := _exif(directory, kind):
        facts["exif"] = exif
    if chromaticities := _chromaticities(directory):
        facts["chromaticities"] = chromaticities
    texts = tuple(
        (TEXTS.get(tag, f"tag {tag}"), directory.text(tag))
        for tag, entry in directory.entries.items()
        if entry.type == ASCII and (tag in TEXTS or tag >= 32768) and tag not in _KNOWN
    )
    return facts | ({"text": texts} if texts else {})


def _chromaticities(directory: Directory) -> tuple[float, ...]:
    """Those of white and of the three primaries; none if some are missing."""
    parts = [*directory.numbers(Tag.WHITE_POINT), *directory.numbers(Tag.CHROMATICITIES)]
    pairs = [(int(over), int(under)) for over, under in zip(parts[::2], parts[1::2], strict=False)]
    is_whole = len(pairs) == 8 and all(under for _, under in pairs)
    return tuple(over / under for over, under in pairs) if is_whole else ()


_KNOWN = (Tag.COPYRIGHT, Tag.GEO_ASCII, Tag.GDAL_METADATA, Tag.GDAL_NODATA)


def _exif(directory: Directory, kind: str) -> bytes:
    """The descriptive tags and the directories of EXIF and GPS, as a block of EXIF."""
    fields: list[Field | Inner] = [
        copied(directory, tag)
        for tag in _DESCRIPTIVE
        if tag in directory and not (tag == Tag.DESCRIPTION and kind)
    ]
    for tag in _INNER:
        inner = directory.inner(tag)
        if inner is not None and inner.entries:
            fields.append(Inner(tag, _copied_all(inner)))
    if not fields:
        return b""
    at = len(_EXIF_FORM.head) + 4
    return _EXIF_FORM.head + at.to_bytes(4, "little") + packed_directory(fields, _EXIF_FORM, at)


def _copied_all(directory: Directory) -> list[Field]:
    """The fields of a directory, without what is a place in its file."""
    return [copied(directory, tag) for tag in directory.entries if tag != _INTEROPERABILITY]


# Writing -------------------------------------------------------------------------------------


def fields_of(facts: Mapping[str, Any], kept: Stored, samples: int) -> list[Field | Inner]:
    """The tags that tell the facts of an image, without its description's."""
    fields: list[Field | Inner] = []
    for name, tag, kind in (("icc", Tag.ICC, 7), ("xmp", Tag.XMP, 1), ("iptc", Tag.IPTC, 7)):
        if name in facts:
            fields.append(block(tag, facts[name], kind))
    if "exif" in facts:
        fields += _exif_fields(facts["exif"])
    fields += _resolution_fields(facts, kept.unit)
    fields += _chromaticity_fields(facts.get("chromaticities", ()))
    fields += geo_fields.fields_of(_with_keys(facts), samples)
    return fields + _text_fields(facts.get("text", ()))


def _chromaticity_fields(values: tuple[float, ...]) -> list[Field]:
    fractions = [Fraction(each).limit_denominator(10**6) for each in values]
    parts = [part for each in fractions for part in (each.numerator, each.denominator)]
    tags = ((Tag.WHITE_POINT, parts[:4]), (Tag.CHROMATICITIES, parts[4:]))
    return [numbers(tag, RATIONAL, *found) for tag, found in tags if found]


def _with_keys(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts with the keys of a reference system that another format named."""
    if "crs" not in facts or "geo_keys" in facts or not has_extra("geo"):
        return facts
    from poolcli.io.tiff.gdal import keys_of_crs

    keys = keys_of_crs(facts["crs"])
    return facts if keys is None else {**facts, "geo_keys": keys}


def _exif_fields(raw: bytes) -> list[Field | Inner]:
    """The descriptive tags and the inner directories of a block; none of a damaged one."""
    from io import BytesIO

    from poolcli.errors import FileError

    try:
        (directory, *_) = directories(BytesIO(raw.removeprefix(b"Exif\0\0")))
    except (FileError, ValueError):
        return []
    fields: list[Field | Inner] = [
        copied(directory, tag) for tag in _DESCRIPTIVE if tag in directory
    ]
    for tag in _INNER:
        inner = directory.inner(tag)
        if inner is not None and inner.entries:
            fields.append(Inner(tag, _copied_all(inner)))
    return fields


def _resolution_fields(facts: Mapping[str, Any], unit: int) -> list[Field]:
    if "dpi" in facts:
        unit = _CENTIMETRE if unit == _CENTIMETRE else _INCH
        inch = Fraction(100, 254) if unit == _CENTIMETRE else Fraction(1)
        pair = [Fraction(each).limit_denominator(10**6) * inch for each in facts["dpi"]]
    elif "aspect" in facts:
        unit, pair = _NO_UNIT, [Fraction(each).limit_denominator(10**6) for each in facts["aspect"]]
    else:
        return []
    if not all(isfinite(each) and each > 0 for each in pair):
        return []
    return resolution_fields(pair[0], pair[1], unit)


def resolution_fields(across: Fraction, down: Fraction, unit: int = _NO_UNIT) -> list[Field]:
    """The tags of the resolution."""
    return [
        rational(Tag.X_RESOLUTION, across),
        rational(Tag.Y_RESOLUTION, down),
        numbers(Tag.RESOLUTION_UNIT, SHORT, unit),
    ]


def text_tag(name: str) -> int:
    """The tag of a text with this name; 0 if a TIFF has none."""
    number = name.removeprefix("tag ")
    tags = {known: tag for tag, known in TEXTS.items()}
    return tags.get(name) or (int(number) if number.isdigit() else 0)


def _text_fields(texts: tuple[tuple[str, str], ...]) -> list[Field]:
    found = {text_tag(name): text(text_tag(name), words) for name, words in texts if text_tag(name)}
    return list(found.values())

"""ImageJ's description of a TIFF: axes, sizes of pixels, and how the image is shown.

Lines of NAME=VALUE in the description, and a block of its own for texts, labels, ranges and lookup
tables (imagej.net, `ij.io.TiffEncoder`).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from math import isfinite, prod
from typing import Any, NamedTuple

from poolcli.maps.facts import PixelSize

_MAGIC = 0x494A494A  # IJIJ
# Kinds of the block. Regions of interest are places in the image: they are not carried.
_KINDS = {
    b"info": "info",
    b"labl": "labels",
    b"rang": "ranges",
    b"luts": "luts",
    b"prop": "properties",
}
_REGIONS = (b"roi ", b"over")
_MICRONS = ("um", "micron", "microns", "\\u00B5m", "\u00b5m", "\u03bcm", "micrometer")
_MICRON = "\u00b5m"
# Lines that this module writes itself.
_OWN = (
    "ImageJ",
    "images",
    "channels",
    "slices",
    "frames",
    "hyperstack",
    "unit",
    "spacing",
    "finterval",
    "xorigin",
    "yorigin",
    "zorigin",
)
_ORIGINS = {"W": "xorigin", "H": "yorigin", "D": "zorigin"}


class Hyperstack(NamedTuple):
    """The sizes of the axes T, Z and C, 1 if there is none; the number of images; the lines."""

    frames: int
    slices: int
    channels: int
    images: int
    lines: Mapping[str, str]


def parsed(description: str) -> Hyperstack | None:
    """What a description tells; None if it is of another kind."""
    if not description.startswith("ImageJ="):
        return None
    pairs = (line.partition("=") for line in description.splitlines())
    lines = {name: value for name, separator, value in pairs if separator}
    images = _count(lines, "images")
    frames, slices, channels = (_count(lines, name) for name in ("frames", "slices", "channels"))
    if frames * slices * channels == 1 and images > 1:  # a plain stack
        frames = images
    return Hyperstack(frames, slices, channels, images, lines)


def _count(lines: Mapping[str, str], name: str) -> int:
    with suppress(ValueError):
        return max(1, int(lines.get(name, 1)))
    return 1


def sizes_of(
    stack: Hyperstack, resolution: tuple[Fraction, Fraction] | None
) -> tuple[dict[str, PixelSize], dict[str, float]]:
    """The sizes of pixels, and the coordinates of the first one's centre, by letters of axes."""
    sizes: dict[str, PixelSize] = {}
    unit = stack.lines.get("unit", "")
    word = unit_word(unit)
    if word and word != "pixel" and resolution:
        across, down = (float(1 / each) for each in resolution)
        sizes |= {"H": PixelSize(down, word), "W": PixelSize(across, word)}
    if (depth := _number(stack.lines, "spacing")) is not None:
        sizes["D"] = PixelSize(abs(depth), word)
    if (interval := _number(stack.lines, "finterval")) is not None:
        sizes["N"] = PixelSize(interval, stack.lines.get("tunit", "sec"))
    return sizes, _origins(stack.lines, sizes)


def _origins(lines: Mapping[str, str], sizes: Mapping[str, PixelSize]) -> dict[str, float]:
    places = {letter: _number(lines, name) for letter, name in _ORIGINS.items()}
    return {
        letter: -place * sizes[letter].size
        for letter, place in places.items()
        if place and letter in sizes
    }


def unit_word(unit: str) -> str:
    """A unit as other formats write it."""
    return _MICRON if unit in _MICRONS else unit


def _number(lines: Mapping[str, str], name: str) -> float | None:
    with suppress(KeyError, ValueError):
        value = float(lines[name])
        return value if isfinite(value) and value else None
    return None


def described(sizes: tuple[int, int, int], facts: Mapping[str, Any], *, is_colour: bool) -> str:
    """The description of a stack of so many frames, slices and channels."""
    old: Mapping[str, str] = facts.get("imagej", {}).get("lines", {})
    lines = {"ImageJ": old.get("ImageJ", "1.54f")}
    images = prod(sizes)
    if images > 1:
        lines["images"] = str(images)
    for name, size in zip(("channels", "slices", "frames"), reversed(sizes), strict=True):
        if size > 1:
            lines[name] = str(size)
    if sum(size > 1 for size in sizes) > 1 or sizes[2] > 1:
        lines["hyperstack"] = "true"
    lines |= _size_lines(facts, old)
    lines |= {name: value for name, value in old.items() if name not in _OWN}
    if sizes[2] > 1 and not is_colour:
        lines.setdefault("mode", "grayscale")
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _size_lines(facts: Mapping[str, Any], old: Mapping[str, str]) -> dict[str, str]:
    sizes: Mapping[str, PixelSize] = facts.get("spacing", {})
    lines = {}
    unit = next((sizes[letter].unit for letter in "WHD" if letter in sizes), "")
    if unit:
        kept = old.get("unit", "")
        lines["unit"] = kept if unit_word(kept) == unit else unit.replace(_MICRON, "\\u00B5m")
    if "D" in sizes:
        lines["spacing"] = repr(sizes["D"].size)
    if "N" in sizes:
        lines["finterval"] = repr(sizes["N"].size)
    for letter, start in facts.get("origin", {}).items():
        if letter in _ORIGINS and start:
            size = sizes.get(letter, PixelSize(1.0)).size
            lines[_ORIGINS[letter]] = repr(-start / size)
    return lines


# The block -----------------------------------------------------------------------------------


def blocks(counts: tuple[int, ...], raw: bytes, order: str) -> dict[str, tuple[bytes, ...]]:
    """The parts of the block by their names; "rois" for regions of interest."""
    if len(counts) < 2 or counts[0] < 4 or sum(counts) > len(raw):
        return {}
    magic, *head = struct.unpack_from(f"{order}{counts[0] // 4}I", raw)
    if magic != _MAGIC:
        return {}
    found: dict[str, tuple[bytes, ...]] = {}
    start, number = counts[0], 1
    for at in range(0, len(head) - 1, 2):
        kind = struct.pack(">I", head[at])
        parts = []
        for size in counts[number : number + head[at + 1]]:
            parts.append(raw[start : start + size])
            start += size
        number += head[at + 1]
        name = "rois" if kind in _REGIONS else _KINDS.get(kind)
        if name and parts:
            found[name] = (*found.get(name, ()), *parts)
    return found


def packed(parts: Mapping[str, tuple[bytes, ...]], order: str) -> tuple[tuple[int, ...], bytes]:
    """The sizes of a block's parts, and the block."""
    names = {name: kind for kind, name in _KINDS.items()}
    kept = [(names[name], values) for name, values in parts.items() if name in names and values]
    if not kept:
        return (), b""
    head = struct.pack(f"{order}I", _MAGIC)
    for kind, values in kept:
        head += struct.pack(f"{order}II", struct.unpack(">I", kind)[0], len(values))
    body = [part for _, values in kept for part in values]
    return (len(head), *map(len, body)), head + b"".join(body)

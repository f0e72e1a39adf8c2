"""A loaded Pillow image becomes an array and a palette."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from poolcli.io.pillow.image_checks import decoding, rawmode
from poolcli.maps.array import Array

WITH_ALPHA = {"1": "LA", "L": "LA", "RGB": "RGBA"}  # modes of images with a transparent colour
# Pixels copied at a time: with more, each band takes new memory from the system.
_BAND = 1 << 15
_KEY_SCALE = {"L;2": 85, "L;4": 17, "L": 1}


def pixels(image: Image.Image, mode: str) -> Array:
    """The pixels of a loaded image as those of `mode`, which holds all of them."""
    if mode == "I;16":
        return np.asarray(image).astype(np.uint16)
    if "transparency" in image.info and WITH_ALPHA.get(image.mode) == mode:
        return _with_alpha(image)
    with decoding():  # a damaged palette is found only now
        converted = values(image if image.mode == mode else image.convert(mode))
    return offset_lab(converted) if mode == "LAB" else converted


def offset_lab(lab: Array) -> Array:
    """L*a*b* bytes with a* and b* counted from 128 instead of signed, or back.

    Counted from 128 they compare as unsigned bytes.
    """
    return lab ^ np.array([0, 128, 128], np.uint8)


def values(image: Image.Image) -> Array:
    """The pixels, copied in bands of rows: `np.asarray` would copy the whole image twice."""
    first = np.asarray(image.crop((0, 0, image.width, 1)))
    copied = np.empty((image.height, *first.shape[1:]), first.dtype)
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        band = copied[top : top + rows]
        band[...] = np.asarray(image.crop((0, top, image.width, top + len(band))))
    return copied


def _with_alpha(image: Image.Image) -> Array:
    """The pixels with alpha 0 where they have the transparent colour, else 255."""
    values = np.asarray(image).reshape(image.height, image.width, -1)
    colours = values * np.uint8(255) if image.mode == "1" else values
    opaque = (colours != np.array(image.info["transparency"])).any(axis=-1, keepdims=True)
    return np.concatenate([colours, opaque * np.uint8(255)], axis=-1)


def scale_key(image: Image.Image) -> None:
    """Make the transparent colour one of the pixels as Pillow gives them.

    It scales 2 and 4-bit gray; and of 16 bits in which a PNG keeps a colour, those count that a
    sample has (PNG, 11.3.2.1).
    """
    key, raw = image.info.get("transparency"), rawmode(image)
    if raw in _KEY_SCALE and isinstance(key, int):
        levels = 255 // _KEY_SCALE[raw]
        image.info["transparency"] = (key & levels) * _KEY_SCALE[raw]
    if raw == "RGB" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value & 255 for value in key)


def palette(image: Image.Image, highest: int) -> tuple[bytes, bytes | None]:
    """RGB triples for the indices up to `highest`, and their alpha unless all are opaque."""
    colours = bytes(image.getpalette("RGB") or ())
    count = max(len(colours) // 3, highest + 1)
    return colours.ljust(3 * count, b"\0"), _palette_alpha(image, count)


def has_palette_alpha(image: Image.Image) -> bool:
    """Whether a palette image has alpha, known before it is decoded."""
    has_key = isinstance(image.info.get("transparency"), int | bytes)
    return has_key or bool(image.palette and image.palette.mode == "RGBA")


def _palette_alpha(image: Image.Image, count: int) -> bytes | None:
    key: Any = image.info.get("transparency")
    if isinstance(key, int):
        return bytes(0 if index == key else 255 for index in range(count))
    if isinstance(key, bytes):
        return key[:count].ljust(count, b"\xff")
    if image.palette and image.palette.mode == "RGBA":
        return bytes(image.getpalette("RGBA") or ())[3::4].ljust(count, b"\xff")
    return None

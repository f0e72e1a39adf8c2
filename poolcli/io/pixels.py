"""The array and the palette of a loaded image."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from poolcli.errors import FileError
from poolcli.io.damage import decoding, rawmode, tag
from poolcli.maps.array import Array

WITH_ALPHA = {"1": "LA", "L": "LA", "RGB": "RGBA"}
_PHOTOMETRIC, _SAMPLE_FORMAT = 262, 339
_BAND = (
    1 << 15
)  # pixels copied at a time: in more, Pillow and NumPy take new memory from the system for each band
_KEY_SCALE = {"L;2": 85, "L;4": 17}


def pixels(image: Image.Image, mode: str) -> Array:
    """The loaded image in a mode that holds all of it."""
    if mode == "I;16":
        return _sixteen(image)
    if "transparency" in image.info and WITH_ALPHA.get(image.mode) == mode:
        return _keyed(image)
    with decoding():  # a damaged palette is found only now
        given = values(image if image.mode == mode else image.convert(mode))
    if mode == "I" and tag(image, _SAMPLE_FORMAT, (1,)) == (1,) and given.min() < 0:
        raise FileError(
            "unsigned values past 2147483647 do not fit Pillow's 32-bit mode: save it as .npy"
        )
    return offset(given) if mode == "LAB" else given


def offset(lab: Array) -> Array:
    """L*a*b* whose signed a* and b* are counted from 128, so that bytes compare as they do; done again, as it was."""
    return lab ^ np.array([0, 128, 128], np.uint8)


def values(image: Image.Image) -> Array:
    """The pixels, copied in bands that stay in cache: Pillow would copy the whole twice."""
    first = np.asarray(image.crop((0, 0, image.width, 1)))
    copied = np.empty((image.height, *first.shape[1:]), first.dtype)
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        band = copied[top : top + rows]
        band[...] = np.asarray(image.crop((0, top, image.width, top + len(band))))
    return copied


def _sixteen(image: Image.Image) -> Array:
    values = np.asarray(image).astype(np.uint16)
    # Pillow turns white-is-zero over for 8 bits, and forgets to for 16.
    return 65535 - values if tag(image, _PHOTOMETRIC, 1) == 0 else values


def _keyed(image: Image.Image) -> Array:
    """The colour that stands for transparent gets alpha 0, every other 255."""
    values = np.asarray(image).reshape(image.height, image.width, -1)
    colours = values * np.uint8(255) if image.mode == "1" else values
    seen = (colours != np.array(image.info["transparency"])).any(axis=-1, keepdims=True)
    return np.concatenate([colours, seen * np.uint8(255)], axis=-1)


def scale_key(image: Image.Image) -> None:
    """Pillow widens 2 and 4-bit gray to 8 bits but leaves its transparent value as it was."""
    key = image.info.get("transparency")
    if isinstance(key, int):
        image.info["transparency"] = key * _KEY_SCALE.get(rawmode(image), 1)


def palette(image: Image.Image, highest: int) -> tuple[bytes, bytes | None]:
    """RGB triples for every index up to `highest` at least, and their alpha when not all is opaque."""
    colours = bytes(image.getpalette("RGB") or ())
    count = max(len(colours) // 3, highest + 1)
    return colours.ljust(3 * count, b"\0"), _palette_alpha(image, count)


def has_palette_alpha(image: Image.Image) -> bool:
    """Whether a palette image has alpha, known before it is decoded."""
    keyed = isinstance(image.info.get("transparency"), int | bytes)
    return keyed or bool(image.palette and image.palette.mode == "RGBA")


def _palette_alpha(image: Image.Image, count: int) -> bytes | None:
    key: Any = image.info.get("transparency")
    if isinstance(key, int):
        return bytes(0 if index == key else 255 for index in range(count))
    if isinstance(key, bytes):
        return key[:count].ljust(count, b"\xff")
    if image.palette and image.palette.mode == "RGBA":
        return bytes(image.getpalette("RGBA") or ())[3::4].ljust(count, b"\xff")
    return None

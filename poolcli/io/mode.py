"""Pillow's modes: what the pixels of each are, and the words for it."""

from __future__ import annotations

from typing import NamedTuple


class Pixels(NamedTuple):
    """`channels` 0 means an HW array, without a channel axis."""

    dtype: str
    channels: int
    words: str
    colour: str


MODES = {
    "1": Pixels("bool", 0, "1-bit pixels", "gray"),
    "L": Pixels("uint8", 0, "gray", "gray"),
    "LA": Pixels("uint8", 2, "alpha", "gray"),
    "P": Pixels("uint8", 0, "palette", "rgb"),
    "RGB": Pixels("uint8", 3, "colour", "rgb"),
    "RGBA": Pixels("uint8", 4, "alpha", "rgb"),
    "CMYK": Pixels("uint8", 4, "CMYK", "cmyk"),
    "YCbCr": Pixels("uint8", 3, "YCbCr", "rgb"),
    "LAB": Pixels("uint8", 3, "LAB", "lab"),
    "HSV": Pixels("uint8", 3, "HSV", "rgb"),
    "I;16": Pixels("uint16", 0, "16-bit gray", "gray"),
    "I": Pixels("int32", 0, "32-bit integers", "gray"),
    "F": Pixels("float32", 0, "floating point", "gray"),
}

_NATURAL = ("1", "L", "LA", "RGB", "RGBA", "I;16", "I", "F")
NATURAL = {MODES[mode][:2]: mode for mode in _NATURAL}

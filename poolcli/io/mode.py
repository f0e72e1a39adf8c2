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

# What Pillow cannot hold and a TIFF can: colours of 16 bits, and stacks of any depth, whose axes have names.
STACK = "ND"
DEEP = {
    "RGB;16": Pixels("uint16", 3, "16-bit colour", "rgb"),
    "RGBA;16": Pixels("uint16", 4, "16-bit alpha", "rgb"),
}
ALL = {**MODES, **DEEP, STACK: Pixels("", 0, "named axes", "")}

_NATURAL = ("1", "L", "LA", "RGB", "RGBA", "I;16", "I", "F")
NATURAL = {MODES[mode][:2]: mode for mode in _NATURAL}

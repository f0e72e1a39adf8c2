"""Pillow's modes: dtype and channels of each, and its name in messages."""

from __future__ import annotations

from typing import NamedTuple


class ImageMode(NamedTuple):
    """The pixels of a mode. `channels` 0 means an HW array; `colour` is the kind of ICC profile."""

    dtype: str
    channels: int
    words: str
    colour: str


MODES = {
    "1": ImageMode("bool", 0, "1-bit pixels", "gray"),
    "L": ImageMode("uint8", 0, "gray", "gray"),
    "LA": ImageMode("uint8", 2, "alpha", "gray"),
    "P": ImageMode("uint8", 0, "palette", "rgb"),
    "RGB": ImageMode("uint8", 3, "colour", "rgb"),
    "RGBA": ImageMode("uint8", 4, "alpha", "rgb"),
    "CMYK": ImageMode("uint8", 4, "CMYK", "cmyk"),
    "YCbCr": ImageMode("uint8", 3, "YCbCr", "rgb"),
    "LAB": ImageMode("uint8", 3, "LAB", "lab"),
    "HSV": ImageMode("uint8", 3, "HSV", "rgb"),
    "I;16": ImageMode("uint16", 0, "16-bit gray", "gray"),
    "I": ImageMode("int32", 0, "32-bit integers", "gray"),
    "F": ImageMode("float32", 0, "floating point", "gray"),
}

# What Pillow cannot hold and a TIFF can, some of it a PNG: 16 bits a colour, and stacks of any
# depth with named axes.
STACK = "ND"
ALPHA_STACK = "NDA"
DEEP = {
    "LA;16": ImageMode("uint16", 2, "16-bit alpha", "gray"),
    "RGB;16": ImageMode("uint16", 3, "16-bit colour", "rgb"),
    "RGBA;16": ImageMode("uint16", 4, "16-bit alpha", "rgb"),
}
ALL = {**MODES, **DEEP, STACK: ImageMode("", 0, "named axes", "")}
ALL[ALPHA_STACK] = ImageMode("", 0, "named axes and alpha", "")

# The mode that an array gets by its dtype and channels.
_USUAL = ("1", "L", "LA", "RGB", "RGBA", "I;16", *DEEP, "I", "F")
NATURAL = {ALL[mode][:2]: mode for mode in _USUAL}

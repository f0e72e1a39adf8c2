"""EXIF: which way up a picture is, and the block it keeps once it stands upright."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import Image

from poolcli.io.damage import DAMAGE
from poolcli.maps.array import Array

PREFIX = b"Exif\0\0"  # JPEG has it before the block, the others may
_ORIENTATION = 0x0112
_SUB_BLOCKS = (0x8769, 0x8825)  # Exif and GPS
# A TIFF keeps its structure (sizes, offsets, photometry) in the same directory as its EXIF; these say nothing of it:
# description, make, model, software, date, artist, copyright.
_DESCRIPTIVE = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)

_UPRIGHT: dict[int, Callable[[Array], Array]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels.swapaxes(0, 1), 2),
    8: lambda pixels: np.rot90(pixels, 1),
}


def orientation(image: Image.Image) -> int:
    """The turn EXIF or XMP asks for, 1 (none) to 8."""
    with suppress(*DAMAGE):
        # Not image.getexif(), which in a PNG decodes all pixels to look behind them.
        value = Image.Image.getexif(image).get(_ORIENTATION, 1)
        return value if value in _UPRIGHT else 1
    return 1


def is_lying(turn: int) -> bool:
    """Whether undoing the turn swaps width and height."""
    return turn >= 5


def upright(pixels: Array, turn: int) -> Array:
    """The pixels as they should be seen."""
    return np.ascontiguousarray(_UPRIGHT[turn](pixels)) if turn in _UPRIGHT else pixels


def kept(image: Image.Image) -> bytes | None:
    """The EXIF block of an upright picture, None when there is none or it is damaged."""
    with suppress(*DAMAGE):
        if image.format == "TIFF":
            return described(Image.Image.getexif(image))
        return _reset(image.info["exif"]) if image.info.get("exif") else None
    return None


def described(exif: Image.Exif) -> bytes | None:
    """What a TIFF's directory, or a block bound for one, tells of the picture and not of its storage."""
    told = Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in exif:
            told[tag] = exif[tag]
    for block in _SUB_BLOCKS:
        if block in exif and (entries := exif.get_ifd(block)):
            told[block] = entries
    return told.tobytes() if told else None


def _reset(exif: bytes) -> bytes:
    """The block with orientation 1, patched in place: writing it anew would break the makers' own notes."""
    start = len(PREFIX) if exif.startswith(PREFIX) else 0
    order = "<" if exif[start : start + 2] == b"II" else ">"
    patched = bytearray(exif)
    directory = start + struct.unpack_from(f"{order}I", exif, start + 4)[0]
    (count,) = struct.unpack_from(f"{order}H", exif, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        if struct.unpack_from(f"{order}H", exif, entry)[0] == _ORIENTATION:
            struct.pack_into(f"{order}H", patched, entry + 8, 1)
    return bytes(patched)


def late_exif(stream: BinaryIO) -> bytes | None:
    """The eXIf chunk of a PNG wherever it stands: Pillow finds one behind the pixels only by decoding them."""
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind == b"eXIf":
            return stream.read(size)
        stream.seek(size + 4, 1)
    return None

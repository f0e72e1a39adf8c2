"""EXIF: the orientation of an image, and its EXIF block once it is upright."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import Image

from poolcli.io.pillow.image_checks import PILLOW_ERRORS
from poolcli.io.pillow.png_chunks import find_chunks
from poolcli.maps.array import Array

PREFIX = b"Exif\0\0"  # before the block in a JPEG, and in other formats at times
_ORIENTATION = 0x0112

_TURNS: dict[int, Callable[[Array], Array]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels.swapaxes(0, 1), 2),
    8: lambda pixels: np.rot90(pixels, 1),
}


def orientation(image: Image.Image) -> int:
    """The orientation that EXIF or XMP gives, 1 (upright) to 8."""
    with suppress(*PILLOW_ERRORS):
        # Not image.getexif(), which in a PNG decodes all pixels to look behind them.
        value = Image.Image.getexif(image).get(_ORIENTATION, 1)
        return value if value in _TURNS else 1
    return 1


def swaps_axes(turn: int) -> bool:
    """Whether undoing an orientation swaps width and height."""
    return turn >= 5


def upright(pixels: Array, turn: int) -> Array:
    """The pixels with their orientation undone."""
    return np.ascontiguousarray(_TURNS[turn](pixels)) if turn in _TURNS else pixels


def upright_exif(image: Image.Image) -> bytes | None:
    """The EXIF block with orientation 1; None if there is none or it is damaged."""
    with suppress(*PILLOW_ERRORS):
        return upright_block(image.info["exif"]) if image.info.get("exif") else None
    return None


def upright_block(exif: bytes) -> bytes:
    """The block with orientation 1, patched in place: written anew, maker notes would break."""
    start = len(PREFIX) if exif.startswith(PREFIX) else 0
    order = "<" if exif[start : start + 2] == b"II" else ">"
    patched = bytearray(exif)
    directory = start + struct.unpack_from(f"{order}I", exif, start + 4)[0]
    (count,) = struct.unpack_from(f"{order}H", exif, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        if struct.unpack_from(f"{order}H", exif, entry)[0] == _ORIENTATION:
            struct.pack_into(f"{order}H", patched, entry + 8, 1)
    return bytes(patched)


def upright_xmp(packet: bytes) -> bytes:
    """The packet with orientation 1, which Pillow and others obey where there is no EXIF."""
    packet = re.sub(rb"(tiff:Orientation\s*=\s*[\"'])\d", rb"\g<1>1", packet)
    return re.sub(rb"(<tiff:Orientation>\s*)\d", rb"\g<1>1", packet)


def exif_behind_pixels(stream: BinaryIO) -> bytes | None:
    """The eXIf chunk of a PNG, wherever it is.

    Pillow finds one behind the pixels only by decoding them.
    """
    return next((stream.read(size) for kind, size in find_chunks(stream) if kind == b"eXIf"), None)

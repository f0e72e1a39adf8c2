"""The pixels of a JPEG by simplejpeg, where the extra `fast` is installed.

It is the same library that Pillow has, libjpeg-turbo, and decodes into the array at once: in half
the time. It stops at the first warning, so that Pillow decides about files that are not as they
should be.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, BinaryIO

from PIL import Image

from poolcli.io.pillow.image_checks import rawmode
from poolcli.maps.array import Array
from poolcli.resources.extras import EXTRAS

_COLOURS = {"L": "GRAY", "RGB": "RGB"}


@cache
def _decoder() -> Any:
    try:
        return import_module(EXTRAS["fast"]).decode_jpeg
    except ImportError:
        return None


def turbo_pixels(image: Image.Image, mode: str, stream: BinaryIO) -> Array | None:
    """The pixels of a JPEG in one of Pillow's modes; None where it is for Pillow to decode them."""
    decode = _decoder()
    is_plain = image.format == "JPEG" and rawmode(image) == image.mode == mode
    if decode is None or not is_plain or mode not in _COLOURS or "progressive" in image.info:
        return None
    stream.seek(0)
    try:
        pixels: Array = decode(stream.read(), _COLOURS[mode])
    except ValueError:  # whatever libjpeg warns of
        return None
    return pixels[..., 0] if mode == "L" else pixels

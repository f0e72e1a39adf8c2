"""The pixels of a PNG whose filters compiled loops undo, in a third of the time that Pillow takes.

The loops are built where there is a compiler. They take whole rows of the kinds that most files
have: 8 bits a channel, not interlaced, without a transparent colour.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from poolcli.io.pillow.image_checks import rawmode
from poolcli.io.pillow.page_headers import is_animation
from poolcli.io.pillow.png_chunks import pixel_data_pieces
from poolcli.io.pillow.png_inflate import made_ahead, plain_pieces, row_bytes
from poolcli.maps.array import Array

try:
    from poolcli.io.pillow import _png_rows
except ImportError:  # without a compiler, Pillow does the same
    _png_rows = None  # type: ignore[assignment]

_CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def has_plain_rows(image: Image.Image, mode: str) -> bool:
    """Whether `pixels_of_rows` has the pixels of an image, in a mode, that is not loaded yet."""
    return (
        _png_rows is not None
        and image.format == "PNG"
        and rawmode(image) == image.mode == mode
        and mode in _CHANNELS
        and not (image.info.get("interlace") or is_animation(image))
    )


def pixels_of_rows(image: Image.Image, stream: BinaryIO) -> Array:
    """The pixels of a PNG; OSError or ValueError if its rows are damaged or some are missing."""
    channels = _CHANNELS[image.mode]
    width = image.width * channels
    pixels, first, data = np.empty((image.height, width), np.uint8), 0, bytearray()
    pieces = plain_pieces(pixel_data_pieces(stream), row_bytes(image))
    with made_ahead(pieces, image) as plain:
        for piece in plain:
            data += piece
            number = min(len(data) // (1 + width), image.height - first)
            size = number * (1 + width)
            with memoryview(data) as rows:
                _png_rows.unfilter(rows[:size], pixels, width, first, channels)
            first += number
            del data[:size]
    return pixels if channels == 1 else pixels.reshape(image.height, image.width, channels)

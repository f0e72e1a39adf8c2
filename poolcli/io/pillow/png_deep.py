"""PNG of 16 bits a sample: gray with alpha, and colours, which Pillow would cut to 8 bits.

Pillow undoes the filters for any number of bytes a pixel. Asked for samples of the other byte
order, it gives the low bytes where it would have given the high ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from poolcli.io.mode import DEEP
from poolcli.io.pillow.png_chunks import pixel_data
from poolcli.io.pillow.png_deflate import Deflation, encode_rows
from poolcli.maps.array import Array

_BY_RAW = {"I;16B": "I;16", "LA;16B": "LA;16", "RGB;16B": "RGB;16", "RGBA;16B": "RGBA;16"}
_WITH_ALPHA = {"I;16": "LA;16", "RGB;16": "RGBA;16"}
# The decoders of high and of low bytes. Gray with alpha has as many bytes as RGBA of 8 bits.
_DECODERS = {
    "RGB;16B": ("RGB", "RGB;16B", "RGB;16L"),
    "RGBA;16B": ("RGBA", "RGBA;16B", "RGBA;16L"),
}


def deep_mode(raw: str, *, has_key: bool) -> str | None:
    """The mode of 16 bits of the samples that Pillow calls `raw`; None if I;16 holds them."""
    mode = _BY_RAW.get(raw, "")
    mode = _WITH_ALPHA.get(mode, mode) if has_key else mode
    return mode if mode in DEEP else None


def deep_pixels(image: Image.Image, raw: str, stream: BinaryIO) -> Array:
    """The samples of a PNG that has not been loaded, with alpha where it has a transparent colour.

    ValueError if some are missing.
    """
    data, interlaced = pixel_data(stream), int(image.info.get("interlace", 0))
    samples = _samples(image.size, data, raw, interlaced)
    key = image.info.get("transparency")
    if key is None:
        return samples
    opaque = (samples != np.array(key, np.uint16)).any(-1, keepdims=True)
    return np.concatenate([samples, opaque * np.uint16(65535)], axis=-1)


def _samples(size: tuple[int, int], data: bytes, raw: str, interlaced: int) -> Array:
    def decoded(mode: str, samples: str) -> Array:
        return np.asarray(Image.frombytes(mode, size, data, "zip", samples, interlaced))

    if raw == "I;16B":
        return decoded("I;16", "I;16B").astype(np.uint16)[..., None]
    if raw == "LA;16B":
        return decoded("RGBA", "RGBA").view(">u2").astype(np.uint16)
    mode, high, low = _DECODERS[raw]
    return decoded(mode, high).astype(np.uint16) << 8 | decoded(mode, low)


def encode_deep(samples: Array, mode: str, options: Mapping[str, Any]) -> bytes:
    """The bytes of a PNG; options are those of Pillow for one of 8 bits."""
    rows = samples.astype(">u2").reshape(len(samples), -1).view(np.uint8)
    level = 9 if options.get("optimize") else options.get("compress_level", 6)
    pixel = Image.new(mode.removesuffix(";16"), (1, 1))
    return encode_rows(rows, pixel, options, Deflation(level=level), depth=16)

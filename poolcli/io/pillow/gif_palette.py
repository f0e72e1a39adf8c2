"""Frames of a GIF: 256 colours, one of which may be transparent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from poolcli.maps.array import Array


def gif_frames(images: Sequence[Image.Image]) -> list[Image.Image]:
    """Palette images, exact where their colours fit; alpha below one half becomes transparent.

    Either all of them have a transparent colour or none has: players decide by the first.
    """
    if len(images) == 1 and images[0].mode in ("L", "P") and _has_gif_alpha(images[0]):
        return [_with_transparent_index(images[0])]
    frames = [np.asarray(image.convert("RGBA")) for image in images]
    transparent = any((frame[..., 3] < 128).any() for frame in frames)
    return [_palette_image(frame, transparent=transparent) for frame in frames]


def _has_gif_alpha(image: Image.Image) -> bool:
    """Whether at most one palette entry is transparent, and no other is translucent."""
    alpha = image.info.get("transparency")
    return alpha is None or (alpha.count(0) == 1 and alpha.count(255) == len(alpha) - 1)


def _with_transparent_index(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        image.info["transparency"] = image.info["transparency"].index(0)
    return image


def _palette_image(frame: Array, *, transparent: bool) -> Image.Image:
    available = 256 - transparent
    opaque = frame[..., 3] >= 128
    colours, indices = _exact_palette(frame, opaque)
    if len(colours) > available:
        colours, indices = _quantized_palette(frame, opaque, available)
    filled = np.where(opaque, indices, len(colours)).astype(np.uint8)
    image = Image.fromarray(filled).convert("L")
    image.putpalette(np.vstack([colours, np.zeros((1, 3), np.uint8)])[:256].tobytes())
    if transparent:
        image.info["transparency"] = len(colours)
    return image


def _exact_palette(frame: Array, opaque: Array) -> tuple[Array, Array]:
    """The distinct colours of the opaque pixels, and the index of each pixel's colour."""
    red, green, blue = (frame[..., channel].astype(np.uint32) for channel in range(3))
    codes = red << 16 | green << 8 | blue
    distinct, inverse = np.unique(codes[opaque], return_inverse=True)
    indices = np.zeros(codes.shape, np.intp)
    indices[opaque] = inverse
    colours = np.stack([distinct >> 16, distinct >> 8 & 255, distinct & 255], axis=-1)
    return colours.astype(np.uint8), indices


def _quantized_palette(frame: Array, opaque: Array, available: int) -> tuple[Array, Array]:
    """The best palette that Pillow finds for the opaque pixels, and the indices into it."""
    visible = Image.fromarray(np.ascontiguousarray(frame[opaque][None, :, :3]))
    quantized = visible.quantize(available, dither=Image.Dither.NONE)
    colours = np.array(quantized.getpalette("RGB"), np.uint8).reshape(-1, 3)
    indices = np.zeros(opaque.shape, np.intp)
    indices[opaque] = np.asarray(quantized)[0]
    return colours, indices

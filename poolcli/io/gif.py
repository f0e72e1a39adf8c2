"""What a GIF can hold of a frame: 256 colours, one of them transparent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from poolcli.maps.array import Array


def gif_frames(images: Sequence[Image.Image]) -> list[Image.Image]:
    """Palette frames, exact where their colours fit; alpha below one half becomes transparent.

    Either all of them have a transparent colour or none has: players decide by the first.
    """
    if all(image.mode in ("L", "P") and _is_simple(image) for image in images) and len(images) == 1:
        return [_single_key(image) for image in images]
    frames = [np.asarray(image.convert("RGBA")) for image in images]
    clear = any((frame[..., 3] < 128).any() for frame in frames)
    return [_indexed(frame, clear=clear) for frame in frames]


def _is_simple(image: Image.Image) -> bool:
    alpha = image.info.get("transparency")
    return alpha is None or (alpha.count(0) == 1 and alpha.count(255) == len(alpha) - 1)


def _single_key(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        image.info["transparency"] = image.info["transparency"].index(0)
    return image


def _indexed(frame: Array, *, clear: bool) -> Image.Image:
    room = 256 - clear
    seen = frame[..., 3] >= 128
    colours, indices = _exact(frame, seen)
    if len(colours) > room:
        colours, indices = _adapted(frame, seen, room)
    image = Image.fromarray(np.where(seen, indices, len(colours)).astype(np.uint8)).convert("L")
    image.putpalette(np.vstack([colours, np.zeros((1, 3), np.uint8)])[:256].tobytes())
    if clear:
        image.info["transparency"] = len(colours)
    return image


def _exact(frame: Array, seen: Array) -> tuple[Array, Array]:
    """The distinct visible colours, and for each pixel which it is."""
    red, green, blue = (frame[..., channel].astype(np.uint32) for channel in range(3))
    codes = red << 16 | green << 8 | blue
    distinct, which = np.unique(codes[seen], return_inverse=True)
    indices = np.zeros(codes.shape, np.intp)
    indices[seen] = which
    return np.stack([distinct >> 16, distinct >> 8 & 255, distinct & 255], axis=-1).astype(
        np.uint8
    ), indices


def _adapted(frame: Array, seen: Array, room: int) -> tuple[Array, Array]:
    visible = Image.fromarray(np.ascontiguousarray(frame[seen][None, :, :3])).quantize(
        room, dither=Image.Dither.NONE
    )
    colours = np.array(visible.getpalette("RGB"), np.uint8).reshape(-1, 3)
    indices = np.zeros(seen.shape, np.intp)
    indices[seen] = np.asarray(visible)[0]
    return colours, indices

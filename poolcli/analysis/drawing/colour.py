"""Colours for values: the colours of an image, and a scale of colours for other numbers."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from poolcli.io.mode import ALL, DEEP, MODES, STACK
from poolcli.io.pillow.to_array import offset_lab
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.maps.picture import Picture

Colour = tuple[int, int, int]
Limits = tuple[float, float]

NAN: Colour = (255, 0, 255)
CHECKER: tuple[Colour, Colour] = ((102, 102, 102), (153, 153, 153))
_SQUARES = 12  # of the checker board, along the shorter side
RAMPS = ("I;16", "I", "F")  # grey modes whose white is not defined


def cubehelix(levels: int = 256) -> Array:
    """A scale of colours from black to white with steps of equal brightness: (levels, 3) of uint8.

    Source: Green 2011, Bull. Astr. Soc. India 39, 289 (start 0.5, rotations -1.5, hue 1, gamma 1).

    >>> cubehelix(3)
    array([[  0,   0,   0],
           [160, 121,  73],
           [255, 255, 255]], dtype=uint8)
    """
    level = np.linspace(0, 1, levels)
    angle = 2 * np.pi * (0.5 / 3 - 1.5 * level)
    turn = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    swing = level * (1 - level) / 2 * np.stack([np.cos(angle), np.sin(angle)])
    colours = np.clip(level + turn @ swing, 0, 1).T
    table: Array = np.rint(255 * colours).astype(np.uint8)
    return table


def gray(levels: int = 256) -> Array:
    """A scale of greys from black to white: (levels, 3) of uint8."""
    return np.repeat(np.rint(np.linspace(0, 255, levels)).astype(np.uint8)[:, None], 3, axis=1)


def limits_of(values: Array) -> Limits:
    """The smallest and the largest finite value, (0, 0) without any."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def on_scale(values: Array, limits: Limits, scale: Array) -> Array:
    """The colour of each value on a scale between `limits`: (..., 3) of uint8; NaN is magenta."""
    low, high = limits
    half_range = high / 2 - low / 2 if high > low else 1.0  # halves, as the range may overflow
    with np.errstate(over="ignore", invalid="ignore"):
        level = (values.astype(np.float64) / 2 - low / 2) / half_range
    level = np.clip(np.where(np.isnan(level), 0, level), 0, 1)
    colours: Array = scale[np.rint(level * (len(scale) - 1)).astype(np.intp)]
    colours[np.isnan(values)] = NAN
    return colours


def has_colours(form: Form) -> bool:
    """Whether the values are still pixels of the image's mode, by their dtype and shape."""
    mode = "P" if form.mode == "PA" else form.mode
    if mode not in ALL or mode == STACK or len(form.space) != 2:
        return False
    kind = ALL[mode]
    return (form.dtype, form.frame.channels or 0) == (np.dtype(kind.dtype), kind.channels)


def true_colours(
    data: Array,
    picture: Picture,
    limits: Limits,
    background: Colour | None = None,
    icc: bytes | None = None,
) -> Array:
    """Pixels (..., H, W[, C]) of an image in sRGB, (..., H, W, 3) of uint8.

    `icc` is the profile of its colours. `background`, or a checker board, shows through alpha. Grey
    of more than 8 bits goes from black at the lower limit to white at the upper one.
    """
    if picture.mode in RAMPS:
        return on_scale(data, limits, gray())
    channels, mode = _channels_last(data, picture)
    if mode not in ("LA", "RGBA"):
        return _srgb(channels, mode, icc)
    colours = _srgb(channels[..., :-1], mode[:-1], icc)
    return _over(colours, channels[..., -1:], background)


def _channels_last(data: Array, picture: Picture) -> tuple[Array, str]:
    """The pixels with an axis of channels, and their mode, which is neither a palette nor bits."""
    if picture.mode == "P":
        return picture.colours()[data], "RGB" if picture.palette_alpha is None else "RGBA"
    if picture.mode == "1":
        return data[..., None] * np.uint8(255), "L"
    if picture.mode in DEEP:
        return np.rint(data / 257).astype(np.uint8), picture.mode.removesuffix(";16")
    return data if MODES[picture.mode].channels else data[..., None], picture.mode


def _srgb(channels: Array, mode: str, icc: bytes | None) -> Array:
    """Colours as sRGB, by the file's ICC profile where it has one that fits the mode."""
    *lead, width, count = channels.shape
    values = offset_lab(channels) if mode == "LAB" else channels
    height = channels.size // count // width
    image = Image.frombytes(mode, (width, height), values.tobytes())
    return np.asarray(_profiled(image, icc) or image.convert("RGB")).reshape(*lead, width, 3)


def _profiled(image: Image.Image, icc: bytes | None) -> Image.Image | None:
    """The image converted by its profile, or from CIE L*a*b*; None where there is no profile for
    it.
    """
    if icc is None and image.mode != "LAB":
        return None
    with suppress(ImageCms.PyCMSError, OSError, ImportError):
        if image.mode == "LAB":
            profile: Any = ImageCms.createProfile("LAB")
        else:
            profile = ImageCms.ImageCmsProfile(BytesIO(icc or b""))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    return None


def _over(colours: Array, alpha: Array, background: Colour | None) -> Array:
    """Colours over a background of one colour, or over a checker board."""
    share = alpha.astype(np.float32) / 255
    height, width = colours.shape[-3:-1]
    if background is None:
        side = max(1, round(min(height, width) / _SQUARES))
        rows, columns = np.arange(height)[:, None] // side, np.arange(width) // side
        below = np.array(CHECKER, np.float32)[(rows + columns) % 2]
    else:
        below = np.array(background, np.float32)
    blended: Array = np.rint(colours * share + below * (1 - share)).astype(np.uint8)
    return blended

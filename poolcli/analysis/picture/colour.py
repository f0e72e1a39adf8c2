"""Colours for values: the true ones of an image, and a scale of colours for numbers that are none."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

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
_SQUARES = 12  # of the board, along the shorter side
RAMPS = ("I;16", "I", "F")  # gray without a white of its own


def cubehelix(levels: int = 256) -> Array:
    """A scale of colours from black to white, equally far apart in brightness: (levels, 3) of uint8.

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
    """The scale from black to white without colours: (levels, 3) of uint8."""
    return np.repeat(np.rint(np.linspace(0, 255, levels)).astype(np.uint8)[:, None], 3, axis=1)


def limits_of(values: Array) -> Limits:
    """The smallest and the largest finite value, (0, 0) where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def on_scale(values: Array, limits: Limits, scale: Array) -> Array:
    """The colour of each value, `limits` being the ends of the scale: (..., 3) of uint8; NaN is magenta."""
    low, high = limits
    with np.errstate(over="ignore", invalid="ignore"):
        level = (values.astype(np.float64) / 2 - low / 2) / (
            high / 2 - low / 2 if high > low else 1.0
        )
    missing = np.isnan(values)
    steps = np.rint(np.clip(np.where(np.isnan(level), 0, level), 0, 1) * (len(scale) - 1)).astype(
        np.intp
    )
    colours: Array = scale[steps]
    colours[missing] = NAN
    return colours


def has_colours(form: Form) -> bool:
    """Whether the values are pixels of the mode still, and not what was made of them in another type or shape."""
    mode = "P" if form.mode == "PA" else form.mode
    if mode not in ALL or mode == STACK or len(form.space) != 2:
        return False
    kind = ALL[mode]
    return (form.dtype, form.frame.channels or 0) == (np.dtype(kind.dtype), kind.channels)


def true_colours(
    data: Array, picture: Picture, limits: Limits, ground: Colour | None = None
) -> Array:
    """Pixels (..., H, W[, C]) of an image in sRGB, (..., H, W, 3) of uint8.

    Alpha lets `ground` through, or a checker board. Gray of more than 8 bits runs from the one limit to the other.
    """
    if picture.mode in RAMPS:
        return on_scale(data, limits, gray())
    inks, mode = _inks(data, picture)
    if mode not in ("LA", "RGBA"):
        return _srgb(inks, mode, picture.icc)
    return _over(_srgb(inks[..., :-1], mode[:-1], picture.icc), inks[..., -1:], ground)


def _inks(data: Array, picture: Picture) -> tuple[Array, str]:
    """The pixels with their channels last, one or more, and their mode: neither palette nor bits."""
    if picture.mode == "P":
        return picture.colours()[data], "RGB" if picture.palette_alpha is None else "RGBA"
    if picture.mode == "1":
        return data[..., None] * np.uint8(255), "L"
    if picture.mode in DEEP:
        return np.rint(data / 257).astype(np.uint8), picture.mode.removesuffix(";16")
    return data if MODES[picture.mode].channels else data[..., None], picture.mode


def _srgb(inks: Array, mode: str, icc: bytes | None) -> Array:
    """Inks as an sRGB screen shows them, by the file's profile where it has one that fits."""
    *lead, width, _ = inks.shape
    values = offset_lab(inks) if mode == "LAB" else inks
    image = Image.frombytes(mode, (width, inks.size // inks.shape[-1] // width), values.tobytes())
    return np.asarray(_profiled(image, icc) or image.convert("RGB")).reshape(*lead, width, 3)


def _profiled(image: Image.Image, icc: bytes | None) -> Image.Image | None:
    """The image through its profile, or through CIE L*a*b*, which needs none; None where that cannot be."""
    if icc is None and image.mode != "LAB":
        return None
    with suppress(ImageCms.PyCMSError, OSError, ImportError):
        theirs = (
            ImageCms.createProfile("LAB")
            if image.mode == "LAB"
            else ImageCms.ImageCmsProfile(BytesIO(icc or b""))
        )
        return ImageCms.profileToProfile(
            image, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    return None


def _over(colours: Array, alpha: Array, ground: Colour | None) -> Array:
    """Colours over a ground of one colour, or over a checker board."""
    share = alpha.astype(np.float32) / 255
    height, width = colours.shape[-3:-1]
    side = max(1, round(min(height, width) / _SQUARES))
    rows, columns = np.arange(height)[:, None] // side, np.arange(width) // side
    below = (
        np.array(CHECKER, np.float32)[(rows + columns) % 2]
        if ground is None
        else np.array(ground, np.float32)
    )
    return np.rint(colours * share + below * (1 - share)).astype(np.uint8)

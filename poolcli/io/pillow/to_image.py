"""A map becomes a Pillow image of a mode that the format holds; or it is said why it cannot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from poolcli.errors import FileError, RequestError
from poolcli.io.format import Format
from poolcli.io.formats import FORMATS
from poolcli.io.header import Header
from poolcli.io.mode import ALL, DEEP, NATURAL, STACK
from poolcli.io.pillow.to_array import offset_lab
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.maps.picture import Picture

# Modes that hold all of another, and modes that do where all alpha is opaque.
_WIDER = {"1": ("L", "RGB"), "L": ("RGB",), "LA": ("RGBA",), "P": ("RGB",), "PA": ("RGBA",)}
_WITHOUT_ALPHA = {"LA": ("L", "RGB"), "PA": ("RGB",), "RGBA": ("RGB",)}
_CHANNELS = "1 channel (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA)"


def to_pixels(one: FeatureMap, target: Format, scale: str | None) -> tuple[Array, str]:
    """The values as HW or HWC, and their mode, which the format holds or can widen.

    `scale` (minmax or none) turns values without a pixel range into pixels.
    """
    pixels = _as_hwc(one)
    mode, is_scaled = _mode_in(target, one.picture, pixels, scale)
    return (_scaled(pixels, scale or "none") if is_scaled else pixels), mode


def check_form(header: Header, target: Format, scale: str | None) -> None:
    """FileError for a map that is no picture, or of a mode that the format cannot hold."""
    blank = np.broadcast_to(np.zeros((), header.dtype), header.shape)  # takes no memory
    pixels = _as_hwc(FeatureMap(blank, header.layout))
    mode, _ = _mode_in(target, header.picture, pixels, scale)
    if header.form.mode == "PA" and mode == "P":
        mode = "PA"  # some of its entries may be transparent
    if not {mode, *_WIDER.get(mode, ()), *_WITHOUT_ALPHA.get(mode, ())} & set(target.modes):
        raise FileError(_not_held(mode, target))


def _mode_in(
    target: Format, picture: Picture | None, pixels: Array, scale: str | None
) -> tuple[str, bool]:
    """The mode of the pixels in a file of this format, and whether they are scaled for it."""
    channels = _channels(pixels)
    mode = _mode(picture, pixels.dtype.name, channels)
    is_scaled = scale is not None and _needs_scale(mode, pixels, target)
    if is_scaled:
        mode = _mode(picture, "uint8", channels) if channels else "L"
    if mode is None or (mode in ("F", "I") and mode not in target.modes):
        raise FileError(_no_pixel_range(pixels))
    if mode in DEEP and mode not in target.modes:
        raise FileError(_not_held(mode, target))
    _check_side(pixels, target)
    return mode, is_scaled


def to_image(pixels: Array, mode: str, picture: Picture | None, target: Format) -> Image.Image:
    """The pixels as a Pillow image in a mode that the format holds."""
    return _in_held_mode(_image(pixels, mode, picture), target)


def scaled_map(one: FeatureMap, how: str, target: Format) -> FeatureMap:
    """The map as pixels of 8 bits, unless its values are pixels that the format holds."""
    pixels = _as_hwc(one)
    channels = _channels(pixels)
    if not _needs_scale(_mode(one.picture, pixels.dtype.name, channels), pixels, target):
        return one
    mode = _mode(one.picture, "uint8", channels) if channels else "L"
    if mode is None:
        raise FileError(_no_pixel_range(pixels))
    layout = "HWC" if channels else "HW"
    return FeatureMap(_scaled(pixels, how), layout, Picture(mode), one.name, one.facts)


def _as_hwc(one: FeatureMap) -> Array:
    """The values as HW or HWC, without axes of length 1."""
    about = f"a map of shape {shape_words(one.data.shape)} ({one.layout})"
    axes = list(zip(one.layout, one.data.shape, strict=True))
    if any(letter in "DL" or (letter == "N" and length > 1) for letter, length in axes):
        raise FileError(f"{about} is no picture: an image has height and width only; write .npy")
    kept = [(letter, length) for letter, length in axes if letter in "HW" or length > 1]
    letters = [letter for letter, _ in kept]
    if not {"H", "W"} <= set(letters):
        raise FileError(f"{about} has no height and width, which an image needs: write .npy")
    data = one.data.reshape([length for _, length in kept])
    pixels: Array = data.transpose([letters.index(letter) for letter in "HWC" if letter in letters])
    if _channels(pixels) > 4:
        raise FileError(
            f"{about} has {_channels(pixels)} channels, an image takes {_CHANNELS}: write .npy"
        )
    return pixels


def _channels(pixels: Array) -> int:
    return int(pixels.shape[-1]) if pixels.ndim == 3 else 0


def _mode(picture: Picture | None, dtype: str, channels: int) -> str | None:
    """The mode the map came in while its values still fit it, else that of its dtype."""
    kind = (dtype, channels)
    if picture is None or picture.mode == STACK or ALL[picture.mode][:2] != kind:
        return NATURAL.get(kind)
    if picture.mode != "P":
        return picture.mode
    if picture.palette is None:
        return "L"
    return "PA" if picture.palette_alpha else "P"


def _needs_scale(mode: str | None, pixels: Array, target: Format) -> bool:
    if pixels.dtype.name in ("bool", "uint8") and mode is not None:
        return False
    return mode not in ("I;16", *DEEP) or mode not in target.modes


def _scaled(values: Array, how: str) -> Array:
    """The values as uint8, stretched (minmax) or as they are (none), clipped to 0..255."""
    ways: dict[str, Callable[[Array], Array]] = {"minmax": _stretched, "none": lambda wide: wide}
    if how not in ways:
        raise RequestError(f"--scale is minmax or none, not {how!r}")
    wide = np.nan_to_num(ways[how](values.astype(np.float64)), nan=0, posinf=255, neginf=0)
    pixels: Array = np.rint(np.clip(wide, 0, 255))
    return pixels.astype(np.uint8)


def _stretched(values: Array) -> Array:
    """The values from smallest to largest as 0 to 255; halves, so that no difference overflows."""
    half = values / 2
    finite = half[np.isfinite(half)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if low == high:
        return np.where(np.isinf(values), values, 0)
    stretched: Array = (half - low) / (high - low) * 255
    return stretched


def _no_pixel_range(pixels: Array) -> str:
    channels = f" with {_channels(pixels)} channels" if _channels(pixels) else ""
    return (
        f"the {pixels.dtype.name} map{channels} has no pixel range: give --scale minmax "
        "(0..255 from its smallest to its largest value) or --scale none (values as they are, "
        "0 to 255), or write .npy"
    )


def _check_side(pixels: Array, target: Format) -> None:
    if max(pixels.shape[:2]) > target.largest:
        raise FileError(
            f"{shape_words(pixels.shape[:2])} pixels are more than {target.name.upper()} holds "
            f"({target.largest} a side): write .png, .tiff or .npy"
        )


def _image(pixels: Array, mode: str, picture: Picture | None) -> Image.Image:
    height, width, *_ = pixels.shape
    raw = ("raw", "1;8") if mode == "1" else ()
    values = np.ascontiguousarray(offset_lab(pixels) if mode == "LAB" else pixels)
    image = Image.frombytes(mode[:1] if mode == "PA" else mode, (width, height), values.data, *raw)
    if picture is not None and mode in ("P", "PA"):
        _put_palette(image, picture, int(pixels.max()) + 1)
    return image


def _put_palette(image: Image.Image, picture: Picture, count: int) -> None:
    image.putpalette((picture.palette or b"").ljust(3 * count, b"\0"))
    if picture.palette_alpha:
        image.info["transparency"] = picture.palette_alpha.ljust(count, b"\xff")


def _mode_of(image: Image.Image) -> str:
    """The mode of an image, or PA for a palette with alpha."""
    return "PA" if image.mode == "P" and "transparency" in image.info else image.mode


def _in_held_mode(image: Image.Image, target: Format) -> Image.Image:
    """The image in a mode that the format holds without loss; FileError if there is none."""
    mode = _mode_of(image)
    if mode in target.modes:
        return image
    choices = _WIDER.get(mode, ())
    if mode in _WITHOUT_ALPHA and image.convert("RGBA").getchannel("A").getextrema() == (255, 255):
        choices += _WITHOUT_ALPHA[mode]
    for choice in choices:
        if choice in target.modes:
            return _converted(image, choice)
    raise FileError(_not_held(mode, target))


def _converted(image: Image.Image, mode: str) -> Image.Image:
    # A palette's alpha is looked up only by a conversion to RGBA.
    whole = image.convert("RGBA") if _mode_of(image) == "PA" else image
    converted = whole.convert(mode)
    converted.info.clear()
    return converted


def _not_held(mode: str, target: Format) -> str:
    words = "alpha" if mode == "PA" else ALL[mode].words
    others = [other.suffixes[0] for other in FORMATS if mode in other.modes]
    if mode == "PA":
        others.remove(".gif")
    cure = f"write {' or '.join(others[:3] or ['.npy'])}"
    if mode in ("I;16", *DEEP):
        cure += ", or give --scale minmax or --scale none"
    return f"{target.name.upper()} holds no {words} (mode {mode}): {cure}"

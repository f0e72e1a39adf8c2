"""A map as an image: its axes in place, and a mode that holds its values, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from poolcli.errors import FileError, RequestError
from poolcli.io.format import FORMATS, Format
from poolcli.io.mode import MODES, NATURAL
from poolcli.io.pixels import offset
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Picture
from poolcli.maps.layout import shape_words

_WIDER = {"1": ("L", "RGB"), "L": ("RGB",), "LA": ("RGBA",), "P": ("RGB",), "PA": ("RGBA",)}
_OPAQUE = {"LA": ("L", "RGB"), "PA": ("RGB",), "RGBA": ("RGB",)}
_CHANNELS = "1 channel (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA)"


def fit(one: FeatureMap, target: Format, scale: str | None) -> Image.Image:
    """The map as a Pillow image in a mode the format holds."""
    pixels = _arranged(one)
    mode = _mode(one.picture, pixels)
    if scale is not None and _wants_scale(mode, pixels, target):
        pixels = _scaled(pixels, scale)
        mode = "L" if pixels.ndim == 2 else _mode(one.picture, pixels)
    if mode is None or (mode in ("F", "I") and mode not in target.modes):
        raise FileError(_no_range(pixels))
    _check_side(pixels, target)
    return _held(_image(pixels, mode, one.picture), target)


def _arranged(one: FeatureMap) -> Array:
    """The values as HW or HWC."""
    for letter, length in zip(one.layout, one.data.shape, strict=True):
        if letter in "DL" or (letter == "N" and length > 1):
            raise FileError(
                f"{_about(one)} is no picture: an image has height and width only; write .npy"
            )
    letters = [
        letter
        for letter, length in zip(one.layout, one.data.shape, strict=True)
        if _stays(letter, length)
    ]
    if not {"H", "W"} <= set(letters):
        raise FileError(f"{_about(one)} has no height and width, which an image needs: write .npy")
    data = one.data.reshape([one.data.shape[one.layout.index(letter)] for letter in letters])
    pixels: Array = data.transpose([letters.index(letter) for letter in "HWC" if letter in letters])
    if _channels(pixels) > 4:
        raise FileError(
            f"{_about(one)} has {_channels(pixels)} channels, an image takes {_CHANNELS}: write .npy"
        )
    return pixels


def _channels(pixels: Array) -> int:
    return int(pixels.shape[-1]) if pixels.ndim == 3 else 0


def _stays(letter: str, length: int) -> bool:
    return letter in "HW" or length > 1


def _about(one: FeatureMap) -> str:
    return f"a map of shape {shape_words(one.data.shape)} ({one.layout})"


def _mode(picture: Picture | None, pixels: Array) -> str | None:
    """The mode the map came in while its values still fit it, else the one of its dtype and channels."""
    kind = (pixels.dtype.name, _channels(pixels))
    if picture is None or picture.mode not in MODES or MODES[picture.mode][:2] != kind:
        return NATURAL.get(kind)
    if picture.mode == "P":
        return "L" if picture.palette is None else "PA" if picture.palette_alpha else "P"
    return picture.mode


def _wants_scale(mode: str | None, pixels: Array, target: Format) -> bool:
    if pixels.dtype.name in ("bool", "uint8") and mode is not None:
        return False
    return mode != "I;16" or mode not in target.modes


def _scaled(values: Array, how: str) -> Array:
    ways: dict[str, Callable[[Array], Array]] = {"minmax": _stretched, "none": lambda wide: wide}
    if how not in ways:
        raise RequestError(f"--scale is minmax or none, not {how!r}")
    wide = np.nan_to_num(ways[how](values.astype(np.float64)), nan=0, posinf=255, neginf=0)
    pixels: Array = np.rint(np.clip(wide, 0, 255))
    return pixels.astype(np.uint8)


def _stretched(values: Array) -> Array:
    """Smallest to 0 and largest to 255, by halves, whose difference cannot overflow."""
    half = values / 2
    finite = half[np.isfinite(half)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if low == high:
        return np.where(np.isinf(values), values, 0)
    shifted: Array = (half - low) / (high - low) * 255
    return shifted


def _no_range(pixels: Array) -> str:
    channels = f" with {_channels(pixels)} channels" if _channels(pixels) else ""
    return (
        f"the {pixels.dtype.name} map{channels} has no pixel range: give --scale minmax (0..255 from its smallest "
        "to its largest value) or --scale none (values as they are, 0 to 255), or write .npy"
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
    values = np.ascontiguousarray(offset(pixels) if mode == "LAB" else pixels)
    image = Image.frombytes(mode[:1] if mode == "PA" else mode, (width, height), values.data, *raw)
    if picture is not None and mode in ("P", "PA"):
        _colour(image, picture, int(pixels.max()) + 1)
    return image


def _colour(image: Image.Image, picture: Picture, count: int) -> None:
    image.putpalette((picture.palette or b"").ljust(3 * count, b"\0"))
    if picture.palette_alpha:
        image.info["transparency"] = picture.palette_alpha.ljust(count, b"\xff")


def kind(image: Image.Image) -> str:
    """Its mode, or PA for a palette with alpha."""
    return "PA" if image.mode == "P" and "transparency" in image.info else image.mode


def _held(image: Image.Image, target: Format) -> Image.Image:
    mode = kind(image)
    if mode in target.modes:
        return image
    choices = _WIDER.get(mode, ())
    if mode in _OPAQUE and image.convert("RGBA").getchannel("A").getextrema() == (255, 255):
        choices += _OPAQUE[mode]
    for choice in choices:
        if choice in target.modes:
            return _converted(image, choice)
    raise FileError(_unheld(mode, target))


def _converted(image: Image.Image, mode: str) -> Image.Image:
    # By way of RGBA a palette's alpha is looked up, and dropped where it says nothing.
    whole = image.convert("RGBA") if kind(image) == "PA" else image
    plain = whole.convert(mode)
    plain.info.clear()
    return plain


def _unheld(mode: str, target: Format) -> str:
    words = "alpha" if mode == "PA" else MODES[mode].words
    others = [other.suffixes[0] for other in FORMATS if mode in other.modes]
    if mode == "PA":
        others.remove(".gif")
    scale = ", or give --scale minmax or --scale none" if mode == "I;16" else ""
    return f"{target.name.upper()} holds no {words} (mode {mode}): write {' or '.join(others[:3] or ['.npy'])}{scale}"

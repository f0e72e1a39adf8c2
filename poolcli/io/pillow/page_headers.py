"""The headers of the pages and frames of an image, without a pixel decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from poolcli.io.header import Header
from poolcli.io.mode import ALL, DEEP, MODES
from poolcli.io.pillow.exif import orientation, swaps_axes
from poolcli.io.pillow.image_checks import (
    UnsupportedSamples,
    check_depth,
    check_frames,
    check_size,
    decoding,
    rawmode,
)
from poolcli.io.pillow.image_facts import facts_of
from poolcli.io.pillow.png_deep import deep_mode
from poolcli.io.pillow.to_array import WITH_ALPHA, has_palette_alpha
from poolcli.maps.picture import Picture

# Further pictures of an MPO are previews and gain maps, of a PSD layers: the first is the picture.
_FIRST_ONLY = ("MPO", "PSD")
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF", "FLI")
_CONVERTED = {  # modes that are read as others
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "I;16B": "I;16",
    "I;16L": "I;16",
    "I;16N": "I;16",
}
_FRAME_MODES = {"1": "RGB", "L": "RGB", "P": "RGB", "LA": "RGBA"}  # of composed frames


def format_of(image: Image.Image) -> str:
    """Pillow's name of the format; empty if it has none."""
    return "JPEG" if image.format == "MPO" else image.format or ""


def _page_count(image: Image.Image) -> int:
    with decoding():
        return 1 if image.format in _FIRST_ONLY else getattr(image, "n_frames", 1)


def is_animation(image: Image.Image) -> bool:
    """Whether its pages are frames."""
    return image.format in _ANIMATED and _page_count(image) > 1


def _pages(image: Image.Image) -> Iterator[Image.Image]:
    """The image object, moved to each of its pages in turn."""
    count = _page_count(image)
    for number in range(count):
        if count > 1:
            with decoding():
                image.seek(number)
        yield image


def headers_of(image: Image.Image, stream: BinaryIO) -> tuple[Header, ...]:
    """The headers of all pages or frames, before a pixel is decoded."""
    if is_animation(image):  # frames are alike, and moving to the next would decode this one
        check_frames(image, _page_count(image), stream)
        headers = [_header(image, stream)] * _page_count(image)
    else:
        headers = [_header(page, stream) for page in _pages(image)]
    if len(headers) > 1:
        headers = [one._replace(name=str(number)) for number, one in enumerate(headers)]
    return tuple(headers)


def _header(image: Image.Image, stream: BinaryIO) -> Header:
    check_size(image)
    mode, turn = _mode(image), orientation(image)
    if mode not in DEEP:
        check_depth(image, stream)
    dtype, channels, *_ = ALL[mode]
    return Header(
        name="",
        shape=_size(image, turn) + ((channels,) if channels else ()),
        dtype=dtype,
        layout="HWC" if channels else "HW",
        picture=Picture(mode, *(_early_palette(image) if mode == "P" else ())),
        facts=facts_of(image, stream, turn, is_frame=is_animation(image)),
        orientation=turn,
    )


def _early_palette(image: Image.Image) -> tuple[bytes, bytes | None]:
    """The palette before pixels are decoded; empty bytes of alpha if some may be transparent."""
    table = image.palette
    alpha = b"" if has_palette_alpha(image) else None
    if table is None:
        return b"", alpha
    order = (table.rawmode or table.mode).upper()
    entries, raw = len(order), bytes(table.palette)
    columns = [raw[order.index(letter) :: entries] for letter in "RGB" if letter in order]
    return b"".join(bytes(entry) for entry in zip(*columns, strict=False)), alpha


def _size(image: Image.Image, turn: int) -> tuple[int, int]:
    width, height = image.size
    return (width, height) if swaps_axes(turn) else (height, width)


def _mode(image: Image.Image) -> str:
    """The mode of the map, known before the pixels are decoded."""
    if image.format == "PNG" and (deep := _deep_mode(image)):
        return deep
    mode = _CONVERTED.get(image.mode, image.mode)
    if mode == "I" and image.format in ("PNG", "PPM"):
        return "I;16"  # these formats have no wider samples: Pillow widens them
    if is_animation(image):
        mode = _FRAME_MODES.get(mode, mode)
    if "transparency" in image.info:
        mode = WITH_ALPHA.get(mode, mode)
    if mode not in MODES:
        raise UnsupportedSamples(
            f"pixels of Pillow's mode {mode} are unknown here: save it as .png or .tiff"
        )
    return mode


def _deep_mode(image: Image.Image) -> str | None:
    """The mode of a PNG that Pillow would cut to 8 bits."""
    mode = deep_mode(rawmode(image), has_key="transparency" in image.info)
    if mode and is_animation(image):
        raise UnsupportedSamples(
            "an animation of 16 bits a channel, of which Pillow would keep 8: save its frames apart"
        )
    return mode

"""An image file becomes maps: pages and frames, upright, with palettes and metadata."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from poolcli.errors import FileError
from poolcli.io.header import Header, Peek
from poolcli.io.mode import ALL, DEEP, MODES
from poolcli.io.pillow.checks import (
    UnsupportedSamples,
    check_depth,
    check_size,
    decoding,
    rawmode,
    silence_libtiff,
    tag,
)
from poolcli.io.pillow.exif import (
    exif_behind_pixels,
    orientation,
    swaps_axes,
    upright,
    upright_exif,
)
from poolcli.io.pillow.png_chunks import SIGNATURE, check_chunks
from poolcli.io.pillow.png_deep import deep_mode, deep_pixels
from poolcli.io.pillow.png_inflate import inflated
from poolcli.io.pillow.to_array import WITH_ALPHA, has_palette_alpha, palette, pixels, scale_key
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

# Warning filters belong to the process and jobs are threads, so they are set once: check_size
# refuses what Pillow warns of, and odd tags of a file that can be read are of no interest.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
logging.getLogger("PIL").addHandler(logging.NullHandler())  # it raises the errors that it logs

_MAGIC = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    SIGNATURE[:4]: "PNG",
    b"RIFF": "WebP",
    b"GIF8": "GIF",
    b"\xff\xd8\xff": "JPEG",
}
# Further pictures of an MPO are previews and gain maps, of a PSD layers: the first is the picture.
_FIRST_ONLY = ("MPO", "PSD")
_DESCRIPTION = 270  # tag of a TIFF
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF", "FLI")
_KEPT_COMPRESSIONS = ("tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "tga_rle")
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


def peek(stream: BinaryIO, layout: str | None) -> Peek:  # noqa: ARG001 - images have their own
    """A header for every page or frame, without decoding a pixel."""
    image = _open(stream)
    return Peek(_format(image).lower(), _headers(image, stream))


def read(stream: BinaryIO, layout: str | None) -> tuple[FeatureMap, ...]:  # noqa: ARG001
    """A map for every page or frame."""
    image = _open(stream)
    headers = _headers(image, stream)
    if image.format == "PNG":
        with decoding():
            check_chunks(stream)
    pages = zip(_pages(image), headers, strict=True)
    return tuple(_map(page, header, stream) for page, header in pages)


def tiff_description(stream: BinaryIO) -> str:
    """The description of a TIFF; FileError if Pillow cannot hold its first page."""
    image = _open(stream)
    _header(image, stream)
    return str(tag(image, _DESCRIPTION, ""))


def _open(stream: BinaryIO) -> Image.Image:
    head = stream.read(8)
    late_exif = exif_behind_pixels(stream) if head == SIGNATURE else None
    if _MAGIC.get(head[:4]) == "TIFF":
        silence_libtiff()
    stream.seek(0)
    with _known_format(head), decoding():
        image = Image.open(stream)
    if late_exif:
        image.info.setdefault("exif", late_exif)
    scale_key(image)
    return image


@contextmanager
def _known_format(head: bytes) -> Iterator[None]:
    """Name the format, by its magic number, of a file that Pillow does not identify."""
    try:
        yield
    except FileError as error:
        name = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
        if name is None or not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        raise UnsupportedSamples(
            f"a {name} that is damaged or has samples Pillow cannot hold: save it as .npy"
        ) from error


# Pages and their headers ---------------------------------------------------------------------


def _format(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else image.format or ""


def _page_count(image: Image.Image) -> int:
    with decoding():
        return 1 if image.format in _FIRST_ONLY else getattr(image, "n_frames", 1)


def _is_animation(image: Image.Image) -> bool:
    return image.format in _ANIMATED and _page_count(image) > 1


def _pages(image: Image.Image) -> Iterator[Image.Image]:
    """The image object, moved to each of its pages in turn."""
    count = _page_count(image)
    for number in range(count):
        if count > 1:
            with decoding():
                image.seek(number)
        yield image


def _headers(image: Image.Image, stream: BinaryIO) -> tuple[Header, ...]:
    if _is_animation(image):  # frames are alike, and moving to the next would decode this one
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
        mode=mode,
        icc=bool(image.info.get("icc_profile")),
        orientation=turn,
        dpi=_dpi(image, turn),
        palette=_palette_size(image) if mode == "P" else 0,
        palette_alpha=mode == "P" and has_palette_alpha(image),
    )


def _palette_size(image: Image.Image) -> int:
    colours = image.palette
    return len(colours.palette) // len(colours.mode) if colours else 0


def _is_turned_by_pillow(image: Image.Image) -> bool:
    return image.format == "TIFF"  # when it is loaded; its size is that of the upright image


def _size(image: Image.Image, turn: int) -> tuple[int, int]:
    width, height = image.size
    swapped = swaps_axes(turn) and not _is_turned_by_pillow(image)
    return (width, height) if swapped else (height, width)


def _mode(image: Image.Image) -> str:
    """The mode of the map, known before the pixels are decoded."""
    if image.format == "PNG" and (deep := _deep_mode(image)):
        return deep
    mode = _CONVERTED.get(image.mode, image.mode)
    if mode == "I" and image.format in ("PNG", "PPM"):
        return "I;16"  # these formats have no wider samples: Pillow widens them
    if _is_animation(image):
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
    if mode and _is_animation(image):
        raise UnsupportedSamples(
            "an animation of 16 bits a channel, of which Pillow would keep 8: save its frames apart"
        )
    return mode


def _dpi(image: Image.Image, turn: int) -> tuple[float, float] | None:
    try:
        across, down = map(float, image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    # Pillow gives 1 for a TIFF without a resolution, and anything for a damaged one.
    if not all(isfinite(each) and each > 0 for each in (across, down)) or (across, down) == (1, 1):
        return None
    return (down, across) if swaps_axes(turn) else (across, down)


# Pixels --------------------------------------------------------------------------------------


def _map(image: Image.Image, header: Header, stream: BinaryIO) -> FeatureMap:
    exif = upright_exif(image)  # before loading, which turns a TIFF and drops its tags
    data = _loaded(image, header.mode, stream)
    if not _is_turned_by_pillow(image):
        data = upright(data, header.orientation)
    if data.shape != header.shape:
        raise FileError("its frames differ in size, or its header is wrong: save it again")
    colours, alpha = palette(image, int(data.max())) if header.mode == "P" else (None, None)
    picture = Picture(
        mode=header.mode,
        palette=colours,
        palette_alpha=alpha,
        icc=image.info.get("icc_profile") or None,
        exif=exif,
        dpi=header.dpi,
        format=_format(image),
        extras=_extras(image),
    )
    return FeatureMap(data, header.layout, picture, header.name)


def _loaded(image: Image.Image, mode: str, stream: BinaryIO) -> Array:
    if mode in DEEP:
        with decoding():
            return deep_pixels(image, rawmode(image), stream)
    with decoding(), inflated(image):
        image.load()
    return pixels(image, mode)


def _extras(image: Image.Image) -> tuple[tuple[str, Any], ...]:
    """The compression of a TIFF or a TGA, or the timing of an animation."""
    if image.info.get("compression") in _KEPT_COMPRESSIONS and image.format in ("TIFF", "TGA"):
        return (("compression", image.info["compression"]),)
    if not _is_animation(image):
        return ()
    extras = {}
    if getattr(image, "default_image", False):
        extras["default_image"] = True
    if not extras or image.tell():
        extras["duration"] = image.info.get("duration", 0)
    if "loop" in image.info:
        extras["loop"] = image.info["loop"]
    return tuple(extras.items())

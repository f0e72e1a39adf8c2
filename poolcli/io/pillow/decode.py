"""An image file becomes maps: pages and frames, upright, with palettes and metadata."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.io.mode import ALL, DEEP, MODES
from poolcli.io.pillow.checks import (
    UnsupportedSamples,
    check_depth,
    check_pcx_palette,
    check_size,
    decoding,
    rawmode,
)
from poolcli.io.pillow.exif import (
    exif_behind_pixels,
    orientation,
    swaps_axes,
    upright,
)
from poolcli.io.pillow.gif import check_blocks
from poolcli.io.pillow.image_facts import facts_of
from poolcli.io.pillow.png_chunks import SIGNATURE, check_chunks
from poolcli.io.pillow.png_deep import deep_mode, deep_pixels
from poolcli.io.pillow.png_inflate import inflated
from poolcli.io.pillow.to_array import WITH_ALPHA, has_palette_alpha, palette, pixels, scale_key
from poolcli.io.source import Region, part_of
from poolcli.maps.array import Array
from poolcli.maps.facts import Facts
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

# Warning filters belong to the process and jobs are threads, so they are set once: check_size
# refuses what Pillow warns of, and odd tags of a file that can be read are of no interest.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
logging.getLogger("PIL").addHandler(logging.NullHandler())  # it raises the errors that it logs

_MAGIC = {
    SIGNATURE[:4]: "PNG",
    b"RIFF": "WebP",
    b"GIF8": "GIF",
    b"\xff\xd8\xff": "JPEG",
}
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


def open_source(stream: BinaryIO, layout: str | None) -> ImageSource:
    """The pages or frames of an image; FileError for a layout that is not its own."""
    source = ImageSource(stream)
    for header in source.headers:
        check_image_layout(layout, header.layout)
    return source


class ImageSource:
    """The pages or frames of an image, without a pixel decoded until one is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._image = stream, _open(stream)
        self.format = _format(self._image).lower()
        self.headers = _headers(self._image, stream)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A page or frame, which is decoded as a whole."""
        if not number:
            with decoding():
                self._check_whole()
        if len(self.headers) > 1:
            with decoding():
                self._image.seek(number)
        return part_of(_map(self._image, self.headers[number], self._stream), region)

    def _check_whole(self) -> None:
        """OSError for what Pillow does not look at: checksums, and frames that are not there."""
        if self._image.format == "PNG":
            check_chunks(self._stream)
        elif self._image.format == "GIF" and "loop" in self._image.info:
            check_blocks(self._stream)
        elif self._image.format == "PCX":
            check_pcx_palette(self._stream)


def check_image_layout(asked: str | None, own: str) -> None:
    """FileError if another layout is asked for than an image has."""
    if asked is not None and asked not in (own, own.replace("HW", "HWC")):
        raise FileError(f"an image is {own} by nature, and --layout says {asked}: leave it out")


def _open(stream: BinaryIO) -> Image.Image:
    head = stream.read(8)
    late_exif = exif_behind_pixels(stream) if head == SIGNATURE else None
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
        picture=Picture(mode, *(_early_palette(image) if mode == "P" else ())),
        facts=facts_of(image, stream, turn, is_frame=_is_animation(image)),
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


# Pixels --------------------------------------------------------------------------------------


def _map(image: Image.Image, header: Header, stream: BinaryIO) -> FeatureMap:
    data = upright(_loaded(image, header.mode, stream), header.orientation)
    if data.shape != header.shape:
        raise FileError("its frames differ in size, or its header is wrong: save it again")
    colours, alpha = palette(image, int(data.max())) if header.mode == "P" else (None, None)
    picture = Picture(header.mode, colours, alpha)
    return FeatureMap(data, header.layout, picture, header.name, _timed(image, header.facts))


def _loaded(image: Image.Image, mode: str, stream: BinaryIO) -> Array:
    if mode in DEEP:
        with decoding():
            return deep_pixels(image, rawmode(image), stream)
    with decoding(), inflated(image):
        image.load()
    return pixels(image, mode)


def _timed(image: Image.Image, facts: Facts) -> Facts:
    """The facts of a frame that has been decoded: each has its own duration."""
    if not _is_animation(image):
        return facts
    return {**facts, "duration": image.info.get("duration", 0)}

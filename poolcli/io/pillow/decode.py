"""An image file becomes maps: pages and frames, upright, with palettes and metadata.

What one format alone needs is imported when a file of it is read, as that keeps the start short.
"""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.io.mode import DEEP
from poolcli.io.pillow.exif import exif_behind_pixels, upright
from poolcli.io.pillow.image_checks import (
    UnsupportedSamples,
    check_claim,
    check_pcx_palette,
    decoding,
    rawmode,
)
from poolcli.io.pillow.jpeg_turbo import turbo_pixels
from poolcli.io.pillow.page_headers import format_of, headers_of, is_animation
from poolcli.io.pillow.png_chunks import SIGNATURE, check_chunks
from poolcli.io.pillow.png_deep import deep_pixels
from poolcli.io.pillow.png_inflate import inflated
from poolcli.io.pillow.png_rows import has_plain_rows, pixels_of_rows
from poolcli.io.pillow.to_array import palette, pixels, scale_key
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

_HEAD = 16  # bytes of a file that tell its kind
_JPEG = b"\xff\xd8\xff"
_MAGIC = {
    SIGNATURE[:4]: "PNG",
    b"RIFF": "WebP",
    b"GIF8": "GIF",
    _JPEG: "JPEG",
}


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
        check_claim(self._image, stream)
        self.format = format_of(self._image).lower()
        self.headers = headers_of(self._image, stream)

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
            from poolcli.io.pillow.gif import check_blocks

            check_blocks(self._stream)
        elif self._image.format == "PCX":
            check_pcx_palette(self._stream)


def check_image_layout(asked: str | None, own: str) -> None:
    """FileError if another layout is asked for than an image has."""
    if asked is not None and asked not in (own, own.replace("HW", "HWC")):
        raise FileError(f"an image is {own} by nature, and --layout says {asked}: leave it out")


def _open(stream: BinaryIO) -> Image.Image:
    head = stream.read(_HEAD)
    late_exif = exif_behind_pixels(stream) if head.startswith(SIGNATURE) else None
    stream.seek(0)
    with _known_format(head), decoding():
        image = _opened(stream, head)
    if late_exif:
        image.info.setdefault("exif", late_exif)
    scale_key(image)
    return image


def _opened(stream: BinaryIO, head: bytes) -> Image.Image:
    """An image as Pillow opens it; of PNG and JPEG without loading the plugins of other formats."""
    try:
        if head.startswith(SIGNATURE):
            png: Image.Image = _png_plugin().PngImageFile(stream)
            return png
        if head.startswith(_JPEG):
            from PIL.JpegImagePlugin import jpeg_factory

            return jpeg_factory(stream)
    except (SyntaxError, IndexError, TypeError, struct.error) as error:  # as Image.open does
        raise UnidentifiedImageError(str(error)) from error
    _png_plugin()  # an icon may hold a PNG
    return Image.open(stream)


@cache
def _png_plugin() -> Any:
    """Pillow's plugin for PNG, which a JPEG does not need: it takes 5 ms to load."""
    from PIL import PngImagePlugin

    PngImagePlugin.MAX_TEXT_CHUNK = 1 << 24  # bytes: a profile of a printer has a few million
    return PngImagePlugin


@contextmanager
def _known_format(head: bytes) -> Iterator[None]:
    """Name the kind, by its first bytes, of a file that Pillow does not identify."""
    try:
        yield
    except FileError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        from poolcli.io.unread_kinds import unread_kind  # here, as few files need it

        if words := unread_kind(head):
            raise FileError(f"it is {words}") from error
        name = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
        if name is None:
            raise
        raise UnsupportedSamples(
            f"a {name} that is damaged or has samples Pillow cannot hold: save it as .npy"
        ) from error


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
    if has_plain_rows(image, mode):
        with decoding():
            return pixels_of_rows(image, stream)
    if (found := turbo_pixels(image, mode, stream)) is not None:
        return found
    with decoding(), inflated(image):
        if image.format in ("JPEG", "MPO"):
            from poolcli.io.pillow.jpeg_scans import whole

            image = whole(image, stream)
        image.load()
    return pixels(image, mode)


def _timed(image: Image.Image, facts: Facts) -> Facts:
    """The facts of a frame that has been decoded: each has its own duration."""
    if not is_animation(image):
        return facts
    return {**facts, "duration": image.info.get("duration", 0)}

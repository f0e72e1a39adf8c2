"""Images, through Pillow: what they are and what they hold, made right where Pillow leaves it to us."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from poolcli.errors import FileError
from poolcli.io.damage import Unheld, check_depth, check_size, decoding, hush_libtiff, tag
from poolcli.io.exif import is_lying, kept, late_exif, orientation, upright
from poolcli.io.header import Header, Peek
from poolcli.io.inflate import inflating_ahead
from poolcli.io.mode import MODES
from poolcli.io.pixels import WITH_ALPHA, has_palette_alpha, palette, pixels, scale_key
from poolcli.maps.feature_map import FeatureMap, Picture

# Filters belong to the process and jobs are threads, so this is said once: check_size refuses what Pillow warns of,
# and of a file that is read in spite of odd tags there is nothing to say.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
logging.getLogger("PIL").addHandler(
    logging.NullHandler()
)  # what it logs as an error it raises, too

_PNG = b"\x89PNG\r\n\x1a\n"
_KNOWN = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    _PNG[:4]: "PNG",
    b"RIFF": "WebP",
    b"GIF8": "GIF",
    b"\xff\xd8\xff": "JPEG",
}
# The further pictures of an MPO are previews and gain maps, of a PSD its layers: the first is the whole picture.
_FIRST_ONLY = ("MPO", "PSD")
_DESCRIPTION = 270
_ANIMATED = ("GIF", "WEBP", "PNG")
_LOSSLESS = ("tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits")
_PLAIN = {
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "I;16B": "I;16",
    "I;16L": "I;16",
    "I;16N": "I;16",
}
_IN_MOTION = {"1": "RGB", "L": "RGB", "P": "RGB", "LA": "RGBA"}


def allow_pixels(limit: int) -> None:
    """Let images have as many pixels as so many bytes could hold, because who asks looks at what they take."""
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limit)


def peek_image(stream: BinaryIO) -> Peek:
    """What `read_image` would give, without decoding a pixel."""
    image = _open(stream)
    return Peek(_format(image).lower(), _headers(image, stream))


def read_image(stream: BinaryIO) -> tuple[FeatureMap, ...]:
    """A map for every page or frame."""
    image = _open(stream)
    headers = _headers(image, stream)
    return tuple(_map(page, header) for page, header in zip(_pages(image), headers, strict=True))


def first_page(stream: BinaryIO) -> str:
    """How a TIFF describes itself; FileError where Pillow cannot hold its first page."""
    image = _open(stream)
    _header(image, stream)
    return str(tag(image, _DESCRIPTION, ""))


def _open(stream: BinaryIO) -> Image.Image:
    head = stream.read(8)
    late = late_exif(stream) if head == _PNG else None
    if _KNOWN.get(head[:4]) == "TIFF":
        hush_libtiff()
    stream.seek(0)
    with _knowing(head), decoding():
        image = Image.open(stream)
    if late:
        image.info.setdefault("exif", late)
    scale_key(image)
    return image


@contextmanager
def _knowing(head: bytes) -> Iterator[None]:
    try:
        yield
    except FileError as error:
        kind = next((name for magic, name in _KNOWN.items() if head.startswith(magic)), None)
        if kind is None or not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        raise Unheld(
            f"a {kind} that is damaged or has samples Pillow cannot hold: save it as .npy"
        ) from error


def _format(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else image.format or ""


def _count(image: Image.Image) -> int:
    with decoding():
        return 1 if image.format in _FIRST_ONLY else getattr(image, "n_frames", 1)


def _moves(image: Image.Image) -> bool:
    return image.format in _ANIMATED and _count(image) > 1


def _pages(image: Image.Image) -> Iterator[Image.Image]:
    """The one image object, standing at each of its pages in turn."""
    count = _count(image)
    for number in range(count):
        if count > 1:
            with decoding():
                image.seek(number)
        yield image


def _headers(image: Image.Image, stream: BinaryIO) -> tuple[Header, ...]:
    if _moves(image):  # frames share a canvas; going to the next one would decode this one
        first = _header(image, stream)
        return tuple(first._replace(name=str(number)) for number in range(_count(image)))
    headers = [_header(page, stream) for page in _pages(image)]
    return tuple(
        one._replace(name=str(number) if len(headers) > 1 else "")
        for number, one in enumerate(headers)
    )


def _header(image: Image.Image, stream: BinaryIO) -> Header:
    check_size(image)
    mode, turn = _mode(image), orientation(image)
    check_depth(image, stream)
    dtype, channels, *_ = MODES[mode]
    return Header(
        name="",
        shape=_size(image, turn) + ((channels,) if channels else ()),
        dtype=dtype,
        layout="HWC" if channels else "HW",
        mode=mode,
        icc=bool(image.info.get("icc_profile")),
        orientation=turn,
        dpi=_dpi(image, turn),
        palette=len(image.palette.palette) // len(image.palette.mode)
        if image.palette and mode == "P"
        else 0,
        palette_alpha=mode == "P" and has_palette_alpha(image),
    )


def _turns_itself(image: Image.Image) -> bool:
    return image.format == "TIFF"  # when loaded, and its size tells before


def _size(image: Image.Image, turn: int) -> tuple[int, int]:
    width, height = image.size
    return (width, height) if is_lying(turn) and not _turns_itself(image) else (height, width)


def _mode(image: Image.Image) -> str:
    """The mode its pixels are given in, known before they are decoded."""
    mode = _PLAIN.get(image.mode, image.mode)
    if mode == "I" and image.format in ("PNG", "PPM"):
        return "I;16"  # these formats have no wider samples, only Pillow has
    if _moves(image):
        mode = _IN_MOTION.get(mode, mode)
    if "transparency" in image.info:
        mode = WITH_ALPHA.get(mode, mode)
    if mode not in MODES:
        raise Unheld(f"pixels of Pillow's mode {mode} are unknown here: save it as .png or .tiff")
    return mode


def _dpi(image: Image.Image, turn: int) -> tuple[float, float] | None:
    try:
        across, down = map(float, image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    # A TIFF that says nothing has 1 by Pillow, and a wrong one anything.
    if not all(isfinite(each) and each > 0 for each in (across, down)) or (across, down) == (1, 1):
        return None
    return (down, across) if is_lying(turn) else (across, down)


def _map(image: Image.Image, header: Header) -> FeatureMap:
    exif = kept(image)  # before loading, which turns a TIFF and forgets its tags
    with decoding(), inflating_ahead(image):
        image.load()
    data = pixels(image, header.mode)
    if not _turns_itself(image):
        data = upright(data, header.orientation)
    if data.shape != header.shape:
        raise FileError("its frames differ in size, or its header is wrong: save it again")
    colours, alpha = palette(image, int(data.max())) if header.mode == "P" else (None, None)
    icc = image.info.get("icc_profile") or None
    picture = Picture(
        header.mode, colours, alpha, icc, exif, header.dpi, _format(image), _extras(image)
    )
    return FeatureMap(data, header.layout, picture, header.name)


def _extras(image: Image.Image) -> tuple[tuple[str, Any], ...]:
    if image.info.get("compression") in _LOSSLESS and image.format == "TIFF":
        return (("compression", image.info["compression"]),)
    if not _moves(image):
        return ()
    timing = tuple((name, image.info[name]) for name in ("duration", "loop") if name in image.info)
    return (*timing, ("default_image", True)) if getattr(image, "default_image", False) else timing

"""What goes wrong in Pillow, as one FileError; and what it would quietly get wrong."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import CDLL
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from poolcli.errors import FileError
from poolcli.resources import memory

# Pillow's plugins and decoders promise nothing about damaged data: each of these has been seen from one of them.
# Warnings are here for programs that turn them into errors.
DAMAGE = (
    Image.DecompressionBombError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
PACKED = 100  # times that values shrink, from which on they are hardly data
_HEAD = 1 << 16  # JPEG 2000 and AVIF say their depth within the first bytes
_TIFF_BITS, _TIFF_SAMPLES = 258, 277


class Unheld(FileError):
    """A whole image, of samples that Pillow cannot hold."""


@contextmanager
def decoding() -> Iterator[None]:
    """The block where Pillow reads: whatever it raises there is the file's doing."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bomb(str(error).split(" exceeds")[0].lower()) from error
    except UnidentifiedImageError as error:
        raise FileError(
            "it is neither an array (.npy, .npz) nor an image Pillow can read"
        ) from error
    except DAMAGE as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise FileError(
            f"the image is cut short or damaged ({words}): save or download it again"
        ) from error


@cache
def hush_libtiff() -> None:
    """Keep the libtiff that Pillow brings from writing past us to stderr what Pillow raises in any case."""
    room = Path(Image.__file__).parent
    for library in (*room.glob("../[Pp]illow.libs/libtiff*"), *room.glob(".dylibs/libtiff*")):
        with suppress(OSError, AttributeError):
            CDLL(str(library)).TIFFSetErrorHandler(None)


def check_size(image: Image.Image) -> None:
    """Refuses what Pillow takes for a decompression bomb, where Pillow itself only warns; and what has no pixels."""
    limit, (width, height) = Image.MAX_IMAGE_PIXELS, image.size
    if not (width and height):
        raise FileError(
            f"the image is {width} wide and {height} high, and has no pixels: save it again"
        )
    if limit is not None and width * height > limit:
        raise _bomb(f"image size ({width * height} pixels, {width} wide and {height} high)")


def _bomb(size: str) -> FileError:
    limit = Image.MAX_IMAGE_PIXELS
    return FileError(
        f"{size} is past the limit of {limit} pixels: if you trust it, allow it with --max-memory, "
        "or cut it into parts"
    )


def check_unpacked(unpacked: int, packed: int) -> None:
    """Refuses what is small because it was packed hard, and huge once it is unpacked, unless so much is allowed."""
    if unpacked > max(PACKED * packed, memory.here().limit or memory.LARGE):
        raise FileError(
            f"its {memory.size_words(packed)} unpack to {memory.size_words(unpacked)}: if you trust it, "
            f"give --max-memory {unpacked // 10**6 + 1}M, or save it uncompressed"
        )


def check_depth(image: Image.Image, stream: BinaryIO) -> None:
    """Refuses an image whose samples Pillow would cut to fit its mode."""
    if image.format in ("EPS", "WMF"):
        raise FileError(f"{image.format} is a drawing, not pixels: export it as .png")
    if image.mode == "I;16" and "transparency" in image.info:
        raise FileError(
            "16-bit gray with a transparent colour does not fit Pillow's modes: remove the transparency"
        )
    with decoding():
        bits = _bits(image, stream)
    if bits > 8 and not image.mode.startswith(("I", "F")):
        raise Unheld(
            f"{bits} bits a channel, of which Pillow would keep 8: save it as 8-bit, as gray, or as a .npy array"
        )
    if image.mode == "F" and ";64" in rawmode(image):
        raise Unheld(
            "64-bit floats, of which Pillow would keep 32 bits: save it as 32-bit float or as .npy"
        )
    _check_samples(image)


def _check_samples(image: Image.Image) -> None:
    samples, bands = tag(image, _TIFF_SAMPLES, 1), len(image.getbands())
    if samples > bands:
        raise Unheld(
            f"{samples} channels, of which Pillow would keep {bands}: save the extra ones apart, or use .npy"
        )


def _bits(image: Image.Image, stream: BinaryIO) -> int:
    if image.format == "TIFF":
        return int(max(tag(image, _TIFF_BITS, (1,))))
    if image.format == "PPM":
        return _ppm_bits(image)
    if image.format in ("JPEG2000", "AVIF"):
        return _hidden_bits(image.format, stream)
    raw = rawmode(image)
    return (
        16
        if raw == "L;16" or raw.endswith((";16L", ";16B", ";16N")) or _codec(image) == "SGI16"
        else 8
    )


def tag(image: Image.Image, number: int, default: Any) -> Any:
    """A TIFF's tag; the default where there is none, or no TIFF."""
    return (
        image.tag_v2.get(number, default)
        if isinstance(image, TiffImagePlugin.TiffImageFile)
        else default
    )


def _codec(image: Image.Image) -> str:
    tiles = getattr(image, "tile", [])
    return str(tiles[0][0]) if tiles else ""


def _arguments(image: Image.Image) -> tuple[Any, ...]:
    tiles = getattr(image, "tile", [])
    arguments = tiles[0][3] if tiles else ()
    return arguments if isinstance(arguments, tuple) else (arguments,)


def rawmode(image: Image.Image) -> str:
    """Pillow's word for the samples as they are stored, until the image is loaded."""
    return str(next(iter(_arguments(image)), ""))


def _ppm_bits(image: Image.Image) -> int:
    limits = [value for value in _arguments(image)[1:] if isinstance(value, int)]
    return max(8, *(value.bit_length() for value in limits)) if limits else 8


def _hidden_bits(kind: str, stream: BinaryIO) -> int:
    place = stream.tell()
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(place)
    return _j2k_bits(head) if kind == "JPEG2000" else _avif_bits(head)


def _j2k_bits(head: bytes) -> int:
    """The widest component that the SIZ marker names (ISO 15444-1, A.5.1)."""
    start = head.find(b"\xff\x4f\xff\x51") + 40
    (count,) = struct.unpack_from(">H", head, start)
    return max((byte & 0x7F) + 1 for byte in head[start + 2 : start + 2 + 3 * count : 3])


def _avif_bits(head: bytes) -> int:
    """10 or 12 where the av1C box has its high_bitdepth bit set, else 8."""
    box = head.find(b"av1C")
    flags = head[box + 6] if box >= 0 else 0
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10

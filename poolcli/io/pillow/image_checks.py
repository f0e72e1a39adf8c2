"""Errors of Pillow as FileErrors, and images whose samples Pillow would silently cut."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ctypes import CDLL
from functools import cache
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import BOMB_RATIO, DECODER_ERRORS, one_line

PILLOW_ERRORS = (Image.DecompressionBombError, *DECODER_ERRORS)

_PCX_GRAY, _PCX_PALETTE = 2, 769  # a kind of palette, and the bytes of one with its mark
_REFUSED = 2  # times Pillow's limit
# By the names of Pillow's decoders, the pixels that a byte of a file can stand for at most: eight
# of one bit, or a run. Others have no limit worth a check, or check themselves.
_PIXELS = {"raw": 8, "qoi": 64, "bmp_rle": 256, "tga_rle": 128, "pcx": 512, "packbits": 1024}
_BYTES = 16  # that a pixel takes, about: colours and alpha, decoded, pooled and encoded


class UnsupportedSamples(FileError):
    """An undamaged image of samples that Pillow cannot hold."""


@contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever Pillow raises in this block into a FileError."""
    try:
        yield
    except PoolError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bomb(int(next(iter(re.findall(r"\d+", str(error))), 0))) from error
    except UnidentifiedImageError as error:
        raise FileError(
            "it is neither an array (.npy, .npz) nor an image Pillow can read"
        ) from error
    except PILLOW_ERRORS as error:
        raise FileError(
            f"the image is cut short or damaged ({one_line(error)}): save or download it again"
        ) from error


@cache
def silence_libtiff() -> None:
    """Keep Pillow's libtiff from writing to stderr what Pillow raises anyway."""
    package = Path(Image.__file__).parent
    for library in (*package.glob("../[Pp]illow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")):
        with suppress(OSError, AttributeError):
            CDLL(str(library)).TIFFSetErrorHandler(None)


def allow_pixels(limit: int) -> None:
    """Raise Pillow's limit of pixels to `limit`."""
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limit)


def check_size(image: Image.Image) -> None:
    """FileError for an image without pixels, or of more than Pillow refuses.

    That is twice its limit, past which it warns: of a photograph of 100 megapixels, too.
    """
    limit, (width, height) = Image.MAX_IMAGE_PIXELS, image.size
    if not (width and height):
        raise FileError(
            f"the image is {width} wide and {height} high, and has no pixels: save it again"
        )
    if limit is not None and width * height > _REFUSED * limit:
        raise _bomb(width * height)


def check_frames(image: Image.Image, count: int, stream: BinaryIO) -> None:
    """FileError for frames that have more pixels together than Pillow allows to one image.

    Frames of a few bytes may each be as large as the canvas. Those of a file that is not packed
    hard are allowed.
    """
    limit, pixels = Image.MAX_IMAGE_PIXELS, count * image.width * image.height
    is_packed_hard = pixels > BOMB_RATIO * _size_of(stream)
    if limit is not None and is_packed_hard and pixels > _REFUSED * limit:
        raise _bomb(pixels)


def size_warning(pixels: int) -> str:
    """What to say of an image that Pillow warns of and reads; "" of a smaller one."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is None or not limit < pixels <= _REFUSED * limit:
        return ""
    return (
        f"an image of {pixels:,} pixels, more than {limit:,}, may be a trap; "
        f"it is read, as up to {_REFUSED * limit:,} are: --max-memory {_needed(pixels)} says "
        "that it is meant"
    )


def _needed(pixels: int) -> str:
    """The --max-memory that an image of so many pixels needs."""
    return f"{_BYTES * pixels // 10**6 + 1}M"


def check_claim(image: Image.Image, stream: BinaryIO) -> None:
    """FileError for more pixels than the bytes of the file can stand for."""
    codecs = {tile[0] for tile in _tiles_of_file(image)}
    if not codecs or not codecs <= _PIXELS.keys():
        return
    width, height = image.size
    if width * height > _size_of(stream) * max(_PIXELS[codec] for codec in codecs):
        raise FileError(
            f"its header claims {height}x{width} pixels, and the file holds far fewer: "
            "it is cut short or damaged; save it again"
        )


def _size_of(stream: BinaryIO) -> int:
    """The bytes of a stream, which stays where it is."""
    position = stream.tell()
    size = stream.seek(0, SEEK_END)
    stream.seek(position)
    return size


def _tiles_of_file(image: Image.Image) -> Sequence[Any]:
    """The tiles that Pillow reads from the file itself.

    A plugin whose tiles are of something else, as of what a codec unpacked, has a method to go to
    them: ImageFile.load calls `load_seek` in place of the file's seek.
    """
    return () if hasattr(image, "load_seek") else getattr(image, "tile", ())


def _bomb(pixels: int) -> FileError:
    allowed = _REFUSED * (Image.MAX_IMAGE_PIXELS or 0)
    return FileError(
        f"an image of {pixels:,} pixels, and more than {allowed:,} may be a trap: "
        f"if you trust it, give --max-memory {_needed(pixels)} or more, or cut it into parts"
    )


def check_depth(image: Image.Image, stream: BinaryIO) -> None:
    """FileError for an image whose samples Pillow would cut to fit its mode."""
    if image.format in ("EPS", "WMF"):
        raise FileError(f"{image.format} is a drawing, not pixels: export it as .png")
    with decoding():
        bits = _bits(image, stream)
    if bits > 8 and not image.mode.startswith(("I", "F")):
        raise UnsupportedSamples(
            f"{bits} bits a channel, of which Pillow would keep 8: "
            "save it as 8-bit, as gray, or as a .npy array"
        )
    if image.mode == "F" and ";64" in rawmode(image):
        raise UnsupportedSamples(
            "64-bit floats, of which Pillow would keep 32 bits: save it as 32-bit float or as .npy"
        )


def check_pcx_palette(stream: BinaryIO) -> None:
    """OSError for a PCX without the palette at its end, whose indices Pillow takes for gray."""
    stream.seek(0)
    head = stream.read(70)
    version, bits, planes, kind = head[1], head[3], head[65], head[68]
    if (version, bits, planes) != (5, 8, 1) or kind == _PCX_GRAY:
        return
    stream.seek(-_PCX_PALETTE, SEEK_END)
    if stream.read(1) != b"\x0c":
        raise OSError("its palette is missing")


def rawmode(image: Image.Image) -> str:
    """Pillow's name for the samples as they are stored, until the image is loaded."""
    return str(next(iter(_decoder_arguments(image)), ""))


def _decoder_arguments(image: Image.Image) -> tuple[Any, ...]:
    tiles = getattr(image, "tile", [])
    arguments = tiles[0][3] if tiles else ()
    return arguments if isinstance(arguments, tuple) else (arguments,)


def _codec(image: Image.Image) -> str:
    tiles = getattr(image, "tile", [])
    return str(tiles[0][0]) if tiles else ""


def _bits(image: Image.Image, stream: BinaryIO) -> int:
    """The bits of a sample in the file."""
    if image.format == "PPM":
        return _ppm_bits(image)
    if image.format == "JPEG2000":
        return jpeg_2000_bits(_content(stream))
    if image.format == "AVIF":
        return avif_bits(_content(stream))
    raw = rawmode(image)
    is_wide = raw == "L;16" or raw.endswith((";16L", ";16B", ";16N")) or _codec(image) == "SGI16"
    return 16 if is_wide else 8


def _ppm_bits(image: Image.Image) -> int:
    limits = [value for value in _decoder_arguments(image)[1:] if isinstance(value, int)]
    return max(8, *(value.bit_length() for value in limits)) if limits else 8


def _content(stream: BinaryIO) -> bytes:
    """All bytes of a file: a profile may lie before what tells the depth."""
    position = stream.tell()
    stream.seek(0)
    content = stream.read()
    stream.seek(position)
    return content


def jpeg_2000_bits(head: bytes) -> int:
    """The bits of the widest component, from the SIZ marker (ISO 15444-1, A.5.1)."""
    start = head.find(b"\xff\x4f\xff\x51") + 40
    (count,) = struct.unpack_from(">H", head, start)
    return max((byte & 0x7F) + 1 for byte in head[start + 2 : start + 2 + 3 * count : 3])


def avif_bits(head: bytes) -> int:
    """8, 10 or 12 bits, by high_bitdepth and twelve_bit of the av1C box (AV1-ISOBMFF, 2.3.3)."""
    box = head.find(b"av1C")
    flags = head[box + 6] if box >= 0 else 0
    if not flags & 0x40:
        return 8
    return 12 if flags & 0x20 else 10

"""How segments of a TIFF are compressed: bytes to bytes, or to pixels where a codec knows these.

Deflate and LZMA are Python's own. Pillow's libtiff does LZW, PackBits, Zstandard, fax and JPEG: a
segment is put in a TIFF of its own. imagecodecs (the extra `tiff`) is faster at some of them, and
has the rest.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, one_line
from poolcli.io.tiff.byte_form import ByteForm
from poolcli.io.tiff.fields import LONG, SHORT, Field, numbers, packed_directory
from poolcli.io.tiff.tags import Compression, Photometric, Tag
from poolcli.maps.array import Array
from poolcli.resources.extras import extra, has_extra

_LITTLE = ByteForm("<", is_big=False)


class Segment(NamedTuple):
    """A compressed strip or tile: its size in pixels, the bytes it unpacks to, and what its codec
    has to know: fields of its directory.
    """

    raw: bytes
    height: int
    width: int
    nbytes: int
    fields: Sequence[Field] = ()


def decoded(segment: Segment, compression: int) -> bytes | Array:
    """The unpacked bytes of a segment, or its pixels; FileError if it is damaged."""
    if compression == Compression.NONE:
        return segment.raw
    try:
        return _decoder(compression)(segment, compression)
    except PoolError:
        raise
    except (*DECODER_ERRORS, lzma.LZMAError) as error:
        raise FileError(
            f"the TIFF is cut short or damaged ({one_line(error)}): save or download it again"
        ) from error


def _decoder(compression: int) -> Callable[[Segment, int], bytes | Array]:
    if compression in (Compression.DEFLATE, Compression.OLD_DEFLATE):
        return _inflated
    if compression == Compression.LZMA:
        return _from_lzma
    if compression in _FAST and has_extra("tiff"):
        return _by_imagecodecs
    if compression in (Compression.LZW, Compression.PACKBITS, Compression.ZSTD):
        return _bytes_by_pillow
    if compression in _IMAGES_OF_PILLOW:
        return _image_by_pillow
    if compression in _PIXELS:
        return _pixels_by_imagecodecs
    raise FileError(
        f"its compression ({name_of(compression)}) is unknown here: "
        "save it with another, or as .npy"
    )


def name_of(compression: int) -> str:
    """The name of a compression in messages."""
    try:
        return Compression(compression).name.replace("_", " ")
    except ValueError:
        return str(compression)


def _inflated(segment: Segment, compression: int) -> bytes:  # noqa: ARG001 - one of several decoders
    return zlib.decompressobj().decompress(segment.raw, segment.nbytes)


def _from_lzma(segment: Segment, compression: int) -> bytes:  # noqa: ARG001 - one of several decoders
    return lzma.LZMADecompressor().decompress(segment.raw, segment.nbytes)


# By Pillow's libtiff -------------------------------------------------------------------------

_IMAGES_OF_PILLOW = (
    Compression.CCITT_RLE,
    Compression.CCITT_FAX3,
    Compression.CCITT_FAX4,
    Compression.JPEG,
)


def _bytes_by_pillow(segment: Segment, compression: int) -> bytes:
    """The bytes, as the pixels of one gray line."""
    return _loaded(
        segment.raw,
        numbers(Tag.WIDTH, LONG, segment.nbytes),
        numbers(Tag.HEIGHT, LONG, 1),
        numbers(Tag.BITS, SHORT, 8),
        numbers(Tag.COMPRESSION, LONG, compression),
        numbers(Tag.PHOTOMETRIC, SHORT, Photometric.BLACK_IS_ZERO),
    )


def _image_by_pillow(segment: Segment, compression: int) -> bytes:
    """The pixels; those of YCbCr as RGB."""
    return _loaded(
        segment.raw,
        numbers(Tag.WIDTH, LONG, segment.width),
        numbers(Tag.HEIGHT, LONG, segment.height),
        numbers(Tag.COMPRESSION, LONG, compression),
        *segment.fields,
    )


def _loaded(raw: bytes, *fields: Field) -> bytes:
    """The pixels of a TIFF of one strip with these fields."""
    from PIL.TiffImagePlugin import TiffImageFile

    from poolcli.io.pillow.image_checks import silence_libtiff

    silence_libtiff()
    height = next(int(field.values[0]) for field in fields if field.tag == Tag.HEIGHT)
    start = 16
    strip = (
        numbers(Tag.STRIP_OFFSETS, LONG, start),
        numbers(Tag.STRIP_SIZES, LONG, len(raw)),
        numbers(Tag.ROWS_PER_STRIP, LONG, height),
    )
    at = start + len(raw) + len(raw) % 2
    head = _LITTLE.head + at.to_bytes(4, "little")
    directory = packed_directory([*fields, *strip], _LITTLE, at)
    file = BytesIO(head.ljust(start, b"\0") + raw.ljust(at - start, b"\0") + directory)
    image = TiffImageFile(file)  # not Image.open, whose limit of pixels a line of bytes may pass
    return image.tobytes()


def _packed_by_pillow(raw: bytes, name: str) -> bytes:
    """Bytes compressed as the pixels of one gray line."""
    from PIL import Image

    from poolcli.io.tiff.directory import directories

    stream = BytesIO()
    image = Image.frombytes("L", (len(raw), 1), raw)
    image.save(stream, "TIFF", compression=name, strip_size=len(raw))
    (directory,) = directories(stream)
    start, size = directory.whole(Tag.STRIP_OFFSETS, 0), directory.whole(Tag.STRIP_SIZES, 0)
    return stream.getvalue()[start : start + size]


# By imagecodecs ------------------------------------------------------------------------------

_FAST = {
    Compression.LZW: "lzw",
    Compression.PACKBITS: "packbits",
    Compression.ZSTD: "zstd",
}
_PIXELS = {
    Compression.JPEG_2000: "jpeg2k",
    Compression.JPEG_2000_RGB: "jpeg2k",
    Compression.PNG: "png",
    Compression.JPEG_XR: "jpegxr",
    Compression.LERC: "lerc",
    Compression.WEBP: "webp",
    Compression.JPEG_XL: "jpegxl",
}


def _by_imagecodecs(segment: Segment, compression: int) -> bytes:
    codecs = extra("tiff", f"a TIFF of the compression {name_of(compression)}")
    decode = getattr(codecs, f"{_FAST[Compression(compression)]}_decode")
    return bytes(decode(segment.raw, out=segment.nbytes))


def _pixels_by_imagecodecs(segment: Segment, compression: int) -> Array:
    codecs = extra("tiff", f"a TIFF of the compression {name_of(compression)}")
    raw = segment.raw
    if compression == Compression.LERC:
        raw = _lerc_block(segment)
    decode = getattr(codecs, f"{_PIXELS[Compression(compression)]}_decode")
    return np.asarray(decode(raw))


def _lerc_block(segment: Segment) -> bytes:
    """The LERC block of a segment, which another codec may have packed once more."""
    parameters = [field.values for field in segment.fields if field.tag == Tag.LERC_PARAMETERS]
    packed = int(parameters[0][1]) if parameters and len(parameters[0]) > 1 else 0
    if packed == 1:
        return zlib.decompress(segment.raw)
    if packed == 2:
        return bytes(extra("tiff", "a TIFF of LERC and Zstandard").zstd_decode(segment.raw))
    return segment.raw


# Compressing ---------------------------------------------------------------------------------

_PILLOW_NAMES = {
    Compression.LZW: "tiff_lzw",
    Compression.PACKBITS: "packbits",
    Compression.ZSTD: "zstd",
}
WRITTEN = (Compression.NONE, Compression.DEFLATE, Compression.LZMA, *_PILLOW_NAMES)


def encoded(raw: bytes, compression: int, level: int | None = None) -> bytes:
    """The bytes of a segment in one of the compressions `WRITTEN`."""
    if compression == Compression.NONE:
        return raw
    if compression == Compression.DEFLATE:
        return _deflated(raw, 6 if level is None else level)
    if compression == Compression.LZMA:
        return lzma.compress(raw, preset=level)
    kind = Compression(compression)
    if has_extra("tiff"):
        encode = getattr(extra("tiff", "writing a TIFF"), f"{_FAST[kind]}_encode")
        return bytes(encode(raw) if level is None else encode(raw, level=level))
    return _packed_by_pillow(raw, _PILLOW_NAMES[kind])


def _deflated(raw: bytes, level: int) -> bytes:
    """The bytes in zlib's format; libdeflate is twice as fast."""
    if not has_extra("tiff"):
        return zlib.compress(raw, min(level, 9))
    return bytes(extra("tiff", "writing a TIFF").deflate_encode(raw, level=min(level, 12)))


def jpeg(pixels: Array, quality: int | None, subsampling: int) -> bytes:
    """A segment of 8-bit gray or RGB as a JPEG of its own."""
    from PIL import Image

    stream = BytesIO()
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    image.save(stream, "JPEG", quality=95 if quality is None else quality, subsampling=subsampling)
    return stream.getvalue()

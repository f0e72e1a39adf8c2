"""A TIFF becomes maps, one for each of its images, their axes in the order of the file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, check_unpacked, one_line
from poolcli.io.header import Header
from poolcli.io.mode import DEEP, NATURAL, STACK
from poolcli.io.source import Region, part_of
from poolcli.io.tiff.ome import TO_LAYOUT, Description, descriptions
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, shape_words
from poolcli.maps.picture import Picture
from poolcli.resources.extras import extra, has_extra

COLOURS = ("RGB", "RGBA", *DEEP)  # modes of colour images; all others are planes or stacks
_CLASSIC = (b"II*\0", b"MM\0*")
_BIG_TIFF = (b"II+\0", b"MM\0+")
_MAX_RATIO = 1100  # bytes that a compressed byte can stand for: above any of TIFF's codecs
_COMPRESSIONS = {"NONE": "none", "LZW": "lzw", "PACKBITS": "packbits"}  # names in facts
_ICC = 34675  # tag


def needs_tifffile(stream: BinaryIO) -> bool:
    """Whether an image is a TIFF that Pillow cannot hold, or of which it would lose something."""
    from poolcli.io.pillow.checks import UnsupportedSamples
    from poolcli.io.pillow.decode import tiff_description

    head = stream.read(4)
    stream.seek(0)
    if head not in _CLASSIC:
        return head in _BIG_TIFF
    try:
        return "<OME" in tiff_description(stream)
    except UnsupportedSamples as error:
        if not has_extra("tiff"):
            raise FileError(f"{error}; pip install 'poolcli[tiff]' reads such a TIFF") from error
        return _is_readable(stream)
    except FileError:
        return False
    finally:
        stream.seek(0)


def _is_readable(stream: BinaryIO) -> bool:
    try:
        return bool(open_source(stream, None).headers)
    except FileError:
        return False


def open_source(stream: BinaryIO, layout: str | None) -> TiffSource:
    """The images of a file, whose headers come from the tags alone."""
    return TiffSource(stream, layout)


class TiffSource:
    """The images of a file."""

    format = "tiff"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        self._stream = stream
        with _opened(stream) as file:
            self.headers = _headers(file, layout)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """An image, or a region of it."""
        with _opened(self._stream) as file:
            return part_of(_map(file.series[number], self.headers[number]), region)


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[Any]:
    tifffile = extra("tiff", "a TIFF of this kind (OME, BigTIFF, or deep colours)")
    logger = logging.getLogger("tifffile")  # what it logs is raised, or checked below
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    try:
        stream.seek(0)
        with tifffile.TiffFile(stream, _multifile=False) as file:
            _check_whole(file)
            yield file
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        check_codecs(error)
        raise FileError(
            f"the TIFF is cut short or damaged ({one_line(error)}): save or download it again"
        ) from error


def check_codecs(error: Exception) -> None:
    """FileError if the only thing wrong is that a compression lacks its library."""
    if "imagecodecs" in str(error):
        raise FileError(
            "this compression of a TIFF needs imagecodecs: pip install 'poolcli[tiff]'"
        ) from error


def _check_whole(file: Any) -> None:
    """FileError if strips are missing, which tifffile would read as zeros, or sizes impossible."""
    if not file.series:
        raise FileError("the TIFF has no image: save it again")
    for series in file.series:
        held = sum(_checked_bytes(page, file.filehandle.size) for page in series.pages)
        if series.nbytes > _MAX_RATIO * held:
            raise FileError(
                f"its tags claim {shape_words(series.shape)}, more than it can hold: save it again"
            )
        check_unpacked(series.nbytes, held)


def _checked_bytes(page: Any, file_size: int) -> int:
    """The compressed bytes of a page; FileError if some are not in the file."""
    if page is None:
        raise FileError("the TIFF lacks a plane that its description names: save it again")
    strips = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if not strips or any(start + size > file_size or not size for start, size in strips):
        raise FileError("the TIFF is cut short: save or download it again")
    return int(sum(page.databytecounts))


# Headers -------------------------------------------------------------------------------------


def _headers(file: Any, layout: str | None) -> tuple[Header, ...]:
    images = zip(file.series, descriptions(file), strict=True)
    headers = [_header(series, about, layout) for series, about in images]
    if len(headers) == 1:
        return tuple(headers)
    return tuple(header._replace(name=str(number)) for number, header in enumerate(headers))


def _header(series: Any, about: Description, layout: str | None) -> Header:
    letters = check_layout(layout, len(series.shape)) if layout else _layout(series)
    mode = _mode(series, letters)
    is_colour = mode in COLOURS
    page = series.keyframe
    return Header(
        name="",
        shape=tuple(series.shape[axis] for axis in _channels_last(series))
        if is_colour
        else tuple(series.shape),
        dtype=series.dtype.newbyteorder("=").name,
        layout="HWC" if is_colour else letters,
        picture=Picture(mode),
        facts=_facts(page, about, letters),
    )


def _facts(page: Any, about: Description, layout: str) -> dict[str, Any]:
    """What the image carries beside its pixels."""
    found = {
        "icc": page.tags[_ICC].value if _ICC in page.tags else None,
        "dpi": _dpi(page),
        "spacing": about.spacing(layout) or None,
        "channels": about.channels or None,
        "compression": _COMPRESSIONS.get(page.compression.name, "deflate"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _channels_last(series: Any) -> list[int]:
    """The axes of a colour image as height, width, channels."""
    return [series.axes.index(letter) for letter in "YXS"]


def _layout(series: Any) -> str:
    unknown = [letter for letter in series.axes if letter not in TO_LAYOUT]
    letters = "".join(TO_LAYOUT.get(letter, "N") for letter in series.axes)
    if len(unknown) > 1 or len(set(letters)) < len(letters) or not set(letters) & set("HW"):
        raise FileError(
            f"its axes are {series.axes} ({shape_words(series.shape)}), "
            "which have no usual names here: give --layout with as many letters, such as NDCHW"
        )
    return letters


def _mode(series: Any, letters: str) -> str:
    """A colour mode for one picture with colours, a gray one for one plane, else a stack."""
    page, dtype = series.keyframe, series.dtype.newbyteorder("=").name
    if page.photometric.name == "PALETTE":
        raise FileError(
            "a palette in a TIFF of this kind is not kept: save its colours, or a plain TIFF"
        )
    if len(letters) == 2 and page.photometric.name == "MINISBLACK":
        return NATURAL.get((dtype, 0), STACK)
    if sorted(series.axes) != sorted("YXS") or page.photometric.name not in ("RGB", "YCBCR"):
        return STACK
    alpha = tuple(each.name for each in page.extrasamples)
    modes = {(3, ()): "RGB", (4, ("UNASSALPHA",)): "RGBA"}
    mode = modes.get((page.samplesperpixel, alpha))
    if mode is None:
        return STACK
    return {"uint8": mode, "uint16": f"{mode};16"}.get(series.dtype.name, STACK)


def _dpi(page: Any) -> tuple[float, float] | None:
    try:
        across, down = page.get_resolution(unit="INCH")
    except PoolError:
        raise
    except DECODER_ERRORS:
        return None
    return (across, down) if across > 1 and down > 1 else None


# Pixels --------------------------------------------------------------------------------------


def _map(series: Any, header: Header) -> FeatureMap:
    data = series.asarray()
    if data.shape != series.shape or not data.size:
        raise FileError(
            "its planes are not those that its tags claim: it is damaged; save it again"
        )
    page = series.keyframe
    if page.photometric.name == "MINISWHITE" and data.dtype.kind == "u":
        data = np.iinfo(data.dtype).max - data
    if header.mode in COLOURS:
        data = data.transpose(_channels_last(series))
    native = np.ascontiguousarray(data, data.dtype.newbyteorder("="))
    return FeatureMap(native, header.layout, header.picture, header.name, header.facts)

"""TIFFs of science, read by tifffile: 16 bits a colour, any depth, named axes, the size of a pixel.

Its types are not named here, because it may not be installed: a file is a TiffFile, a series a TiffPageSeries.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.damage import DAMAGE, Unheld, check_unpacked
from poolcli.io.header import Header
from poolcli.io.image import first_page
from poolcli.io.mode import DEEP, NATURAL, STACK
from poolcli.maps.feature_map import FeatureMap, Picture
from poolcli.maps.layout import check_layout, shape_words, space_axes
from poolcli.resources.extras import extra, has_extra

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TIFFS = (b"II*\0", b"MM\0*")
BIG = (b"II+\0", b"MM\0+")
AXES = {"T": "N", "Z": "D", "C": "C", "S": "C", "Y": "H", "X": "W"}  # OME's letters, and ours
_MOST = 1100  # bytes one byte of a compressed strip can stand for
_COMPRESSIONS = {"NONE": "raw", "LZW": "tiff_lzw", "PACKBITS": "packbits"}  # by Pillow's words
_ICC = 34675
COLOURS = ("RGB", "RGBA", *DEEP)


def is_stack(stream: BinaryIO) -> bool:
    """Whether an image is a TIFF that is more than Pillow can tell, or hold."""
    head = stream.read(4)
    stream.seek(0)
    if head not in TIFFS:
        return head in BIG
    try:
        return "<OME" in first_page(stream)
    except Unheld as error:
        if not has_extra("tiff"):
            raise FileError(f"{error}; pip install 'poolcli[tiff]' reads such a TIFF") from error
        return _is_readable(stream)
    except FileError:
        return False
    finally:
        stream.seek(0)


def _is_readable(stream: BinaryIO) -> bool:
    try:
        return bool(peek_stack(stream, None))
    except FileError:
        return False


def peek_stack(stream: BinaryIO, layout: str | None) -> tuple[Header, ...]:
    """What `read_stack` would give, from the tags alone."""
    with _opened(stream) as file:
        return _headers(file, layout)


def read_stack(stream: BinaryIO, layout: str | None) -> tuple[FeatureMap, ...]:
    """A map for each image of the file, its axes in the order they have there."""
    with _opened(stream) as file:
        facts = zip(file.series, _headers(file, layout), _described(file), strict=True)
        return tuple(_map(series, header, told.channels) for series, header, told in facts)


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[Any]:
    tifffile = extra("tiff", "a TIFF of this kind (OME, BigTIFF, or deep colours)")
    logging.getLogger("tifffile").addHandler(
        logging.NullHandler()
    )  # what is wrong is raised, or checked below
    logging.getLogger("tifffile").propagate = False
    try:
        stream.seek(0)
        with tifffile.TiffFile(stream, _multifile=False) as file:
            _check_whole(file)
            yield file
    except DAMAGE as error:
        check_codecs(error)
        words = " ".join(str(error).split()) or type(error).__name__
        raise FileError(
            f"the TIFF is cut short or damaged ({words}): save or download it again"
        ) from error


def check_codecs(error: Exception) -> None:
    """FileError where a compression lacks its library, which nothing else is wrong with."""
    if "imagecodecs" in str(error):
        raise FileError(
            "this compression of a TIFF needs imagecodecs: pip install 'poolcli[tiff]'"
        ) from error


def _check_whole(file: Any) -> None:
    """Refuses strips that the file does not hold, which would be read as zeros, and sizes that it cannot."""
    if not file.series:
        raise FileError("the TIFF has no image: save it again")
    for series in file.series:
        held = 0
        for page in series.pages:
            if page is None:
                raise FileError("the TIFF lacks a plane that its description names: save it again")
            parts = zip(page.dataoffsets, page.databytecounts, strict=True)
            if not page.dataoffsets or any(
                start + size > file.filehandle.size or not size for start, size in parts
            ):
                raise FileError("the TIFF is cut short: save or download it again")
            held += sum(page.databytecounts)
        if series.nbytes > _MOST * held:
            raise FileError(
                f"its tags claim {shape_words(series.shape)}, more than it can hold: save it again"
            )
        check_unpacked(series.nbytes, held)


def _headers(file: Any, layout: str | None) -> tuple[Header, ...]:
    several = len(file.series) > 1
    headers = (_header(*pair, layout) for pair in zip(file.series, _described(file), strict=True))
    return tuple(
        one._replace(name=str(number) if several else "") for number, one in enumerate(headers)
    )


def _header(series: Any, told: _Told, layout: str | None) -> Header:
    letters = check_layout(layout, len(series.shape)) if layout else _layout(series)
    mode = _mode(series, letters)
    page = series.keyframe
    return Header(
        name="",
        shape=tuple(series.shape) if mode not in COLOURS else _upright(series),
        dtype=series.dtype.newbyteorder("=").name,
        layout=letters if mode not in COLOURS else "HWC",
        mode=mode,
        icc=_ICC in page.tags,
        dpi=_dpi(page),
        spacing=tuple(told.sizes.get(letters[axis], (1.0, "")) for axis in space_axes(letters))
        if told.sizes
        else (),
    )


def _upright(series: Any) -> tuple[int, ...]:
    """The shape of a colour image with its channels last."""
    return tuple(series.shape[series.axes.index(letter)] for letter in "YXS")


def _layout(series: Any) -> str:
    unknown = [letter for letter in series.axes if letter not in AXES]
    letters = "".join(AXES.get(letter, "N") for letter in series.axes)
    if len(unknown) > 1 or len(set(letters)) < len(letters) or not set(letters) & set("HW"):
        raise FileError(
            f"its axes are {series.axes} ({shape_words(series.shape)}), which have no usual names here: "
            "give --layout with as many letters, such as NDCHW"
        )
    return letters


def _mode(series: Any, letters: str) -> str:
    """Colours where it is one picture of them, gray where it is one plane, else a stack."""
    page = series.keyframe
    if page.photometric.name == "PALETTE":
        raise FileError(
            "a palette in a TIFF of this kind is not kept: save its colours, or a plain TIFF"
        )
    if len(letters) == 2 and page.photometric.name == "MINISBLACK":
        return NATURAL.get((series.dtype.newbyteorder("=").name, 0), STACK)
    if sorted(series.axes) != sorted("YXS") or page.photometric.name not in ("RGB", "YCBCR"):
        return STACK
    alpha = [each.name for each in page.extrasamples]
    colours = {(3, ()): "RGB", (4, ("UNASSALPHA",)): "RGBA"}.get(
        (page.samplesperpixel, tuple(alpha)), ""
    )
    return (
        {"uint8": colours, "uint16": f"{colours};16"}.get(series.dtype.name, STACK)
        if colours
        else STACK
    )


def _dpi(page: Any) -> tuple[float, float] | None:
    try:
        across, down = page.get_resolution(unit="INCH")
    except DAMAGE:
        return None
    return (across, down) if across > 1 and down > 1 else None


class _Told(NamedTuple):
    """What OME's description says of an image: the size of a pixel by our letters, and the names of its channels."""

    sizes: Mapping[str, tuple[float, str]]
    channels: tuple[str, ...]


def _described(file: Any) -> list[_Told]:
    """OME's description of each image; an empty one where there is none."""
    pixels = _pixels(file)
    return [
        _told_of(pixels[number]) if number < len(pixels) else _Told({}, ())
        for number in range(len(file.series))
    ]


def _told_of(pixels: Element) -> _Told:
    sizes = {
        letter: (
            float(pixels.attrib[f"PhysicalSize{axis}"]),
            pixels.attrib.get(f"PhysicalSize{axis}Unit", "µm"),
        )
        for axis, letter in (("X", "W"), ("Y", "H"), ("Z", "D"))
        if f"PhysicalSize{axis}" in pixels.attrib
    }
    channels = [each.attrib.get("Name", "") for each in pixels if each.tag.endswith("}Channel")]
    return _Told(sizes, tuple(channels) if all(channels) else ())


def _pixels(file: Any) -> list[Element]:
    if not file.is_ome:
        return []
    from xml.etree import ElementTree as ET

    return [
        each
        for each in ET.fromstring(file.ome_metadata or "").iter()
        if each.tag.endswith("}Pixels")
    ]  # noqa: S314


def _map(series: Any, header: Header, channels: tuple[str, ...]) -> FeatureMap:
    data = series.asarray()
    if data.shape != series.shape or not data.size:
        raise FileError(
            "its planes are not those that its tags claim: it is damaged; save it again"
        )
    page = series.keyframe
    if page.photometric.name == "MINISWHITE" and data.dtype.kind == "u":
        data = np.iinfo(data.dtype).max - data
    if header.mode in COLOURS:
        data = data.transpose([series.axes.index(letter) for letter in "YXS"])
    icc = page.tags[_ICC].value if header.icc else None
    compression = _COMPRESSIONS.get(page.compression.name, "tiff_adobe_deflate")
    extras = ("compression", compression), ("channels", channels)
    picture = Picture(header.mode, icc=icc, dpi=header.dpi, format="TIFF", extras=extras)
    native = np.ascontiguousarray(data, data.dtype.newbyteorder("="))
    return FeatureMap(native, header.layout, picture, header.name, header.spacing)

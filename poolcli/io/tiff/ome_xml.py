"""OME-XML in a TIFF: which page is which plane, the sizes of pixels, and the names of channels.

The document of the input is changed where pooling changes it and written again, so that what has no
meaning here (instruments, objectives, colours, annotations) stays (OME 2016-06).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite, prod
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from poolcli.errors import FileError
from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize

_LETTERS = {"T": "N", "Z": "D", "C": "C"}
SIZED_AXES = {"W": "X", "H": "Y", "D": "Z"}
AXIS_NAMES = {"N": "T", "D": "Z", "C": "C", "H": "Y", "W": "X"}
_ROOT = re.compile(r"<(\w+:)?OME[\s>]")
TYPES = {
    "int8": "int8",
    "int16": "int16",
    "int32": "int32",
    "uint8": "uint8",
    "uint16": "uint16",
    "uint32": "uint32",
    "float32": "float",
    "float64": "double",
    "bool": "bit",
}


class OmeXml(NamedTuple):
    """The document of a file, and which of its images a map is."""

    document: str
    number: int

    def __str__(self) -> str:
        return f"{len(self.document)} bytes"


class Planes(NamedTuple):
    """An image of a document: the letters and sizes of the axes before its planes, the number of
    each plane's page, and the facts that it tells.
    """

    letters: str
    sizes: tuple[int, ...]
    pages: Array
    samples: int
    facts: Mapping[str, Any]
    has_regions: bool


def is_ome(description: str) -> bool:
    """Whether a description is an OME-XML document."""
    return bool(_ROOT.search(description[:2000])) and "Pixels" in description


def images(description: str, count: int) -> list[Planes]:
    """The images of a document in a file of `count` pages."""
    root = root_of(description)
    own = root.attrib.get("UUID", "")
    found = [
        each for each in all_of(root, "Image") if next(all_of(each, "Pixels"), None) is not None
    ]
    regions = next(all_of(root, "ROI"), None) is not None
    return [_planes(image, own, count, has_regions=regions) for image in found]


def root_of(document: str) -> ET.Element:
    start = document.find("<")
    try:
        # It resolves no external entities, and expat limits what inner ones expand to.
        return ET.fromstring(document[max(start, 0) :].strip("\0 \n\r\t").encode())  # noqa: S314
    except (ET.ParseError, ValueError, LookupError) as error:
        raise FileError(f"its OME description is damaged ({error}): save it again") from error


def all_of(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """The elements of a name inside another, whatever their namespace."""
    return (each for each in element.iter() if name_of(each) == name)


def name_of(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _planes(image: ET.Element, own: str, count: int, *, has_regions: bool) -> Planes:
    pixels = next(all_of(image, "Pixels"))
    sizes = {axis: _whole(pixels, f"Size{axis}") for axis in "XYZCT"}
    channels = [each for each in pixels if name_of(each) == "Channel"]
    samples = _whole(channels[0], "SamplesPerPixel") if channels else 1
    sizes["C"] = max(1, sizes["C"] // samples)
    axes = [
        axis for axis in reversed(pixels.attrib.get("DimensionOrder", "XYCZT")) if axis in _LETTERS
    ]
    if sorted(axes) != ["C", "T", "Z"]:
        raise FileError("its OME description names no order of its axes: save it again")
    shape = tuple(sizes[axis] for axis in axes)
    if prod(shape) > count:
        raise FileError(
            f"its OME description names {prod(shape)} planes, and it holds {count}: "
            "it is cut short, or its planes are in several files"
        )
    pages = _page_numbers(pixels, axes, shape, own)
    kept = [axis for axis, size in zip(axes, shape, strict=True) if size > 1]
    return Planes(
        "".join(_LETTERS[axis] for axis in kept),
        tuple(sizes[axis] for axis in kept),
        pages.reshape([sizes[axis] for axis in kept]),
        samples,
        _facts(pixels, channels, samples),
        has_regions,
    )


def _whole(element: ET.Element, name: str) -> int:
    with suppress(ValueError):
        return max(1, int(element.attrib.get(name, 1)))
    raise FileError(f"its OME description has a {name} that is no number: save it again")


def _page_numbers(pixels: ET.Element, axes: list[str], shape: tuple[int, ...], own: str) -> Array:
    """The number of each plane's page; -1 where none is named."""
    data = [each for each in pixels if name_of(each) == "TiffData"]
    count = prod(shape)
    if not any(each.attrib for each in data):
        return np.arange(count)
    pages = np.full(count, -1)
    for each in data:
        for file in all_of(each, "UUID"):
            if "FileName" in file.attrib and own and (file.text or "").strip() != own:
                raise FileError("its planes are in several files: save them in one")
        first = np.ravel_multi_index(
            [
                min(_at(each, f"First{axis}"), size - 1)
                for axis, size in zip(axes, shape, strict=True)
            ],
            shape,
        )
        default = 1 if "IFD" in each.attrib else count
        many = min(_at(each, "PlaneCount", default), count - int(first))
        start = _at(each, "IFD")
        pages[first : first + many] = np.arange(start, start + many)
    return pages


def _at(element: ET.Element, name: str, default: int = 0) -> int:
    with suppress(ValueError):
        return min(max(0, int(element.attrib.get(name, default))), 2**31)
    return default


def _facts(pixels: ET.Element, channels: Sequence[ET.Element], samples: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    sizes = {}
    for letter, axis in SIZED_AXES.items():
        if (size := _size(pixels, f"PhysicalSize{axis}")) is not None:
            sizes[letter] = PixelSize(size, pixels.attrib.get(f"PhysicalSize{axis}Unit", "\u00b5m"))
    if (interval := _size(pixels, "TimeIncrement")) is not None:
        sizes["N"] = PixelSize(interval, pixels.attrib.get("TimeIncrementUnit", "s"))
    if sizes:
        facts["spacing"] = sizes
    names = tuple(each.attrib.get("Name", "") for each in channels)
    if names and all(names) and samples == 1:
        facts["channels"] = names
    return facts


def _size(element: ET.Element, name: str) -> float | None:
    with suppress(KeyError, ValueError):
        size = float(element.attrib[name])
        return size if isfinite(size) and size > 0 else None
    return None

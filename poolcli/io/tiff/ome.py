"""OME-XML in a TIFF: which page is which plane, the sizes of pixels, and the names of channels.

The document of the input is changed where pooling changes it and written again, so that what has no
meaning here (instruments, objectives, colours, annotations) stays (OME 2016-06).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite, prod
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from poolcli.errors import FileError
from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
_LETTERS = {"T": "N", "Z": "D", "C": "C"}
_AXES = {"W": "X", "H": "Y", "D": "Z"}
AXIS_NAMES = {"N": "T", "D": "Z", "C": "C", "H": "Y", "W": "X"}
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
    return "<OME" in description[:2000] and "Pixels" in description


def images(description: str, count: int) -> list[Planes]:
    """The images of a document in a file of `count` pages."""
    root = _root(description)
    own = root.attrib.get("UUID", "")
    found = [each for each in _all(root, "Image") if next(_all(each, "Pixels"), None) is not None]
    regions = next(_all(root, "ROI"), None) is not None
    return [_planes(image, own, count, has_regions=regions) for image in found]


def _root(document: str) -> ET.Element:
    start = document.find("<")
    try:
        # It resolves no external entities, and expat limits what inner ones expand to.
        return ET.fromstring(document[max(start, 0) :].strip("\0 \n\r\t").encode())  # noqa: S314
    except (ET.ParseError, ValueError, LookupError) as error:
        raise FileError(f"its OME description is damaged ({error}): save it again") from error


def _all(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """The elements of a name inside another, whatever their namespace."""
    return (each for each in element.iter() if _name(each) == name)


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _planes(image: ET.Element, own: str, count: int, *, has_regions: bool) -> Planes:
    pixels = next(_all(image, "Pixels"))
    sizes = {axis: _whole(pixels, f"Size{axis}") for axis in "XYZCT"}
    channels = [each for each in pixels if _name(each) == "Channel"]
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
    data = [each for each in pixels if _name(each) == "TiffData"]
    count = prod(shape)
    if not any(each.attrib for each in data):
        return np.arange(count)
    pages = np.full(count, -1)
    for each in data:
        for file in _all(each, "UUID"):
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
    for letter, axis in _AXES.items():
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


# Writing -------------------------------------------------------------------------------------


class Described(NamedTuple):
    """A map as its description needs it: the sizes of the axes T, Z, C, Y, X, the order of the
    first three, the samples of a pixel, and the number of its first page.
    """

    sizes: Mapping[str, int]
    order: str
    samples: int
    dtype: str
    facts: Mapping[str, Any]
    first_page: int


def document(maps: Sequence[Described], identifier: str) -> str:
    """The document of a file of these maps."""
    ET.register_namespace("", NAMESPACE)
    ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
    root, templates = _templates(maps)
    root.attrib["UUID"] = f"urn:uuid:{identifier}"
    for number, (one, image) in enumerate(zip(maps, templates, strict=True)):
        _update(image, one, number)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _templates(maps: Sequence[Described]) -> tuple[ET.Element, list[ET.Element]]:
    """A document with an image for each map: that of the input, or an empty one."""
    kept = maps[0].facts.get("ome_xml")
    root = _root(kept.document) if kept else ET.Element(f"{{{NAMESPACE}}}OME")
    space = root.tag.rpartition("}")[0] + "}"
    old = [each for each in root if _name(each) == "Image"]
    at = list(root).index(old[0]) if old else len(root)
    for each in [*old, *(each for each in root if _name(each) == "ROI")]:
        root.remove(each)
    made = [_template(one, old, space) for one in maps]
    for number, image in enumerate(made):
        root.insert(at + number, image)
    return root, made


def _template(one: Described, old: Sequence[ET.Element], space: str) -> ET.Element:
    kept = one.facts.get("ome_xml")
    if kept and kept.number < len(old):
        image = ET.fromstring(ET.tostring(old[kept.number]))  # noqa: S314 - made by this module
        for reference in [each for each in image if _name(each) == "ROIRef"]:
            image.remove(reference)
        return image
    image = ET.Element(f"{space}Image")
    ET.SubElement(image, f"{space}Pixels")
    return image


def _update(image: ET.Element, one: Described, number: int) -> None:
    """Say in an image what holds for a map."""
    space = image.tag.rpartition("}")[0] + "}"
    image.attrib["ID"] = f"Image:{number}"
    pixels = next(each for each in image if _name(each) == "Pixels")
    before = {axis: int(pixels.attrib.get(f"Size{axis}", 0)) for axis in "TZC"}
    pixels.attrib |= _attributes(one, number)
    for name in ("BigEndian", "SignificantBits", "Interleaved"):
        pixels.attrib.pop(name, None)
    _set_sizes(pixels, one)
    stale = {"TiffData", "BinData", "MetadataOnly"}
    if before != {axis: _stored(one)[axis] for axis in "TZC"}:
        stale.add("Plane")
    for each in [each for each in pixels if _name(each) in stale]:
        pixels.remove(each)
    _set_channels(pixels, one, space, number)
    last = max((at for at, each in enumerate(pixels) if _name(each) == "Channel"), default=-1)
    data = ET.Element(
        f"{space}TiffData", IFD=str(one.first_page), PlaneCount=str(_plane_count(one))
    )
    pixels.insert(last + 1, data)


def _stored(one: Described) -> dict[str, int]:
    return {**one.sizes, "C": one.sizes["C"] * one.samples}


def _plane_count(one: Described) -> int:
    return prod(one.sizes[axis] for axis in "TZC")


def _attributes(one: Described, number: int) -> dict[str, str]:
    sizes = {f"Size{axis}": str(size) for axis, size in _stored(one).items()}
    return {
        "ID": f"Pixels:{number}",
        "DimensionOrder": "XY" + one.order[::-1],
        "Type": TYPES[one.dtype],
        **sizes,
    }


def _set_sizes(pixels: ET.Element, one: Described) -> None:
    """Say the sizes of pixels; a number without a unit would be read as one of micrometres."""
    sizes: Mapping[str, PixelSize] = one.facts.get("spacing", {})
    for letter, axis in (*_AXES.items(), ("N", "T")):
        name = "TimeIncrement" if letter == "N" else f"PhysicalSize{axis}"
        size = sizes.get(letter)
        if size is not None and size.unit:
            pixels.attrib |= {name: repr(size.size), f"{name}Unit": size.unit}
        elif one.sizes[axis] > 1:
            pixels.attrib.pop(name, None)
            pixels.attrib.pop(f"{name}Unit", None)


def _set_channels(pixels: ET.Element, one: Described, space: str, number: int) -> None:
    """A channel for each; those of the input where there are as many."""
    old = [each for each in pixels if _name(each) == "Channel"]
    if len(old) != one.sizes["C"]:
        for each in old:
            pixels.remove(each)
        old = [ET.Element(f"{space}Channel") for _ in range(one.sizes["C"])]
        for at, each in enumerate(old):
            pixels.insert(at, each)
    names = one.facts.get("channels", ())
    for at, channel in enumerate(old):
        channel.attrib["ID"] = f"Channel:{number}:{at}"
        channel.attrib["SamplesPerPixel"] = str(one.samples)
        if len(names) == len(old):
            channel.attrib["Name"] = names[at]

"""OME-XML of a TIFF that is written: the document of the input, changed where pooling changes it.

So what has no meaning here (instruments, objectives, colours, annotations) stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from math import prod
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from poolcli.io.tiff.ome_xml import SIZED_AXES, TYPES, name_of, root_of
from poolcli.maps.facts import PixelSize

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


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
    root, templates = _templates(maps)
    ET.register_namespace("", _space(root)[1:-1] or NAMESPACE)
    ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
    root.attrib["UUID"] = f"urn:uuid:{identifier}"
    for number, (one, image) in enumerate(zip(maps, templates, strict=True)):
        _update(image, one, number)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _templates(maps: Sequence[Described]) -> tuple[ET.Element, list[ET.Element]]:
    """A document with an image for each map: that of the input, or an empty one."""
    kept = maps[0].facts.get("ome_xml")
    root = root_of(kept.document) if kept else ET.Element(f"{{{NAMESPACE}}}OME")
    space = _space(root)
    old = [each for each in root if name_of(each) == "Image"]
    at = list(root).index(old[0]) if old else len(root)
    for each in [*old, *(each for each in root if name_of(each) == "ROI")]:
        root.remove(each)
    made = [_template(one, old, space) for one in maps]
    for number, image in enumerate(made):
        root.insert(at + number, image)
    return root, made


def _space(element: ET.Element) -> str:
    """The namespace of an element, as it stands before a tag."""
    return element.tag[: element.tag.find("}") + 1]


def _template(one: Described, old: Sequence[ET.Element], space: str) -> ET.Element:
    kept = one.facts.get("ome_xml")
    if kept and kept.number < len(old):
        image: ET.Element = deepcopy(old[kept.number])
        for reference in [each for each in image if name_of(each) == "ROIRef"]:
            image.remove(reference)
        return image
    image = ET.Element(f"{space}Image")
    ET.SubElement(image, f"{space}Pixels")
    return image


def _update(image: ET.Element, one: Described, number: int) -> None:
    """Say in an image what holds for a map."""
    space = _space(image)
    image.attrib["ID"] = f"Image:{number}"
    pixels = next(each for each in image if name_of(each) == "Pixels")
    before = {axis: int(pixels.attrib.get(f"Size{axis}", 0)) for axis in "TZC"}
    pixels.attrib |= _attributes(one, number)
    for name in ("BigEndian", "SignificantBits", "Interleaved"):
        pixels.attrib.pop(name, None)
    _set_sizes(pixels, one)
    stale = {"TiffData", "BinData", "MetadataOnly"}
    if before != {axis: _stored(one)[axis] for axis in "TZC"}:
        stale.add("Plane")
    for each in [each for each in pixels if name_of(each) in stale]:
        pixels.remove(each)
    _set_channels(pixels, one, space, number)
    last = max((at for at, each in enumerate(pixels) if name_of(each) == "Channel"), default=-1)
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
    for letter, axis in (*SIZED_AXES.items(), ("N", "T")):
        name = "TimeIncrement" if letter == "N" else f"PhysicalSize{axis}"
        size = sizes.get(letter)
        if size is not None and size.unit:
            pixels.attrib |= {name: repr(size.size), f"{name}Unit": size.unit}
        elif one.sizes[axis] > 1:
            pixels.attrib.pop(name, None)
            pixels.attrib.pop(f"{name}Unit", None)


def _set_channels(pixels: ET.Element, one: Described, space: str, number: int) -> None:
    """A channel for each; those of the input where there are as many."""
    old = [each for each in pixels if name_of(each) == "Channel"]
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

"""OME's description in a TIFF: axes, the size of a pixel and the names of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import space_letters

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TO_LAYOUT = {"T": "N", "Z": "D", "C": "C", "S": "C", "Y": "H", "X": "W"}
TO_OME = {"N": "T", "D": "Z", "C": "C", "H": "Y", "W": "X"}


class Description(NamedTuple):
    """The description of an image: the size of a pixel on each axis, and the channels' names."""

    sizes: Mapping[str, PixelSize]
    channels: tuple[str, ...]

    def spacing(self, layout: str) -> Mapping[str, PixelSize]:
        """The size of a pixel by the letter of each spatial axis."""
        if not self.sizes:
            return {}
        return {letter: self.sizes.get(letter, PixelSize(1.0)) for letter in space_letters(layout)}


def descriptions(file: Any) -> list[Description]:
    """OME's description of each image of a file; an empty one if there is none."""
    pixels = _pixels_elements(file)
    found = [_description(each) for each in pixels[: len(file.series)]]
    return found + [Description({}, ())] * (len(file.series) - len(found))


def _pixels_elements(file: Any) -> list[Element]:
    if not file.is_ome:
        return []
    from xml.etree import ElementTree as ET

    root = ET.fromstring(file.ome_metadata or "")  # noqa: S314 - it resolves no external entities
    return [each for each in root.iter() if each.tag.endswith("}Pixels")]


def _description(pixels: Element) -> Description:
    sizes = {}
    for axis, letter in (("X", "W"), ("Y", "H"), ("Z", "D")):
        name = f"PhysicalSize{axis}"
        if name in pixels.attrib:
            sizes[letter] = PixelSize(
                float(pixels.attrib[name]), pixels.attrib.get(f"{name}Unit", "µm")
            )
    channels = [each.attrib.get("Name", "") for each in pixels if each.tag.endswith("}Channel")]
    return Description(sizes, tuple(channels) if all(channels) else ())


def ome_metadata(one: FeatureMap, data: Array, axes: str) -> dict[str, Any]:
    """The description of a map as tifffile takes it.

    The identifier is a hash of the pixels, so that the same file is written again.
    """
    from hashlib import sha256
    from uuid import NAMESPACE_OID, uuid5

    identifier = uuid5(NAMESPACE_OID, sha256(data.data).hexdigest())
    metadata: dict[str, Any] = {"axes": axes, "UUID": str(identifier)}
    channels = one.facts.get("channels", ())
    if "C" in axes and len(channels) == data.shape[axes.index("C")]:
        metadata["Channel"] = {"Name": list(channels)}
    for letter, (size, unit) in one.facts.get("spacing", {}).items():
        if unit and letter in "DHW":
            name = f"PhysicalSize{TO_OME[letter]}"
            metadata |= {name: size, f"{name}Unit": unit}
    return metadata

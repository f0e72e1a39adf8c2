"""The layers of an OpenEXR file become maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader
from pathlib import Path
from struct import pack
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.damage import check_unpacked, refused
from poolcli.io.exr.part_headers import Channel, ExrPart, in_order, parts_of
from poolcli.io.exr.quiet import quiet
from poolcli.io.header import Header
from poolcli.io.raw_values import size_of
from poolcli.io.source import Region, part_of
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.resources.extras import extra

# Attributes that are written anew, or have a fact of their own.
_OWN = (
    *("channels", "compression", "dataWindow", "displayWindow", "lineOrder", "type", "name"),
    *("tiles", "chunkCount", "version", "pixelAspectRatio", "chromaticities", "preview"),
    *("maxSamplesPerPixel", "screenWindowCenter", "screenWindowWidth"),
)

_USUAL = {"screenWindowCenter": bytes(8), "screenWindowWidth": pack("<f", 1.0)}


class _Layer(NamedTuple):
    """The channels of one dtype in a layer of a part."""

    part: int
    name: str
    channels: tuple[Channel, ...]


def open_source(stream: BinaryIO, layout: str | None) -> ExrSource:
    """The layers of a file; FileError for a layout that is not their own."""
    source = ExrSource(stream)
    for header in source.headers:
        if layout not in (None, header.layout):
            raise FileError(
                f"an image is {header.layout} by nature, and --layout says {layout}: leave it out"
            )
    return source


class ExrSource:
    """Layers, all of which are decoded at once."""

    format = "exr"

    def __init__(self, stream: BinaryIO) -> None:
        self._library = extra("exr", "an OpenEXR file")
        self._stream = stream
        self._pixels: list[Any] = []
        size = size_of(stream)
        with damage_refused():
            parts = parts_of(stream)
        if any(channel.is_sampled for part in parts for channel in part.channels):
            raise FileError("some of its channels are stored for every other pixel: save them all")
        check_unpacked(sum(part.nbytes for part in parts), size)
        with damage_refused(), _as_file(stream) as path, quiet():
            file = self._library.File(str(path), header_only=True)
            attributes = [each.header for each in file.parts]
        self._layers = list(_layers(parts))
        self.headers = tuple(
            _header(each, parts[each.part], attributes[each.part]) for each in self._layers
        )

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A layer, or a region of it."""
        header, layer = self.headers[number], self._layers[number]
        with damage_refused():
            if not self._pixels:
                self._pixels = self._decoded()
            found = [self._pixels[layer.part][each.name].pixels for each in layer.channels]
        values = found[0] if header.layout == "HW" else np.stack(found, axis=-1)
        if values.shape != header.shape:
            raise FileError("its header is damaged: save it again")
        data = np.ascontiguousarray(values, header.dtype)
        one = FeatureMap(data, header.layout, header.picture, header.name, header.facts)
        return part_of(one, region)

    def _decoded(self) -> list[Any]:
        """The channels of each part; the library leaves out a part that is damaged."""
        with _as_file(self._stream) as path, quiet():
            file = self._library.File(str(path), separate_channels=True)
            parts = [each.channels for each in file.parts]
        if len(parts) <= max(layer.part for layer in self._layers):
            raise FileError("the EXR is cut short or damaged: save it again")
        return parts


def damage_refused() -> AbstractContextManager[None]:
    """Turn whatever OpenEXR raises in this block into a FileError."""
    return refused("the EXR is cut short or damaged ({}): save it again")


@contextmanager
def _as_file(stream: BinaryIO) -> Iterator[Path]:
    """A path that the library can open."""
    if isinstance(stream, BufferedReader) and isinstance(stream.name, str):
        yield Path(stream.name)
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.exr")
        stream.seek(0)
        path.write_bytes(stream.read())
        yield path


def _layers(parts: list[ExrPart]) -> Iterator[_Layer]:
    for number, part in enumerate(parts):
        groups: dict[tuple[str, str], list[Channel]] = {}
        for channel in in_order(list(part.channels)):
            groups.setdefault((channel.layer, channel.dtype), []).append(channel)
        for (layer, _), channels in groups.items():
            is_shared = sum(each == layer for each, _ in groups) > 1
            name = ",".join(each.name for each in channels) if is_shared else layer
            whole = ".".join(filter(None, (part.name if len(parts) > 1 else "", name)))
            yield _Layer(number, whole, tuple(channels))


def _header(layer: _Layer, part: ExrPart, attributes: Mapping[str, Any]) -> Header:
    names = tuple(each.name for each in layer.channels)
    shape, layout = (part.height, part.width), "HW"
    facts = _facts(part, attributes)
    if len(names) > 1:
        shape, layout = (*shape, len(names)), "HWC"  # type: ignore[assignment]
        facts["channels"] = names
    facts["storage"] = {"exr": {"part": part.name, "names": names}}
    return Header(layer.name, shape, layer.channels[0].dtype, layout, Picture("ND"), facts)


def _facts(part: ExrPart, attributes: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "compression": str(attributes["compression"].name).removesuffix("_COMPRESSION").lower(),
        "header": {name: value for name, value in attributes.items() if name not in _OWN},
    }
    if part.left or part.top:
        found["origin"] = {"H": float(part.top), "W": float(part.left)}
    ratio = float(attributes.get("pixelAspectRatio", 1.0))
    if ratio != 1:
        found["aspect"] = (1.0, ratio)
    if "chromaticities" in attributes:
        *colours, x, y = (float(each) for each in attributes["chromaticities"])
        found["chromaticities"] = (x, y, *colours)
    if names := tuple(_further_data(part, attributes)):
        found["further_data"] = names
    return {name: value for name, value in found.items() if value}


def _further_data(part: ExrPart, attributes: Mapping[str, Any]) -> Iterator[str]:
    """Attributes of types that the library does not know, and a screen other than the usual one."""
    yield from (name for name in part.attributes if name not in (*attributes, *_OWN))
    for name, usual in _USUAL.items():
        if part.attributes.get(name, usual) != usual:
            yield name
    if part.attributes.get("displayWindow") != part.attributes["dataWindow"]:
        yield "displayWindow"

"""Maps become the parts of an OpenEXR file; layers of one part lie in it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError
from poolcli.io.exr.source import damage_refused
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.resources.extras import extra

_NAMES = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
_LOSSLESS = ("no", "rle", "zips", "zip", "piz")  # of all dtypes


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A file with a layer for each map."""
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps, options)))


def check(_: Format, headers: Sequence[Header], __: Mapping[str, Any]) -> None:
    """FileError for what has no height and width."""
    for header in headers:
        if not {"H", "W"} <= set(header.layout):
            raise FileError(
                f"a map of shape {shape_words(header.shape)} ({header.layout}) has no height and "
                "width, which an EXR needs: write .npy"
            )


def _encoded(maps: Sequence[FeatureMap], options: Mapping[str, Any]) -> bytes:
    library = extra("exr", "writing .exr")
    groups: dict[tuple[str, tuple[int, ...]], list[FeatureMap]] = {}
    for one in maps:
        groups.setdefault((_stored(one).get("part", ""), _size(one)), []).append(one)
    is_multiple = len(groups) > 1
    display = _window(*(max(sides) for sides in zip(*map(_size, maps), strict=True)))
    with damage_refused(), TemporaryDirectory() as folder:
        parts = [
            _part(
                library,
                members,
                name or (f"part {number}" if is_multiple else ""),
                {**options, "display": display},
            )
            for number, ((name, _), members) in enumerate(groups.items())
        ]
        path = Path(folder, "a.exr")
        library.File(parts).write(str(path))
        return path.read_bytes()


def _window(height: int, width: int) -> tuple[Array, Array]:
    """The first and the last pixel, as column and row."""
    return np.zeros(2, np.int32), np.array([width - 1, height - 1], np.int32)


def _stored(one: FeatureMap) -> Mapping[str, Any]:
    found: Mapping[str, Any] = one.facts.get("storage", {}).get("exr", {})
    return found


def _size(one: FeatureMap) -> tuple[int, ...]:
    return tuple(one.data.shape[one.layout.index(letter)] for letter in "HW")


def _part(library: Any, maps: list[FeatureMap], name: str, options: Mapping[str, Any]) -> Any:
    channels: dict[str, Any] = {}
    for one in maps:
        for channel, values in _channels(one, is_alone=len(maps) == 1):
            channels[_free(channel, channels)] = np.ascontiguousarray(values)
    return library.Part(_header(library, maps[0], options), channels, name)


def _header(library: Any, one: FeatureMap, options: Mapping[str, Any]) -> dict[str, Any]:
    own = one.facts.get("header", {})
    header = dict(own) if isinstance(own, Mapping) else {}
    kept = one.facts.get("compression", "zip")
    word = options.get("compression") or (kept if kept in _LOSSLESS else "zip")
    header["compression"] = getattr(library, f"{word.upper()}_COMPRESSION")
    header["type"] = library.scanlineimage
    header["dataWindow"] = _window(*_size(one))
    header["displayWindow"] = options["display"]  # that of all parts
    if "aspect" in one.facts:
        across, down = one.facts["aspect"]
        header["pixelAspectRatio"] = down / across
    if "chromaticities" in one.facts:
        x, y, *colours = one.facts["chromaticities"]
        header["chromaticities"] = (*colours, x, y)
    return header


def _channels(one: FeatureMap, *, is_alone: bool) -> Iterator[tuple[str, Array]]:
    """The names and the planes of the channels."""
    if "C" not in one.layout:
        planes = [one.data.transpose([one.layout.index(letter) for letter in "HW"])]
    else:
        planes = list(one.data.transpose([one.layout.index(letter) for letter in "CHW"]))
    names = _stored(one).get("names", ())
    if len(names) != len(planes):
        names = one.facts.get("channels", ())
    if len(names) != len(planes):
        usual = _NAMES.get(len(planes), tuple(f"C{number}" for number in range(len(planes))))
        layer = "" if is_alone or not one.name else f"{one.name}."
        names = [layer + each for each in usual]
    yield from zip(names, planes, strict=True)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The name, with a number if another channel has it."""
    number, free = 1, name
    while free in taken:
        number, free = number + 1, f"{name}{number + 1}"
    return free


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a file cannot keep: another format's header, names of a gray map's channel."""
    own = header.facts.get("header", {})
    return () if isinstance(own, Mapping) else ("header",)

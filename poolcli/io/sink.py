"""A sink: the maps of one file that is being written, region by region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from poolcli.io.header import Header
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources import memory


class Sink(Protocol):
    """The maps of a file that is being written.

    The record of a format names a function that opens one: of the record, a binary stream that need
    not seek (the path of a new folder for a format that is a folder), the headers of the maps, and
    the options of `--save` by their names, with `scale` among them if that was asked for. It raises
    FileError for maps that the format cannot hold.

    Nothing is seen under the file's name before `finish` has ended well.
    """

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region of a map; each region comes once, in any order."""
        ...

    def finish(self) -> None:
        """Write what is left: all regions have come."""
        ...


def copied(sink: Sink, number: int, region: Region, stored: object) -> bool:
    """Whether a sink has copied a region from where it is stored; else it has to be written.

    `stored` is what `stored` in source.py gives. A sink that copies has a method `copy`.
    """
    copy = getattr(sink, "copy", None)
    return bool(stored is not None and copy and copy(number, region, stored))


@runtime_checkable
class PackingSink(Sink, Protocol):
    """A sink of regions that come in order, which packs them in any order and in any thread."""

    def packed(self, number: int, region: Region, values: Array) -> Callable[[], None]:
        """What writes a region, which is packed already, when its turn comes."""
        ...


class ReadableSink(Sink, Protocol):
    """A sink that gives back what was written: its own values, and those of others."""

    def read(self, number: int, region: Region) -> Array:
        """The values of a region of a map."""
        ...


class WholeSink:
    """A sink that collects whole maps, for formats that are written at once by `encode`."""

    def __init__(
        self, headers: Sequence[Header], encode: Callable[[Sequence[FeatureMap]], object]
    ) -> None:
        self._headers = headers
        self._encode = encode
        self._values: dict[int, Array] = {}

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region."""
        shape = self._headers[number].shape
        if values.shape == shape:
            self._values[number] = values
            return
        if number not in self._values:
            self._values[number] = memory.empty(shape, values.dtype)
        self._values[number][region] = values

    def finish(self) -> None:
        """Encode the maps."""
        self._encode(
            [
                FeatureMap(self._values[number], each.layout, each.picture, each.name, each.facts)
                for number, each in enumerate(self._headers)
            ]
        )

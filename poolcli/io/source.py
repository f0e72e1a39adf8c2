"""A source: the maps of one open file, read region by region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from poolcli.io.header import Header
from poolcli.maps.feature_map import FeatureMap

Region = tuple[slice, ...]  # a slice for each axis of a map, in the order of its layout


class Source(Protocol):
    """The maps of an open file.

    The record of a format names a function that opens one: of a binary stream that can seek and is
    at its start (a path for a format that is a folder), and the layout that is asked for, or None.
    It raises FileError, without the path, for what it cannot read.

    `format` is the name of the format that the content has. `headers` are those of all maps in file
    order, known without reading a pixel.
    """

    @property
    def format(self) -> str: ...

    @property
    def headers(self) -> tuple[Header, ...]: ...

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A map, or a region of it; its facts are those of the whole."""
        ...


def with_labels(source: Source) -> Source:
    """The source with label images as maps of their own, each behind its image, if it has some."""
    labelled = getattr(source, "with_labels", None)
    found: Source = labelled() if labelled else source
    return found


def stored(source: Source, number: int) -> object:
    """How a map is stored, for the `copy` of a sink of the same format; None where it tells not."""
    tells = getattr(source, "stored", None)
    return tells and tells(number)


def is_empty(source: Source, number: int, region: Region) -> bool:
    """Whether a source knows that a region of a map has one value, and nothing is stored of it."""
    knows = getattr(source, "is_empty", None)
    return bool(knows and knows(number, region))


class LoadedSource:
    """A source of maps that are in memory: for formats that are read at once."""

    def __init__(self, format: str, maps: Sequence[FeatureMap]) -> None:  # noqa: A002 as in Source
        self.format = format
        self.headers = tuple(map(Header.of, maps))
        self._maps = tuple(maps)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A map, or a region of it."""
        return part_of(self._maps[number], region)


def part_of(one: FeatureMap, region: Region | None) -> FeatureMap:
    """A region of a map."""
    return one if region is None else replace(one, data=one.data[region])

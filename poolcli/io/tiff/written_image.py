"""A map in a TIFF that is being written: its pages, and what the first of them says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from poolcli.io.header import Header
from poolcli.io.source import Region
from poolcli.io.tiff import carried, imagej, stored_samples
from poolcli.io.tiff.description import imagej_text, shaped_text
from poolcli.io.tiff.fields import LONG, Field, Inner, block, numbers, text
from poolcli.io.tiff.page_writer import PageWriter
from poolcli.io.tiff.segments import PageRegion
from poolcli.io.tiff.storage import Stored
from poolcli.io.tiff.tags import Tag
from poolcli.io.tiff.written_pixels import Axes, kept_storage
from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap


class TiffImage(NamedTuple):
    """A map that is being written: its axes, the kind of its description, and its pages.

    `original` is its header as it comes, and `header` as it is written: levels are of one kind.
    """

    original: Header
    header: Header
    axes: Axes
    kind: str
    pages: tuple[PageWriter, ...]

    @property
    def kept(self) -> Stored:
        """How the TIFF held it that it came from."""
        return kept_storage(self.header) or Stored(self.pages[0].pixels.photometric)

    def packed(self, region: Region, values: Array) -> Callable[[], None]:
        """What writes the values of a region, which are packed already."""
        axes = self.axes
        extents, ordered = self._values_of(region, values)
        before, inside = (
            extents[: axes.lead],
            dict(zip(axes.inner, extents[axes.lead :], strict=True)),
        )
        on_page, inks = PageRegion(*inside["H"], *inside["W"]), slice(*inside.get("C", (0, 1)))
        writes = []
        for at in product(*(range(end - start) for start, end in before)):
            place = tuple(start + step for (start, _), step in zip(before, at, strict=True))
            number = np.ravel_multi_index(place, axes.sizes[: axes.lead]) if place else 0
            page = self.pages[number]
            writes.append(page.packed(on_page, inks, _as_stored(ordered[at], axes, page)))

        def write() -> None:
            for each in writes:
                each()

        return write

    def first_fields(self, description: str, order: str) -> list[Field | Inner]:
        """The fields of its first page: its facts, and a description."""
        facts = dict(self.header.facts)
        if self.kind == "imagej":
            facts = {name: value for name, value in facts.items() if name not in ("dpi", "aspect")}
        fields = carried.fields_of(facts, self.kept, self.axes.samples)
        if self.kind == "imagej":
            fields += _imagej_fields(facts, order)
        if description:
            fields = [each for each in fields if each.tag != Tag.DESCRIPTION]
            fields.append(text(Tag.DESCRIPTION, description))
        return fields

    @property
    def description(self) -> str:
        """The description of a file that holds it alone, unless that is OME's."""
        if self.kind == "imagej":
            return imagej_text(self.header, self.axes)
        if self.kind == "shaped":
            is_planar = self.pages[0].pixels.is_planar
            return shaped_text(self.header, self.axes, is_planar=is_planar)
        return ""

    def _values_of(self, region: Region, values: Array) -> tuple[list[tuple[int, int]], Array]:
        """Where a region begins and ends along each axis of the file, and its values there."""
        part = FeatureMap(values, self.original.layout, self.original.picture)
        if self.original.mode != self.header.mode:
            part = part.expanded()
        slices = dict(zip(self.original.layout, region, strict=True))
        sizes = zip(self.axes.order, self.axes.sizes, strict=True)
        extents = [slices.get(letter, slice(None)).indices(size)[:2] for letter, size in sizes]
        ordered = part.data.transpose([part.layout.index(letter) for letter in self.axes.order])
        return extents, ordered.astype(self.header.dtype, copy=False)


def _as_stored(values: Array, axes: Axes, page: PageWriter) -> Array:
    """Values of a region of a page as samples; those of planar ones first."""
    pixels = page.pixels
    if axes.inner == "CHW":
        values = np.moveaxis(values, 0, -1)
    stored = stored_samples.to_samples(values, Stored(pixels.photometric))
    return np.moveaxis(stored, -1, 0) if pixels.is_planar else stored


def _imagej_fields(facts: Mapping[str, Any], order: str) -> list[Field]:
    """The resolution in pixels of its unit, and the block of texts and lookup tables."""
    fields: list[Field] = []
    sizes: Mapping[str, PixelSize] = facts.get("spacing", {})
    if {"H", "W"} <= sizes.keys():
        across, down = (_per_unit(sizes[letter].size) for letter in "WH")
        fields += carried.resolution_fields(across, down)
    lengths, raw = imagej.packed(facts.get("imagej", {}), order)
    if raw:
        fields.append(numbers(Tag.IMAGEJ_SIZES, LONG, *lengths))
        fields.append(block(Tag.IMAGEJ_VALUES, raw, 1))
    return fields


def _per_unit(size: float) -> Fraction:
    """Pixels to a unit: the plainest fraction that gives the same size back."""
    wanted = 1 / Fraction(size)
    for limit in (10**3, 10**6, 10**9):
        nearest = wanted.limit_denominator(limit)
        if nearest and float(1 / nearest) == size:
            return nearest
    return wanted.limit_denominator(10**6)

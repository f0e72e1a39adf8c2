"""A TIFF as a sink: the maps of a file, written region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from io import BytesIO
from itertools import accumulate, product
from math import prod
from shutil import copyfileobj
from typing import Any, BinaryIO, NamedTuple
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.io.tiff import carried, gdal, imagej, ome_document, samples
from poolcli.io.tiff.byte_form import ByteForm
from poolcli.io.tiff.description import described, imagej_text, kinds_of, shaped_text
from poolcli.io.tiff.fields import LONG, Field, Inner, block, numbers, text
from poolcli.io.tiff.mask_page import mask_plans
from poolcli.io.tiff.page_writer import PageWriter
from poolcli.io.tiff.pixels import Axes, axes_of, kept_storage, pixels_of
from poolcli.io.tiff.segments import Window
from poolcli.io.tiff.storage import Stored
from poolcli.io.tiff.tags import Tag
from poolcli.io.tiff.writer import DirectoryPlan, TiffFileWriter
from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap

# Bytes of pixels above which a BigTIFF is written: offsets have 32 bits, 32 MB are left for tags.
_CLASSIC_LIMIT = 2**32 - 2**25
_PAGE_OF_SEVERAL = 2  # a value of the tag of the kind of a page


def open_sink(
    record: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A TIFF of these maps."""
    how = options.get("scale")
    options = {name: value for name, value in options.items() if name != "scale"}
    foreign = {header.form.mode for header in headers} - set(record.modes) - {""}
    if any(options.get(name) for name in ("overviews", "cog")):
        plain = {name: value for name, value in options.items() if name not in gdal.OPTIONS}
        return gdal.GdalSink(stream, lambda file: open_sink(record, file, headers, plain), options)
    if how is None and not foreign:
        return TiffSink(record, stream, headers, options)

    def encode(maps: Sequence[FeatureMap]) -> None:
        _write_all(record, stream, [_in_held_mode(one, record, how) for one in maps], options)

    return WholeSink(headers, encode)


def chunk_shape(
    record: Format, header: Header, options: Mapping[str, Any]
) -> tuple[int, ...] | None:
    """The shape of a tile or a strip of one page; None for a map that is collected."""
    is_collected = any(options.get(name) for name in ("scale", "overviews", "cog"))
    if is_collected or header.form.mode not in ("", *record.modes):
        return None
    axes = axes_of(header, kinds_of(record, [header])[0])
    pixels = pixels_of(header, axes, options)
    high, wide = pixels.segment
    sides = {"H": high, "W": wide, "C": pixels.samples if "C" in axes.inner else 1}
    return tuple(sides.get(letter, 1) for letter in header.layout)


def _in_held_mode(one: FeatureMap, record: Format, how: str | None) -> FeatureMap:
    """The map without a palette that the format lacks, and scaled if that is asked for."""
    from poolcli.io.pillow.to_image import scaled_map

    if one.form.mode in ("1", "P", "PA") and one.form.mode not in record.modes:
        one = one.expanded()
    return one if how is None else scaled_map(one, how, record)


def _write_all(
    record: Format, stream: BinaryIO, maps: Sequence[FeatureMap], options: Mapping[str, Any]
) -> None:
    sink = TiffSink(record, stream, [Header.of(one) for one in maps], options)
    for number, one in enumerate(maps):
        sink.write(number, tuple(slice(0, size) for size in one.data.shape), one.data)
    sink.finish()


class TiffImage(NamedTuple):
    """A map that is being written: its axes, the kind of its description, and its pages."""

    header: Header
    axes: Axes
    kind: str
    pages: tuple[PageWriter, ...]

    @property
    def kept(self) -> Stored:
        """How the TIFF held it that it came from."""
        return kept_storage(self.header) or Stored(self.pages[0].pixels.photometric)


class TiffSink:
    """The maps of a TIFF that is being written."""

    def __init__(
        self,
        record: Format,
        stream: BinaryIO,
        headers: Sequence[Header],
        options: Mapping[str, Any],
    ) -> None:
        self._target = stream
        self._stream = stream if _is_new_file(stream) else BytesIO()
        kinds = kinds_of(record, headers)
        form = _form(headers, options)
        self._file = TiffFileWriter(self._stream, form, is_hashed="ome" in kinds)
        pairs = zip(headers, kinds, strict=True)
        self._images = [self._image(header, kind, options) for header, kind in pairs]

    def _image(self, header: Header, kind: str, options: Mapping[str, Any]) -> TiffImage:
        axes = axes_of(header, kind)
        pixels = pixels_of(header, axes, options)
        count = prod(axes.sizes[: axes.lead])
        return TiffImage(header, axes, kind, tuple(self._file.page(pixels) for _ in range(count)))

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region of a map."""
        header, axes, _, pages = self._images[number]
        order = [header.layout.index(letter) for letter in axes.order]
        extents = [region[at].indices(header.shape[at])[:2] for at in order]
        ordered = values.transpose(order)
        before, inside = (
            extents[: axes.lead],
            dict(zip(axes.inner, extents[axes.lead :], strict=True)),
        )
        window, inks = Window(*inside["H"], *inside["W"]), slice(*inside.get("C", (0, 1)))
        for at in product(*(range(end - start) for start, end in before)):
            place = tuple(start + step for (start, _), step in zip(before, at, strict=True))
            page = pages[np.ravel_multi_index(place, axes.sizes[: axes.lead]) if place else 0]
            page.write(window, inks, _as_stored(ordered[at], axes, page))

    def finish(self) -> None:
        """Write the directories."""
        is_alone = len(self._images) == 1
        plans = [
            DirectoryPlan(page, _page_fields(image, several=not is_alone))
            for image in self._images
            for page in image.pages
        ]
        at = 0
        for image, description in zip(self._images, self._descriptions(), strict=True):
            plans[at].fields = [*plans[at].fields, *self._first_fields(image, description)]
            at += len(image.pages)
        plans += mask_plans(self._file, self._images[0].header, alone=is_alone)
        self._file.finish(plans)
        if self._stream is not self._target:
            self._stream.seek(0)
            copyfileobj(self._stream, self._target)

    def _first_fields(self, image: TiffImage, description: str) -> list[Field | Inner]:
        """The fields of the first page of a map: its facts, and its description."""
        facts = dict(image.header.facts)
        if image.kind == "imagej":
            facts = {name: value for name, value in facts.items() if name not in ("dpi", "aspect")}
        fields = carried.fields_of(facts, image.kept, image.axes.samples)
        if image.kind == "imagej":
            fields += _imagej_fields(facts, self._file.form.order)
        if description:
            fields = [each for each in fields if each.tag != Tag.DESCRIPTION]
            fields.append(text(Tag.DESCRIPTION, description))
        return fields

    def _descriptions(self) -> list[str]:
        """The description of each map, which its first page has."""
        if self._images[0].kind != "ome":
            return [_description(image) for image in self._images]
        starts = accumulate((len(image.pages) for image in self._images), initial=0)
        about = [
            described(image.header, image.axes, start)
            for image, start in zip(self._images, starts, strict=False)
        ]
        identifier = uuid5(NAMESPACE_OID, self._file.digest().hex())
        return [ome_document.document(about, str(identifier)), *[""] * (len(self._images) - 1)]


def _is_new_file(stream: BinaryIO) -> bool:
    """Whether a stream can be written in any order, from its start on."""
    try:
        return stream.seekable() and stream.tell() == 0
    except (AttributeError, OSError):
        return False


def _form(headers: Sequence[Header], options: Mapping[str, Any]) -> ByteForm:
    """The byte form: that of the input, and large offsets where they are needed."""
    kept = kept_storage(headers[0])
    is_big = options.get("bigtiff", bool(kept and kept.is_big))
    is_large = sum(header.form.nbytes for header in headers) > _CLASSIC_LIMIT
    return ByteForm(kept.order if kept else "<", is_big=bool(is_big or is_large))


def _as_stored(values: Array, axes: Axes, page: PageWriter) -> Array:
    """Values of a region of a page as samples; those of planar ones first."""
    pixels = page.pixels
    if axes.inner == "CHW":
        values = np.moveaxis(values, 0, -1)
    stored = samples.to_samples(values, Stored(pixels.photometric))
    return np.moveaxis(stored, -1, 0) if pixels.is_planar else stored


def _page_fields(image: TiffImage, *, several: bool) -> list[Field | Inner]:
    """What a page says of itself among several that are no array."""
    is_alone = not several or image.kind
    return [] if is_alone else [numbers(Tag.SUBFILE_TYPE, LONG, _PAGE_OF_SEVERAL)]


def _description(image: TiffImage) -> str:
    if image.kind == "imagej":
        return imagej_text(image.header, image.axes)
    if image.kind == "shaped":
        is_planar = image.pages[0].pixels.is_planar
        return shaped_text(image.header, image.axes, is_planar=is_planar)
    return ""


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

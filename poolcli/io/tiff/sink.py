"""A TIFF as a sink: the maps of a file, written region by region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from itertools import accumulate
from math import prod
from shutil import copyfileobj
from typing import Any, BinaryIO
from uuid import NAMESPACE_OID, uuid5

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.image_levels import alike, images_of
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.io.tiff import gdal, ome_document
from poolcli.io.tiff.byte_form import ByteForm
from poolcli.io.tiff.description import described, kinds_of
from poolcli.io.tiff.fields import LONG, Field, Inner, numbers, text
from poolcli.io.tiff.mask_page import mask_plans
from poolcli.io.tiff.tags import Tag
from poolcli.io.tiff.writer import DirectoryPlan, TiffFileWriter
from poolcli.io.tiff.written_image import TiffImage
from poolcli.io.tiff.written_pixels import axes_of, kept_storage, pixels_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap

# Bytes of pixels above which a BigTIFF is written: offsets have 32 bits, 32 MB are left for tags.
_CLASSIC_LIMIT = 2**32 - 2**25
_REDUCED, _PAGE_OF_SEVERAL = 1, 2  # values of the tag of the kind of a page


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
    if options.get("scale") or header.form.mode not in ("", *record.modes):
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


class TiffSink:
    """The maps of a TIFF that is being written, each with its levels."""

    def __init__(
        self,
        record: Format,
        stream: BinaryIO,
        headers: Sequence[Header],
        options: Mapping[str, Any],
    ) -> None:
        self._target = stream
        self._stream = stream if _is_new_file(stream) else BytesIO()
        images = list(images_of(headers))
        kinds = kinds_of(record, [image[0] for image in images])
        form = _form(headers, options)
        self._file = TiffFileWriter(self._stream, form, is_hashed="ome" in kinds)
        self._images = [
            [self._image(original, header, kind, options) for original, header in alike(image)]
            for image, kind in zip(images, kinds, strict=True)
        ]
        self._maps = [each for image in self._images for each in image]

    def _image(
        self, original: Header, header: Header, kind: str, options: Mapping[str, Any]
    ) -> TiffImage:
        axes = axes_of(header, kind)
        pixels = pixels_of(header, axes, options)
        count = prod(axes.sizes[: axes.lead])
        pages = tuple(self._file.page(pixels) for _ in range(count))
        return TiffImage(original, header, axes, kind, pages)

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region of a map."""
        self.packed(number, region, values)()

    def packed(self, number: int, region: Region, values: Array) -> Callable[[], None]:
        """What writes the values of a region, which are packed already."""
        return self._maps[number].packed(region, values)

    def finish(self) -> None:
        """Write the directories."""
        plans = []
        for levels, description in zip(self._images, self._descriptions(), strict=True):
            made = self._plans(levels)
            about = levels[0].first_fields(description, self._file.form.order)
            made[0].fields = [*made[0].fields, *about]
            plans += made
        if len(self._images) == 1:
            plans += mask_plans(self._file, [each.header for each in self._maps])
        self._file.finish(plans)
        if self._stream is not self._target:
            self._stream.seek(0)
            copyfileobj(self._stream, self._target)

    def _plans(self, levels: Sequence[TiffImage]) -> list[DirectoryPlan]:
        """The directories of a map, those of its levels behind or below them.

        GDAL looks for the levels of a single page behind it; stacks have those of each plane below.
        """
        first, *others = levels
        several = len(self._images) > 1
        smaller = [numbers(Tag.SUBFILE_TYPE, LONG, _REDUCED)]
        pages = [DirectoryPlan(page, _page_fields(first, several=several)) for page in first.pages]
        if several or first.kind or len(pages) > 1:
            for number, page in enumerate(pages):
                page.levels = [DirectoryPlan(each.pages[number], smaller) for each in others]
            for level, each in zip(pages[0].levels, others, strict=True):
                about = each.description if first.kind == "shaped" else ""
                level.fields = [*smaller, *([text(Tag.DESCRIPTION, about)] if about else [])]
            return pages
        return [*pages, *(DirectoryPlan(each.pages[0], smaller) for each in others)]

    def _descriptions(self) -> list[str]:
        """The description of each map, which its first page has."""
        images = [levels[0] for levels in self._images]
        if images[0].kind != "ome":
            return [image.description for image in images]
        starts = accumulate((len(image.pages) for image in images), initial=0)
        about = [
            described(image.header, image.axes, start)
            for image, start in zip(images, starts, strict=False)
        ]
        identifier = uuid5(NAMESPACE_OID, self._file.digest().hex())
        return [ome_document.document(about, str(identifier)), *[""] * (len(images) - 1)]


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


def _page_fields(image: TiffImage, *, several: bool) -> list[Field | Inner]:
    """What a page says of itself among several that are no array."""
    is_alone = not several or image.kind
    return [] if is_alone else [numbers(Tag.SUBFILE_TYPE, LONG, _PAGE_OF_SEVERAL)]

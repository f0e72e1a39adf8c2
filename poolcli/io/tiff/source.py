"""A TIFF as a source: a map for each of its images, read by the segments that a region touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from math import nan
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.io.damage import check_unpacked, refused
from poolcli.io.header import Header
from poolcli.io.pillow.exif import upright, upright_xmp
from poolcli.io.source import Region, part_of
from poolcli.io.tiff import map_axes, stored_samples
from poolcli.io.tiff.carried import facts_of
from poolcli.io.tiff.images import Image, images_of
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.segments import PageRegion, read_page
from poolcli.io.tiff.storage import stored
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.file_mask import FileMask
from poolcli.resources import memory


def open_source(stream: BinaryIO, layout: str | None) -> TiffSource:
    """The images of a TIFF, whose headers come from the tags alone."""
    return TiffSource(stream, layout)


class TiffSource:
    """The images of a TIFF."""

    format = "tiff"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        with _damage_refused():  # tags may have values that no reader foresees
            images = images_of(stream)
            self._maps = [TiffMap.of(image, layout) for image in images]
        names = [""] if len(images) == 1 else map(str, range(len(images)))
        self.headers = tuple(
            each.header._replace(name=name) for each, name in zip(self._maps, names, strict=True)
        )

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """An image, or a region of it."""
        header, one = self.headers[number], self._maps[number]
        picture, facts = header.picture, header.facts
        if region is None or one.turn != 1:
            whole = FeatureMap(one.values(None), header.layout, picture, header.name, facts)
            return part_of(whole, region)
        data = one.values(region)
        return FeatureMap(data, header.layout, picture, header.name, facts)


class TiffMap(NamedTuple):
    """An image and the header of its map. `inner` are the letters of the axes of a page, `turn` is
    how its pixels are turned.
    """

    image: Image
    header: Header
    inner: str
    turn: int

    @classmethod
    def of(cls, image: Image, layout: str | None) -> TiffMap:
        """The map of an image; FileError for one that cannot be a map."""
        page = image.keyframe
        stored_samples.check_pooled(page)
        _check_size(image)
        inner = map_axes.inner_letters(page)
        facts = facts_of(image, stored(page, image.kind, image.lead))
        if masked := _masked_nodata(image, facts):
            facts = {name: each for name, each in facts.items() if name != "mask"}
            facts["nodata"] = masked
        turn = map_axes.turn_of(page, facts)
        if image.mask is not None and not masked:
            facts["mask"] = FileMask(partial(_mask, image.mask, turn))
        if turn != 1 and "xmp" in facts:
            facts["xmp"] = upright_xmp(facts["xmp"])
        if turn >= 5:
            facts = map_axes.turned_facts(facts)
        whole = (*image.sizes, *map_axes.inner_shape(page, inner, turn))
        shape, letters = map_axes.named_axes(image, whole, inner, layout)
        facts = map_axes.facts_of_axes(facts, letters)
        is_stack = bool(image.letters) or letters != inner
        header = Header(
            name="",
            shape=shape,
            dtype=stored_samples.dtype_of(page).name,
            layout=letters,
            picture=stored_samples.picture_of(page, is_stack=is_stack),
            facts=facts,
            orientation=turn,
            chunks=map_axes.chunk_shape(page, shape, inner) if turn == 1 else None,
        )
        return cls(image, header, inner, turn)

    def values(self, region: Region | None) -> Array:
        """The values of a region, which is all of a turned image."""
        extents = _extents(region, self.header.shape)
        before = len(extents) - len(self.inner)
        on_page, inks = _page_region(
            dict(zip(self.inner, extents[before:], strict=True)), self.inner
        )
        numbers = np.arange(len(self.image.pages)).reshape(self.header.shape[:before])
        chosen = numbers[tuple(slice(*each) for each in extents[:before])]
        planes = [self.image.pages[number] for number in chosen.ravel().tolist()]
        if not before:
            return _indexed(self._page(planes[0], on_page), inks)
        first = _indexed(self._page(planes[0], on_page), inks)
        out = memory.empty((len(planes), *first.shape), first.dtype)
        out[0] = first
        for number, page in enumerate(planes[1:], 1):
            out[number] = self._page(page, on_page)[inks]
        values: Array = out.reshape(*chosen.shape, *first.shape)
        return values

    def _page(self, page: Page | None, on_page: PageRegion) -> Array:
        """The values of a page, their axes in the order of `inner`."""
        like = self.image.keyframe
        if page is None:  # a plane that the description names and the file lacks
            sides = {
                "C": stored_samples.count_of(like),
                "H": on_page.shape[0],
                "W": on_page.shape[1],
            }
            return np.zeros([sides[letter] for letter in self.inner], self.header.dtype)
        if self.turn != 1:
            on_page = PageRegion.whole(page)
        fill = self.header.facts.get("nodata", (0,))[0]
        values = stored_samples.to_values(_samples(page, on_page, fill), page)
        if self.image.mask is not None and "mask" not in self.header.facts:
            mask = _samples(self.image.mask, on_page, 0).reshape(on_page.shape) != 0
            values[~mask] = fill
        if page.is_planar and self.inner == "HWC":
            values = np.ascontiguousarray(np.moveaxis(values, 0, -1))
        return _upright(values, self.turn, self.inner)


def _masked_nodata(image: Image, facts: Mapping[str, Any]) -> tuple[float, ...]:
    """The value for pixels that a mask leaves out: the file's nodata, or not a number.

    Whole numbers without nodata have no value for them; then the mask stays one.
    """
    if image.mask is None:
        return ()
    is_float = image.keyframe.dtype.kind == "f"
    found: tuple[float, ...] = facts.get("nodata", (nan,) if is_float else ())
    return found


def _mask(page: Page, turn: int) -> Array:
    """True where a pixel counts."""
    with _damage_refused():
        return _upright(read_page(page).reshape(page.height, page.width) != 0, turn, "HW")


def _samples(page: Page, on_page: PageRegion | None, fill: float) -> Array:
    """The samples of a page as they are stored."""
    with _damage_refused():
        return read_page(page, on_page, fill)


def _damage_refused() -> AbstractContextManager[None]:
    """Turn whatever a decoder raises in this block into a FileError."""
    return refused("the TIFF is cut short or damaged ({}): save or download it again")


def _check_size(image: Image) -> None:
    """FileError if the planes together unpack to more than is allowed."""
    pages = [page for page in image.pages if page is not None]
    check_unpacked(
        image.keyframe.nbytes * len(image.pages), sum(int(page.sizes.sum()) for page in pages)
    )


# Regions -------------------------------------------------------------------------------------

_Extent = tuple[int, int]  # first and end


def _extents(region: Region | None, shape: Sequence[int]) -> list[_Extent]:
    """The extent of a region along each axis."""
    if region is None:
        return [(0, size) for size in shape]
    return [each.indices(size)[:2] for each, size in zip(region, shape, strict=True)]


def _page_region(at: Mapping[str, _Extent], inner: str) -> tuple[PageRegion, Any]:
    """The region of a page, and the index of its samples."""
    on_page = PageRegion(*at["H"], *at["W"])
    if "C" not in at:
        return on_page, ...
    inks = slice(*at["C"])
    return on_page, inks if inner == "CHW" else (..., inks)


def _indexed(values: Array, index: Any) -> Array:
    return values[index]  # type: ignore[no-any-return]


def _upright(values: Array, turn: int, inner: str) -> Array:
    """Pixels as EXIF's orientation says they are seen."""
    if turn == 1:
        return values
    if inner == "CHW":
        return np.moveaxis(upright(np.moveaxis(values, 0, -1), turn), -1, 0)
    return upright(values, turn)

"""Pages become images: one page each, or the pages that a description joins to one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError
from poolcli.io.tiff import aperio, imagej, ome_xml, shaped
from poolcli.io.tiff.byte_form import CUT
from poolcli.io.tiff.directory import Directory, directories
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.page_tags import page_of
from poolcli.io.tiff.tags import Compression, Tag
from poolcli.maps.file_mask import FileMask
from poolcli.maps.layout import shape_words


@dataclass(frozen=True)
class Image:
    """An array of pages, in C order: `letters` and `sizes` are of the axes before those of a page.

    `kind` is that of its description: "ome", "imagej", "shaped", "aperio", or "" for one that tells
    no sizes. `lead` are the sizes of axes without a name, which are one axis of the array. `mask`
    is a page that is not 0 where pixels count.
    """

    pages: tuple[Page | None, ...]
    letters: str = ""
    sizes: tuple[int, ...] = ()
    kind: str = ""
    lead: tuple[int, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    mask: Page | None = None

    @property
    def keyframe(self) -> Page:
        """The page that all others are like."""
        return next(page for page in self.pages if page is not None)


def images_of(stream: BinaryIO) -> list[Image]:
    """The images of a TIFF; FileError if it has none, or cannot hold what it claims."""
    found = directories(stream)
    pages = [page_of(each, stream.seek(0, 2)) if Tag.WIDTH in each else None for each in found]
    full = [page for page in pages if page is not None and not (page.is_reduced or page.is_mask)]
    if not full:
        full = [page for page in pages if page is not None][:1]
    if not full:
        raise FileError("the TIFF has no image: save it again")
    images = _with_left_over(_joined(full, pages), full)
    masks = [page for page in pages if page is not None and page.is_mask]
    if not masks or full[0].is_mask:
        return images
    mask = _mask_of(full, masks)
    return [
        replace(image, mask=mask, facts={**image.facts, "mask": FileMask()}) for image in images
    ]


def _mask_of(full: Sequence[Page], masks: Sequence[Page]) -> Page | None:
    """The mask of the only page; those of smaller copies are smaller, too."""
    whole = [each for each in masks if not each.is_reduced]
    is_clear = len(full) == len(whole) == 1 and whole[0].shape == full[0].shape[:2]
    return whole[0] if is_clear and not full[0].is_planar else None


def _with_left_over(images: list[Image], full: Sequence[Page]) -> list[Image]:
    """The images; the first one tells of pages that are in none of them."""
    joined = {id(page.directory) for image in images for page in image.pages if page is not None}
    count = sum(id(page.directory) not in joined for page in full)
    if not count:
        return images
    facts = {**images[0].facts, "pictures": count}
    return [replace(images[0], facts=facts), *images[1:]]


def _joined(full: Sequence[Page], pages: Sequence[Page | None]) -> list[Image]:
    description = full[0].description
    if ome_xml.is_ome(description) and (found := ome_xml.images(description, len(pages))):
        return [_of_ome(each, pages, number, description) for number, each in enumerate(found)]
    if aperio.is_aperio(description):
        return [_of_aperio(full)]
    stack = imagej.parsed(description)
    if stack is not None:
        return [_of_imagej(stack, full)]
    return list(_of_shapes(full))


def _checked(image: Image) -> Image:
    """The image, all of whose pages are alike."""
    first = image.keyframe
    alike = ("shape", "dtype", "bits", "photometric")
    for page in image.pages:
        if page is not None and any(getattr(page, name) != getattr(first, name) for name in alike):
            raise FileError(
                f"its planes differ ({shape_words(page.shape)} {page.dtype} "
                f"and {shape_words(first.shape)} {first.dtype}): it is damaged; save it again"
            )
    return image


# OME -----------------------------------------------------------------------------------------


def _of_ome(
    planes: ome_xml.Planes, pages: Sequence[Page | None], number: int, document: str
) -> Image:
    numbers = planes.pages.ravel().tolist()
    if any(each >= len(pages) for each in numbers) or all(each < 0 for each in numbers):
        raise FileError("its OME description names a plane that it lacks: save it again")
    chosen = tuple(pages[each] if each >= 0 else None for each in numbers)
    if any(each >= 0 and page is None for each, page in zip(numbers, chosen, strict=True)):
        raise FileError(CUT)
    facts = {**planes.facts, "ome_xml": ome_xml.OmeXml(document, number)}
    if planes.has_regions:
        facts["rois"] = "of OME"
    return _checked(Image(chosen, planes.letters, planes.sizes, "ome", facts=facts))


def _of_aperio(pages: Sequence[Page]) -> Image:
    """The finest level of a slide; the others, its label and its thumbnail are behind it."""
    sizes = aperio.sizes_of(pages[0].description)
    return Image((pages[0],), kind="aperio", facts={"spacing": sizes} if sizes else {})


# ImageJ --------------------------------------------------------------------------------------


def _of_imagej(stack: imagej.Hyperstack, pages: Sequence[Page]) -> Image:
    first = pages[0]
    channels = 1 if first.samples > 1 and stack.channels == first.samples else stack.channels
    sizes = (stack.frames, stack.slices, channels)
    if stack.images not in (1, prod(sizes)):  # the lines contradict each other: a plain stack
        sizes = (stack.images, 1, 1)
    if len(pages) < prod(sizes):
        pages = _behind(first, prod(sizes))
    named = [(letter, size) for letter, size in zip("NDC", sizes, strict=True) if size > 1]
    return _checked(
        Image(
            tuple(pages[: prod(sizes)]),
            "".join(letter for letter, _ in named),
            tuple(size for _, size in named),
            "imagej",
            facts=_imagej_facts(stack, first.directory),
        )
    )


def _behind(first: Page, count: int) -> list[Page]:
    """The pages behind the first, which ImageJ gives no directories in files of more than 4 GB."""
    size = first.directory.stream.seek(0, 2)
    start, step = int(first.offsets[0]), first.nbytes
    if first.compression != Compression.NONE or start + count * step > size:
        raise FileError("the TIFF lacks planes that its description names: save it again")
    sizes = np.diff(np.append(first.offsets, start + step))
    if first.is_tiled or (sizes <= 0).any():
        raise FileError(CUT)
    return [
        replace(first, offsets=first.offsets + np.uint64(number * step)) for number in range(count)
    ]


def _imagej_facts(stack: imagej.Hyperstack, directory: Directory) -> dict[str, Any]:
    across, down = directory.rational(Tag.X_RESOLUTION), directory.rational(Tag.Y_RESOLUTION)
    sizes, origins = imagej.sizes_of(stack, (across, down) if across and down else None)
    counts = directory.wholes(Tag.IMAGEJ_SIZES)
    blocks = imagej.blocks(counts, directory.raw(Tag.IMAGEJ_VALUES), directory.form.order)
    facts: dict[str, Any] = {"spacing": sizes} if sizes else {}
    if origins:
        facts["origin"] = origins
    if blocks.pop("rois", ()):
        facts["rois"] = "of ImageJ"
    return {**facts, "imagej": {"lines": dict(stack.lines), **blocks}}


# Shapes in JSON, and single pages ------------------------------------------------------------


def _of_shapes(pages: Sequence[Page]) -> Iterator[Image]:
    """The arrays that descriptions of tifffile tell, and pages without a description."""
    at = 0
    while at < len(pages):
        shape = shaped.parsed(pages[at].description)
        image = _of_shape(shape, pages[at:]) if shape else None
        yield image or Image((pages[at],))
        at += len(image.pages) if image else 1


def _of_shape(shape: shaped.Shape, pages: Sequence[Page]) -> Image | None:
    """The array of a shape; None if the pages do not make it."""
    first = pages[0]
    count, left = divmod(prod(shape.shape), prod(first.shape))
    if left or not count:
        return None
    lead = _lead(shape, first, count)
    if lead is None:
        return None
    if len(pages) < count or shape.is_truncated:
        pages = _behind(first, count)
    letters, sizes, unnamed = _letters(shape.axes[: len(lead)], lead)
    facts = {"attributes": shape.attributes} if shape.attributes else {}
    return _checked(Image(tuple(pages[:count]), letters, sizes, "shaped", unnamed, facts))


def _lead(shape: shaped.Shape, page: Page, count: int) -> tuple[int, ...] | None:
    """The sizes of the axes before those of a page."""
    for at in range(len(shape.shape) + 1):
        inner = tuple(size for size in shape.shape[at:] if size > 1)
        if prod(shape.shape[:at]) == count and inner == tuple(
            each for each in page.shape if each > 1
        ):
            return shape.shape[:at]
    return None


_NAMED = {"T": "N", "Z": "D", "C": "C"}


def _letters(axes: str, sizes: Sequence[int]) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """Letters and sizes of axes, and the sizes of those that are one axis, N, for want of names."""
    named = [_NAMED.get(axis, "") for axis in axes.ljust(len(sizes), "Q")]
    split = next((at for at, letter in enumerate(named) if letter), len(named))
    letters = named[split:]
    if not all(letters) or len(set(letters)) < len(letters) or (split and "N" in letters):
        split, letters = len(sizes), []
    unnamed = tuple(sizes[:split])
    pairs = [("N", prod(unnamed)), *zip(letters, sizes[split:], strict=True)]
    kept = [(letter, size) for letter, size in pairs if size > 1]
    return "".join(each for each, _ in kept), tuple(size for _, size in kept), unnamed

"""Tags of a TIFF that nothing here reads, by their names."""

from __future__ import annotations

from collections.abc import Iterator

from poolcli.errors import FileError
from poolcli.io.tiff.byte_form import ASCII
from poolcli.io.tiff.directory import Directory, DirectoryReader
from poolcli.io.tiff.images import Image
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.tags import Tag

_PRIVATE = 32768  # texts with tags from here on are carried
_REDUCED = 1  # in SUBFILE_TYPE: a smaller copy of another page
_MOST_COPIES = 64  # of a picture: each has half the size of the one before
# Tags of how pixels are stored and shown as such, which are not read by name (TIFF 6.0; libtiff):
# old SUBFILE_TYPE, threshholding, cells, extremes of the values that were there, free bytes, units
# of gray, page numbers, inks, extremes again, old JPEG, coefficients of YCbCr, rows of strips,
# Matteing, DataType, ImageDepth, TileDepth.
_STRUCTURE = frozenset(
    {255, 263, 264, 265, 280, 281, 288, 289, 290, 297, 334, 336, 340, 341}
    | {*range(512, 522), 529, 559, 32995, 32996, 32997, 32998}
)
_TOGETHER = frozenset({Tag.WHITE_POINT, Tag.CHROMATICITIES})
_OF_IMAGEJ = (Tag.IMAGEJ_SIZES, Tag.IMAGEJ_VALUES)
_OF_PAGES = frozenset(Tag) | _STRUCTURE


def further_data(image: Image, texts: frozenset[int]) -> tuple[str, ...]:
    """The names of what is not read of an image: tags, and what single planes say.

    `texts` are the tags below the private ones whose texts are carried.
    """
    names = [*_of_directory(image, texts), *_of_planes(image)]
    return tuple(dict.fromkeys(names))


def _of_directory(image: Image, texts: frozenset[int]) -> Iterator[str]:
    directory = image.keyframe.directory
    if image.kind == "aperio":
        yield _name(Tag.DESCRIPTION)  # of which the size of a pixel is read
    for tag, entry in directory.entries.items():
        is_text = entry.type == ASCII and (tag in texts or tag >= _PRIVATE)
        is_foreign = tag in _OF_IMAGEJ and image.kind != "imagej"
        is_half = (
            tag in _TOGETHER and directory.entries.keys() < directory.entries.keys() | _TOGETHER
        )
        if tag == Tag.SUB_DIRECTORIES:
            yield from _of_sub_directories(directory)
        elif is_foreign or is_half or not (tag in _OF_PAGES or is_text):
            yield _name(tag)
    for tag in directory.damaged:
        if tag not in _STRUCTURE:
            yield f"damaged {_name(tag)}"


def _of_sub_directories(directory: Directory) -> Iterator[str]:
    """The tag, unless all directories that it points to are smaller copies of the image."""
    offsets = directory.wholes(Tag.SUB_DIRECTORIES)
    reader = DirectoryReader(directory.stream, directory.form)
    if len(offsets) > _MOST_COPIES or not all(_is_copy(reader, each) for each in offsets):
        yield _name(Tag.SUB_DIRECTORIES)


def _is_copy(reader: DirectoryReader, offset: int) -> bool:
    try:
        return bool(reader.at(offset)[0].whole(Tag.SUBFILE_TYPE, 0) & _REDUCED)
    except FileError:
        return False


def _of_planes(image: Image) -> Iterator[str]:
    """What pages say beyond their pixels, and other than the page whose tags are read."""
    first = image.keyframe
    for page in image.pages:
        if page is not None and page is not first:
            for tag in _own_tags(page, first):
                yield f"{_name(tag)} of a plane"


def _own_tags(page: Page, first: Page) -> Iterator[int]:
    ours, theirs = page.directory, first.directory
    if ours is theirs:
        return
    for tag, entry in ours.entries.items():
        if tag in _DESCRIBING or tag not in _OF_PAGES:
            same = theirs.entries.get(tag)
            is_shared = same is not None and (same.at, same.length) == (entry.at, entry.length)
            if not is_shared and (same is None or ours.raw(tag) != theirs.raw(tag)):
                yield tag


_DESCRIBING = frozenset(
    {Tag.DESCRIPTION, Tag.MAKE, Tag.MODEL, Tag.SOFTWARE, Tag.DATE_TIME, Tag.ARTIST, Tag.COPYRIGHT}
    | {Tag.XMP, Tag.EXIF, Tag.GPS, Tag.GDAL_METADATA}
)


def _name(tag: int) -> str:
    """The name that people know a tag by."""
    from PIL.TiffTags import lookup

    name = lookup(tag).name
    return f"tag {tag}" if name == "unknown" else name

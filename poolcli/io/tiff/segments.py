"""Pixels of a page: the segments that a region touches are read and decoded, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.tiff import codecs, predictor
from poolcli.io.tiff.byte_form import CUT
from poolcli.io.tiff.codecs import Segment
from poolcli.io.tiff.fields import Field, copied
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.tags import Compression, Photometric, Tag
from poolcli.maps.array import Array
from poolcli.resources import memory
from poolcli.resources.limits import current
from poolcli.resources.threads import for_each

# Tags that a codec has to know, beside the size.
_CODEC_TAGS = (
    Tag.BITS,
    Tag.PHOTOMETRIC,
    Tag.FILL_ORDER,
    Tag.SAMPLES,
    Tag.PLANAR,
    Tag.T4_OPTIONS,
    Tag.T6_OPTIONS,
    Tag.JPEG_TABLES,
    Tag.YCBCR_SUBSAMPLING,
    Tag.REFERENCE_BLACK_WHITE,
    Tag.LERC_PARAMETERS,
)
_REVERSED = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], axis=1
)


class PageRegion(NamedTuple):
    """Rows and columns of a page: from the first to before the last."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, page: Page) -> PageRegion:
        """All of a page."""
        return cls(0, page.height, 0, page.width)

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left


def read_page(page: Page, region: PageRegion | None = None, fill: float = 0) -> Array:
    """The samples of a region as they are stored, in the order of `page.shape`.

    `fill` is the value of segments that are not stored.
    """
    region = region or PageRegion.whole(page)
    planes = page.samples if page.is_planar else 1
    inks = 1 if page.is_planar else page.samples
    out = memory.empty((planes, *region.shape, inks), page.dtype)

    def place(at: tuple[int, int, int]) -> None:
        plane, down, across = at
        rows = _segment(page, plane, down, across, fill)
        _paste(rows, out[plane], page, region, (down, across))

    for_each(_touched(page, region), place, current().threads)
    shape = (planes, *region.shape) if page.is_planar else (*region.shape, inks)
    return out.reshape(region.shape if page.samples == 1 else shape)


def _touched(page: Page, region: PageRegion) -> Iterator[tuple[int, int, int]]:
    """The plane, row and column of every segment that a region touches."""
    high, wide = page.segment
    for plane in range(page.samples if page.is_planar else 1):
        for down in range(region.top // high, -(-region.bottom // high)):
            for across in range(region.left // wide, -(-region.right // wide)):
                yield plane, down, across


def _paste(rows: Array, out: Array, page: Page, region: PageRegion, place: tuple[int, int]) -> None:
    """Copy what a segment has of a region."""
    high, wide = page.segment
    top, left = place[0] * high, place[1] * wide
    first, last = max(top, region.top), min(top + rows.shape[0], region.bottom)
    start, end = max(left, region.left), min(left + wide, region.right)
    target = out[first - region.top : last - region.top, start - region.left : end - region.left]
    target[...] = rows[first - top : last - top, start - left : end - left]


def _segment(page: Page, plane: int, down: int, across: int, fill: float) -> Array:
    """The pixels of a segment as (height, width, samples), in native byte order."""
    grid = page.grid
    number = (plane * grid[0] + down) * grid[1] + across
    high, wide = page.segment
    rows = high if page.is_tiled else min(high, page.height - down * high)
    inks = 1 if page.is_planar else page.samples
    if not page.sizes[number]:
        return np.full((rows, wide, inks), fill, page.dtype)
    unpacked = codecs.decoded(_raw(page, number, rows), page.compression)
    if isinstance(unpacked, np.ndarray):
        return _checked_pixels(unpacked, (rows, wide, inks), page.dtype)
    values = _values(unpacked, page, (rows, wide, inks))
    return predictor.undone(values, page.predictor)


def _raw(page: Page, number: int, rows: int) -> Segment:
    """A segment as it is in the file."""
    nbytes = rows * -(-page.row_bits // 8)
    size = int(page.sizes[number])
    wanted = min(size, nbytes) if page.compression == Compression.NONE else size
    raw = page.directory.read(int(page.offsets[number]), wanted)
    if page.directory.whole(Tag.FILL_ORDER, 1) == 2 and not _knows_order(page):
        raw = _REVERSED[np.frombuffer(raw, np.uint8), 0].tobytes()
    return Segment(raw, rows, page.segment[1], nbytes, _codec_fields(page))


def _knows_order(page: Page) -> bool:
    """Whether the codec itself reads the order of bits."""
    return page.compression in (
        Compression.CCITT_RLE,
        Compression.CCITT_FAX3,
        Compression.CCITT_FAX4,
        Compression.JPEG,
    )


def _codec_fields(page: Page) -> tuple[Field, ...]:
    fields = [copied(page.directory, tag) for tag in _CODEC_TAGS if tag in page.directory]
    return tuple(_of_plane(field, page) for field in fields)


def _of_plane(field: Field, page: Page) -> Field:
    """A field of a page as one of its planes has it."""
    if not page.is_planar:
        return field
    one = {Tag.SAMPLES: 1, Tag.PLANAR: 1, Tag.PHOTOMETRIC: Photometric.BLACK_IS_ZERO}
    if field.tag in one:
        return field._replace(values=np.array([one[Tag(field.tag)]], field.values.dtype))
    return field._replace(values=field.values[:1]) if field.tag == Tag.BITS else field


def _checked_pixels(pixels: Array, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    """Pixels of a codec that knows their shape."""
    if pixels.size < np.prod(shape) or pixels.dtype.newbyteorder("=") != dtype:
        raise FileError(CUT)
    if pixels.ndim < 3:
        pixels = pixels[..., None]
    return pixels[: shape[0], : shape[1], : shape[2]].reshape(shape)


def _values(unpacked: bytes, page: Page, shape: tuple[int, int, int]) -> Array:
    """Bytes as samples of the page's dtype."""
    rows, wide, inks = shape
    row_bytes = -(-page.row_bits // 8)
    if len(unpacked) < rows * row_bytes:
        raise FileError(CUT)
    if page.bits == 8 * page.dtype.itemsize and page.dtype.kind != "b":
        # The predictor of floats has an order of bytes of its own.
        is_swapped = page.predictor != predictor.FLOATS and page.directory.form.order == ">"
        stored = page.dtype.newbyteorder(">" if is_swapped else "<")
        values = np.frombuffer(unpacked, stored, rows * wide * inks)
        return values.astype(page.dtype, copy=False).reshape(shape)
    packed = np.frombuffer(unpacked, np.uint8, rows * row_bytes).reshape(rows, row_bytes)
    return _from_bits(packed, page.bits, wide * inks).astype(page.dtype).reshape(shape)


def _from_bits(packed: Array, bits: int, count: int) -> Array:
    """Rows of `count` samples of so many bits each, the highest bit first."""
    flat = np.unpackbits(packed, axis=1, count=count * bits)
    if bits == 1:
        return flat
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint64)
    return flat.reshape(len(packed), count, bits) @ weights

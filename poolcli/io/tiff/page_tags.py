"""The page of a directory, and that the file can hold what its tags claim."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from poolcli.errors import FileError
from poolcli.io.damage import check_unpacked
from poolcli.io.tiff.byte_form import CUT
from poolcli.io.tiff.directory import Directory
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.tags import Compression, Photometric, SampleFormat, Tag
from poolcli.maps.array import Array
from poolcli.maps.layout import shape_words

_KINDS = {SampleFormat.UNSIGNED: "u", SampleFormat.SIGNED: "i", SampleFormat.FLOAT: "f"}
# Bytes that a compressed byte can stand for: above any of these codecs.
_MAX_RATIO = 1500
_BOUNDED = (Compression.LZW, Compression.DEFLATE, Compression.OLD_DEFLATE, Compression.PACKBITS)
_LARGEST = 2**31 - 1
_SHORT = 1 << 19  # bytes of a strip that is read for a region of it
_NO_SIZES = np.empty(0, np.uint64)
# A page whose values of these are damaged cannot be read.
_STRUCTURE = (
    Tag.WIDTH,
    Tag.HEIGHT,
    Tag.BITS,
    Tag.COMPRESSION,
    Tag.PHOTOMETRIC,
    Tag.FILL_ORDER,
    Tag.STRIP_OFFSETS,
    Tag.SAMPLES,
    Tag.ROWS_PER_STRIP,
    Tag.STRIP_SIZES,
    Tag.PLANAR,
    Tag.PREDICTOR,
    Tag.COLOUR_MAP,
    Tag.TILE_WIDTH,
    Tag.TILE_HEIGHT,
    Tag.TILE_OFFSETS,
    Tag.TILE_SIZES,
    Tag.EXTRA_SAMPLES,
    Tag.SAMPLE_FORMAT,
    Tag.JPEG_TABLES,
)


def page_of(directory: Directory, size: int) -> Page:
    """The page of a directory in a file of `size` bytes; FileError if that cannot hold it."""
    page = _claimed(directory)
    _check_segments(page, size)
    _check_size(page)
    return _in_short_strips(page)


def _in_short_strips(page: Page) -> Page:
    """The page as if a long strip of plain samples were many, of which a region needs few."""
    row = -(-page.row_bits // 8)
    rows = max(1, _SHORT // row)
    is_plain = page.compression == Compression.NONE and page.predictor == 1
    if not is_plain or page.is_tiled or page.grid[0] > 1 or page.height <= rows:
        return page
    starts = np.arange(0, page.height, rows, dtype=np.uint64)
    heights = np.diff(np.append(starts, np.uint64(page.height)))
    return replace(
        page,
        segment=(rows, page.width),
        offsets=(page.offsets[:, None] + starts * np.uint64(row)).ravel(),
        sizes=np.tile(heights * np.uint64(row), len(page.offsets)),
    )


def _claimed(directory: Directory) -> Page:
    """The page as its tags claim it to be."""
    for tag in directory.damaged:
        if tag in _STRUCTURE:
            raise FileError(CUT)
    height, width = (_positive(directory, tag) for tag in (Tag.HEIGHT, Tag.WIDTH))
    samples = _positive(directory, Tag.SAMPLES, 1)
    is_tiled = Tag.TILE_OFFSETS in directory or Tag.TILE_WIDTH in directory
    is_planar = directory.whole(Tag.PLANAR, 1) == 2 and samples > 1
    segment = _segment(directory, height, width, is_tiled=is_tiled)
    planes = samples if is_planar else 1
    count = planes * prod(
        -(-side // part) for side, part in zip((height, width), segment, strict=True)
    )
    bits = _same(directory, Tag.BITS, 1, samples)
    offsets_tag, sizes_tag = (
        (Tag.TILE_OFFSETS, Tag.TILE_SIZES) if is_tiled else (Tag.STRIP_OFFSETS, Tag.STRIP_SIZES)
    )
    if offsets_tag not in directory and Tag.STRIP_OFFSETS in directory:
        offsets_tag, sizes_tag = Tag.STRIP_OFFSETS, Tag.STRIP_SIZES  # of tiles, in some old files
    page = Page(
        directory=directory,
        height=height,
        width=width,
        samples=samples,
        bits=bits,
        dtype=_dtype(bits, _same(directory, Tag.SAMPLE_FORMAT, 1, samples)),
        photometric=directory.short(Tag.PHOTOMETRIC, Photometric.BLACK_IS_ZERO),
        compression=directory.short(Tag.COMPRESSION, Compression.NONE),
        is_planar=is_planar,
        is_tiled=is_tiled,
        segment=segment,
        offsets=_per_segment(directory, offsets_tag, count),
        sizes=_NO_SIZES,
    )
    if sizes_tag in directory:
        return replace(page, sizes=_per_segment(directory, sizes_tag, count))
    # Old writers left the sizes out where nothing is compressed.
    return replace(page, sizes=np.full(count, page.unpacked_size, np.uint64))


def _positive(directory: Directory, tag: int, default: int = 0) -> int:
    value = directory.whole(tag, default)
    if not 0 < value <= _LARGEST:
        raise FileError(CUT)
    return value


def _segment(directory: Directory, height: int, width: int, *, is_tiled: bool) -> tuple[int, int]:
    if is_tiled:
        return _positive(directory, Tag.TILE_HEIGHT), _positive(directory, Tag.TILE_WIDTH)
    rows = directory.whole(Tag.ROWS_PER_STRIP, height)
    if rows <= 0:
        raise FileError(CUT)
    return min(rows, height), width


def _same(directory: Directory, tag: int, default: int, samples: int) -> int:
    """The value that a tag has for every sample."""
    values = set(directory.wholes(tag)[:samples])
    if len(values) > 1:
        raise FileError(
            f"its samples differ (tag {int(tag)}: {', '.join(map(str, sorted(values)))}): "
            "save them in files of their own"
        )
    return values.pop() if values else default


def _dtype(bits: int, kind: int) -> np.dtype[Any]:
    """The dtype that holds a sample."""
    if kind in (SampleFormat.COMPLEX, SampleFormat.COMPLEX_INTEGER):
        raise FileError("it holds complex numbers: save their real and imaginary parts")
    code = _KINDS.get(SampleFormat(kind)) if kind in (1, 2, 3, 4) else None
    if kind == SampleFormat.UNDEFINED:
        code = "u"
    if code is None or not 0 < bits <= 64:
        raise FileError(CUT)
    if bits == 1 and code == "u":
        return np.dtype(bool)
    nbytes = next(size for size in (1, 2, 4, 8) if 8 * size >= bits)
    if code != "u" and (8 * nbytes != bits or (code == "f" and bits < 16)):
        kind_word = "signed" if code == "i" else "floating-point"
        raise FileError(f"its {kind_word} samples have {bits} bits, which NumPy lacks: save others")
    return np.dtype(f"{code}{nbytes}")


def _per_segment(directory: Directory, tag: int, count: int) -> Array:
    """A number for each segment; the claimed count is compared before anything is read."""
    entry = directory.entries.get(tag)
    if entry is None or entry.length < count:
        raise FileError(CUT)
    values = directory.numbers(tag)[:count]
    if values.dtype.kind != "u":
        raise FileError(CUT)
    return values.astype(np.uint64)


def _check_segments(page: Page, size: int) -> None:
    """FileError if segments are not in the file."""
    offsets, sizes = page.offsets, page.sizes
    if (offsets > size).any() or (sizes > size).any() or (offsets + sizes > size).any():
        # Some writers give the only strip the size of the whole file.
        is_whole = len(sizes) == 1 and page.compression == Compression.NONE
        if not is_whole or int(offsets[0]) + page.unpacked_size > size:
            raise FileError(CUT)
    is_absent = (offsets == 0) & (sizes == 0)
    if ((sizes == 0) != is_absent).any() or (is_absent.any() and not page.may_be_sparse):
        raise FileError(CUT)


def _check_size(page: Page) -> None:
    """FileError if the pixels are more than the segments can stand for."""
    held = int(page.sizes.sum())
    if page.compression == Compression.NONE and not _holds_raw(page):
        raise FileError(CUT)
    stored = page.height * page.width * page.samples * page.bits // 8
    if page.compression in _BOUNDED and held and stored > _MAX_RATIO * (held + len(page.sizes)):
        raise FileError(
            f"its tags claim {shape_words(page.shape)}, more than it can hold: save it again"
        )
    check_unpacked(page.nbytes, held)


def _holds_raw(page: Page) -> bool:
    """Whether each uncompressed segment has its bytes; the last strip may have fewer rows."""
    rows = np.full(len(page.sizes), page.segment[0], np.uint64)
    down, _ = page.grid
    if not page.is_tiled:
        rows[down - 1 :: down] = page.height - (down - 1) * page.segment[0]
    return bool(((page.sizes >= rows * -(-page.row_bits // 8)) | (page.sizes == 0)).all())

"""Pages of a TIFF that is being written: regions come in any order, directories at the end."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import SEEK_END
from itertools import product
from threading import Lock
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.io.tiff import codecs, predictor
from poolcli.io.tiff.directory import ByteForm
from poolcli.io.tiff.fields import LONG, LONG8, SHORT, Field, Inner, numbers, packed_directory
from poolcli.io.tiff.segments import Window
from poolcli.io.tiff.tags import Compression, Photometric, SampleFormat, Tag
from poolcli.maps.array import Array
from poolcli.resources.limits import current
from poolcli.resources.threads import for_each

_STRIP = 1 << 17  # bytes of a strip: libtiff's 8 KB cost ratio, and large ones time for a region
_FORMATS = {"i": SampleFormat.SIGNED, "f": SampleFormat.FLOAT}  # unsigned is usual


class Pixels(NamedTuple):
    """How the pixels of a page are written. `tile` is its height and width, None for strips."""

    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]
    photometric: int
    extra: tuple[int, ...]
    is_planar: bool
    compression: int
    predictor: int
    tile: tuple[int, int] | None
    palette: tuple[int, ...] = ()
    level: int | None = None
    subsampling: int = 0

    @property
    def inks(self) -> int:
        """The samples of a pixel in a segment."""
        return 1 if self.is_planar else self.samples

    @property
    def bits(self) -> int:
        return 1 if self.dtype.kind == "b" else 8 * self.dtype.itemsize

    @property
    def segment(self) -> tuple[int, int]:
        """Height and width of a segment."""
        if self.tile:
            return self.tile
        row = max(1, self.width * self.inks * self.bits // 8)
        rows = min(self.height, max(1, _STRIP // row))
        return (rows if rows == self.height else max(16, rows // 16 * 16)), self.width

    @property
    def grid(self) -> tuple[int, int, int]:
        """How many segments there are: planes, down, across."""
        high, wide = self.segment
        planes = self.samples if self.is_planar else 1
        return planes, -(-self.height // high), -(-self.width // wide)


Place = tuple[int, int, int]  # plane, row and column of a segment


class PageWriter:
    """A page that is being written. `segments` are the offset and the size of each one."""

    def __init__(self, file: TiffFileWriter, pixels: Pixels) -> None:
        self.pixels = pixels
        self._file = file
        self._partial: dict[Place, tuple[Array, int]] = {}
        self.segments: dict[Place, tuple[int, int]] = {}

    def write(self, window: Window, planes: slice, values: Array) -> None:
        """Take the pixels of a window; the planes of planar samples come first."""
        touched = list(self._touched(window, planes))
        packed: dict[Place, bytes] = {}

        def pack(place: Place) -> None:
            piece = self._piece(place, window, planes, values)
            if piece is not None:
                packed[place] = self._packed(piece)

        for_each(touched, pack, current().threads)
        for place in touched:  # in their order, so that the same pixels make the same file
            if place in packed:
                self._file.put(self, place, packed[place])

    def _touched(self, window: Window, planes: slice) -> Iterator[Place]:
        high, wide = self.pixels.segment
        plane_numbers = range(planes.start, planes.stop) if self.pixels.is_planar else range(1)
        down = range(window.top // high, -(-window.bottom // high))
        across = range(window.left // wide, -(-window.right // wide))
        return product(plane_numbers, down, across)

    def _piece(self, place: Place, window: Window, planes: slice, values: Array) -> Array | None:
        """The pixels of a segment, once all that windows have of it are here."""
        extent = self._extent(place)
        part = Window(
            max(extent.top, window.top),
            min(extent.bottom, window.bottom),
            max(extent.left, window.left),
            min(extent.right, window.right),
        )
        piece = values[place[0] - planes.start] if self.pixels.is_planar else values
        piece = piece[
            part.top - window.top : part.bottom - window.top,
            part.left - window.left : part.right - window.left,
        ].reshape(*part.shape, self.pixels.inks)
        return piece if part == extent else self._collected(place, extent, part, piece)

    def _extent(self, place: Place) -> Window:
        """The pixels of a segment that are in the page."""
        high, wide = self.pixels.segment
        top, left = place[1] * high, place[2] * wide
        return Window(
            top, min(top + high, self.pixels.height), left, min(left + wide, self.pixels.width)
        )

    def _collected(self, place: Place, extent: Window, part: Window, piece: Array) -> Array | None:
        """The pixels of a segment, if this part was the last that it lacked."""
        with self._file.lock:
            shape = (*extent.shape, self.pixels.inks)
            whole, left = self._partial.pop(place, (None, extent.shape[0] * extent.shape[1]))
            if whole is None:
                whole = np.empty(shape, piece.dtype)
            rows = slice(part.top - extent.top, part.bottom - extent.top)
            columns = slice(part.left - extent.left, part.right - extent.left)
            whole[rows, columns] = piece
            left -= part.shape[0] * part.shape[1]
            if left:
                self._partial[place] = whole, left
                return None
            return whole

    def _packed(self, values: Array) -> bytes:
        """The bytes of a segment; tiles at the edge are filled up with their last pixels."""
        pixels = self.pixels
        if pixels.tile and values.shape[:2] != pixels.tile:
            lacking = [
                (0, side - size) for side, size in zip(pixels.tile, values.shape, strict=False)
            ]
            values = np.pad(values, [*lacking, (0, 0)], mode="edge")
        if pixels.compression == Compression.JPEG:
            return codecs.jpeg(values, pixels.level, pixels.subsampling)
        return codecs.encoded(self._raw(values), pixels.compression, pixels.level)

    def _raw(self, values: Array) -> bytes:
        height, width, inks = values.shape
        if values.dtype.kind == "b":
            return np.packbits(values.reshape(height, width * inks), axis=1).tobytes()
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
        values = predictor.applied(values, self.pixels.predictor)
        if self.pixels.predictor == predictor.FLOATS:  # which has an order of bytes of its own
            return values.tobytes()
        stored = values.dtype.newbyteorder(">" if self._file.form.order == ">" else "<")
        return values.astype(stored, copy=False).tobytes()

    def fields(self) -> list[Field]:
        """The fields of its directory that say how the pixels are stored."""
        pixels = self.pixels
        inks = pixels.samples
        fields = [
            numbers(Tag.WIDTH, LONG, pixels.width),
            numbers(Tag.HEIGHT, LONG, pixels.height),
            numbers(Tag.BITS, SHORT, *[pixels.bits] * inks),
            numbers(Tag.COMPRESSION, SHORT, pixels.compression),
            numbers(Tag.PHOTOMETRIC, SHORT, self._photometric),
            numbers(Tag.SAMPLES, SHORT, inks),
            numbers(Tag.PLANAR, SHORT, 2 if pixels.is_planar else 1),
            *self._segment_fields(),
        ]
        if pixels.dtype.kind in _FORMATS:
            fields.append(numbers(Tag.SAMPLE_FORMAT, SHORT, *[_FORMATS[pixels.dtype.kind]] * inks))
        if pixels.predictor != predictor.NONE:
            fields.append(numbers(Tag.PREDICTOR, SHORT, pixels.predictor))
        if pixels.extra:
            fields.append(numbers(Tag.EXTRA_SAMPLES, SHORT, *pixels.extra))
        if pixels.palette:
            fields.append(numbers(Tag.COLOUR_MAP, SHORT, *pixels.palette))
        if self._photometric == Photometric.YCBCR:  # whose default is (2, 2)
            by = {0: (1, 1), 1: (2, 1), 2: (2, 2)}[pixels.subsampling]
            fields.append(numbers(Tag.YCBCR_SUBSAMPLING, SHORT, *by))
        return fields

    @property
    def _photometric(self) -> int:
        """A JPEG has RGB as YCbCr."""
        is_jpeg = self.pixels.compression == Compression.JPEG
        is_rgb = self.pixels.photometric == Photometric.RGB
        return Photometric.YCBCR if is_jpeg and is_rgb else self.pixels.photometric

    @property
    def places(self) -> Iterator[Place]:
        """Its segments, in their order in the directory."""
        planes, down, across = self.pixels.grid
        return product(range(planes), range(down), range(across))

    def _segment_fields(self) -> list[Field]:
        places = [self.segments[place] for place in self.places]
        offsets, sizes = [at for at, _ in places], [size for _, size in places]
        kind = LONG8 if self._file.form.is_big else LONG
        high, wide = self.pixels.segment
        if self.pixels.tile:
            return [
                numbers(Tag.TILE_WIDTH, LONG, wide),
                numbers(Tag.TILE_HEIGHT, LONG, high),
                numbers(Tag.TILE_OFFSETS, kind, *offsets),
                numbers(Tag.TILE_SIZES, kind, *sizes),
            ]
        return [
            numbers(Tag.ROWS_PER_STRIP, LONG, high),
            numbers(Tag.STRIP_OFFSETS, kind, *offsets),
            numbers(Tag.STRIP_SIZES, kind, *sizes),
        ]


@dataclass
class DirectoryPlan:
    """A directory that is still to be written: its page, and its further fields."""

    page: PageWriter
    fields: Sequence[Field | Inner] = ()


class TiffFileWriter:
    """A TIFF that is being written to a stream that can seek and is at its start."""

    def __init__(self, stream: BinaryIO, form: ByteForm, *, is_hashed: bool = False) -> None:
        self.form = form
        self._is_hashed = is_hashed
        self.lock = Lock()
        self._stream = stream
        self._digests: dict[tuple[int, Place], bytes] = {}
        self.pages: list[PageWriter] = []
        stream.write(form.head + struct.pack(form.offset, 0))

    def page(self, pixels: Pixels) -> PageWriter:
        """A new page, behind those that there are."""
        self.pages.append(PageWriter(self, pixels))
        return self.pages[-1]

    def put(self, page: PageWriter, place: Place, packed: bytes) -> None:
        """Write a segment of a page at the end of the file."""
        with self.lock:
            at = self._stream.seek(0, SEEK_END)
            self._stream.write(packed)
            if len(packed) % 2:
                self._stream.write(b"\0")
            page.segments[place] = at, len(packed)
            if self._is_hashed:
                self._digests[id(page), place] = sha256(packed).digest()

    def digest(self) -> bytes:
        """A hash of all segments of a file that is hashed, whatever order they came in."""
        whole = sha256()
        for page in self.pages:
            for place in page.places:
                whole.update(self._digests[id(page), place])
        return whole.digest()

    def finish(self, plans: Sequence[DirectoryPlan]) -> None:
        """Write the directories, and where the first one is."""
        at = first = self._stream.seek(0, SEEK_END)
        for number, plan in enumerate(plans):
            fields = [*plan.page.fields(), *plan.fields]
            packed = packed_directory(fields, self.form, at, is_last=number == len(plans) - 1)
            packed += b"\0" * (len(packed) % 2)
            self._stream.write(packed)
            at += len(packed)
        self._stream.seek(len(self.form.head))
        self._stream.write(struct.pack(self.form.offset, first))
        self._stream.seek(0, SEEK_END)

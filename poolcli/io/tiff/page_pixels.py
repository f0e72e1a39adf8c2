"""How the pixels of a page are written, and the tags that say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from poolcli.io.tiff import predictor
from poolcli.io.tiff.byte_form import ByteForm
from poolcli.io.tiff.fields import LONG, LONG8, SHORT, Field, numbers
from poolcli.io.tiff.tags import Compression, Photometric, SampleFormat, Tag

_STRIP = 1 << 17  # bytes of a strip: libtiff's 8 KB cost ratio, and large ones time for a region
_FORMATS = {"i": SampleFormat.SIGNED, "f": SampleFormat.FLOAT}  # unsigned is usual

Place = tuple[int, int, int]  # plane, row and column of a segment


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

    @property
    def places(self) -> Iterator[Place]:
        """The segments, in their order in a directory."""
        planes, down, across = self.grid
        return product(range(planes), range(down), range(across))

    @property
    def photometric_stored(self) -> int:
        """The photometric of what is stored: a JPEG has RGB as YCbCr."""
        is_jpeg = self.compression == Compression.JPEG
        return (
            Photometric.YCBCR
            if is_jpeg and self.photometric == Photometric.RGB
            else self.photometric
        )

    def fields(self, segments: Mapping[Place, tuple[int, int]], form: ByteForm) -> list[Field]:
        """The fields of a directory, from the offsets and sizes of the segments."""
        fields = [
            numbers(Tag.WIDTH, LONG, self.width),
            numbers(Tag.HEIGHT, LONG, self.height),
            numbers(Tag.BITS, SHORT, *[self.bits] * self.samples),
            numbers(Tag.COMPRESSION, SHORT, self.compression),
            numbers(Tag.PHOTOMETRIC, SHORT, self.photometric_stored),
            numbers(Tag.SAMPLES, SHORT, self.samples),
            numbers(Tag.PLANAR, SHORT, 2 if self.is_planar else 1),
            *self._segment_fields([segments[place] for place in self.places], form),
        ]
        if self.dtype.kind in _FORMATS:
            kinds = [_FORMATS[self.dtype.kind]] * self.samples
            fields.append(numbers(Tag.SAMPLE_FORMAT, SHORT, *kinds))
        if self.predictor != predictor.NONE:
            fields.append(numbers(Tag.PREDICTOR, SHORT, self.predictor))
        if self.extra:
            fields.append(numbers(Tag.EXTRA_SAMPLES, SHORT, *self.extra))
        if self.palette:
            fields.append(numbers(Tag.COLOUR_MAP, SHORT, *self.palette))
        if self.photometric_stored == Photometric.YCBCR:  # whose default is (2, 2)
            by = {0: (1, 1), 1: (2, 1), 2: (2, 2)}[self.subsampling]
            fields.append(numbers(Tag.YCBCR_SUBSAMPLING, SHORT, *by))
        return fields

    def _segment_fields(self, segments: list[tuple[int, int]], form: ByteForm) -> list[Field]:
        offsets, sizes = [at for at, _ in segments], [size for _, size in segments]
        kind = LONG8 if form.is_big else LONG
        high, wide = self.segment
        if self.tile:
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

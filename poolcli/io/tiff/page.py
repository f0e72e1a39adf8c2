"""A page of a TIFF: what its tags say of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.io.tiff.directory import Directory
from poolcli.io.tiff.tags import Photometric, Tag
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property


@dataclass(frozen=True)
class Page:
    """A directory with pixels. `offsets` and `sizes` are of its segments, its strips or tiles,
    which are `segment` pixels high and wide; both are 0 for a tile that is not stored.

    With `is_planar`, the segments of the first sample come before those of the second.
    """

    directory: Directory
    height: int
    width: int
    samples: int
    bits: int
    dtype: np.dtype[Any]
    photometric: int
    compression: int
    is_planar: bool
    is_tiled: bool
    segment: tuple[int, int]
    offsets: Array
    sizes: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the pixels: HW, or with samples last, or first if they are planar."""
        space = (self.height, self.width)
        if self.samples == 1:
            return space
        return (self.samples, *space) if self.is_planar else (*space, self.samples)

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    @property
    def grid(self) -> tuple[int, int]:
        """How many segments there are down and across."""
        return -(-self.height // self.segment[0]), -(-self.width // self.segment[1])

    @property
    def row_bits(self) -> int:
        """The bits of a row of a segment, before it is filled up to whole bytes."""
        return self.segment[1] * self.bits * (1 if self.is_planar else self.samples)

    @property
    def unpacked_size(self) -> int:
        """The bytes of a whole segment, unpacked."""
        return self.segment[0] * -(-self.row_bits // 8)

    @property
    def predictor(self) -> int:
        return self.directory.whole(Tag.PREDICTOR, 1)

    @property
    def description(self) -> str:
        return self.directory.text(Tag.DESCRIPTION)

    @cached_property
    def extra_samples(self) -> tuple[int, ...]:
        return self.directory.wholes(Tag.EXTRA_SAMPLES)

    @property
    def may_be_sparse(self) -> bool:
        """Whether segments may be left out, as GDAL does with those of nothing but nodata."""
        return self.is_tiled or Tag.GDAL_NODATA in self.directory

    @property
    def is_reduced(self) -> bool:
        """Whether it is a smaller copy of another page."""
        return bool(self.directory.whole(Tag.SUBFILE_TYPE, 0) & 1)

    @property
    def is_mask(self) -> bool:
        """Whether it says which pixels of another page count."""
        is_mask = self.directory.whole(Tag.SUBFILE_TYPE, 0) & 4
        return bool(is_mask) or self.photometric == Photometric.MASK

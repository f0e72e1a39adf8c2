"""A page that is being written: regions come in any order, and segments are written when whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from threading import Lock

import numpy as np

from poolcli.io.tiff import codecs, predictor
from poolcli.io.tiff.page_pixels import Pixels, Place
from poolcli.io.tiff.segments import PageRegion
from poolcli.io.tiff.tags import Compression
from poolcli.maps.array import Array
from poolcli.resources.limits import current
from poolcli.resources.threads import for_each


class PageWriter:
    """A page that is being written. `segments` are the offset and the size of each one."""

    def __init__(self, pixels: Pixels, order: str, put: Callable[[bytes], int]) -> None:
        """Write to a file of this byte order; `put` writes bytes and gives their offset."""
        self.pixels = pixels
        self._order = order
        self._put = put
        self._lock = Lock()
        self._partial: dict[Place, tuple[Array, int]] = {}
        self.segments: dict[Place, tuple[int, int]] = {}

    def write(self, region: PageRegion, planes: slice, values: Array) -> None:
        """Take the pixels of a region; the planes of planar samples come first."""
        self.packed(region, planes, values)()

    def packed(self, region: PageRegion, planes: slice, values: Array) -> Callable[[], None]:
        """What writes the pixels of a region, of which the whole segments are packed already."""
        touched = list(self._touched(region, planes))
        found: dict[Place, bytes] = {}

        def pack(place: Place) -> None:
            part, piece = self._piece(place, region, planes, values)
            if part == self._extent(place):
                found[place] = self._encoded(piece)

        def put() -> None:
            for place in touched:  # in their order, so that the same pixels make the same file
                content = found.pop(place, None)
                if content is None:
                    content = self._rest(place, *self._piece(place, region, planes, values))
                if content is not None:
                    self.segments[place] = self._put(content), len(content)

        for_each(touched, pack, current().threads)
        return put

    def _touched(self, region: PageRegion, planes: slice) -> Iterator[Place]:
        high, wide = self.pixels.segment
        plane_numbers = range(planes.start, planes.stop) if self.pixels.is_planar else range(1)
        down = range(region.top // high, -(-region.bottom // high))
        across = range(region.left // wide, -(-region.right // wide))
        return product(plane_numbers, down, across)

    def _piece(
        self, place: Place, region: PageRegion, planes: slice, values: Array
    ) -> tuple[PageRegion, Array]:
        """The pixels that a region has of a segment, and where they are."""
        extent = self._extent(place)
        part = PageRegion(
            max(extent.top, region.top),
            min(extent.bottom, region.bottom),
            max(extent.left, region.left),
            min(extent.right, region.right),
        )
        piece = values[place[0] - planes.start] if self.pixels.is_planar else values
        piece = piece[
            part.top - region.top : part.bottom - region.top,
            part.left - region.left : part.right - region.left,
        ].reshape(*part.shape, self.pixels.inks)
        return part, piece

    def _rest(self, place: Place, part: PageRegion, piece: Array) -> bytes | None:
        """The bytes of a segment, if this part was the last that it lacked."""
        whole = self._collected(place, self._extent(place), part, piece)
        return None if whole is None else self._encoded(whole)

    def _extent(self, place: Place) -> PageRegion:
        """The pixels of a segment that are in the page."""
        high, wide = self.pixels.segment
        top, left = place[1] * high, place[2] * wide
        return PageRegion(
            top, min(top + high, self.pixels.height), left, min(left + wide, self.pixels.width)
        )

    def _collected(
        self, place: Place, extent: PageRegion, part: PageRegion, piece: Array
    ) -> Array | None:
        """The pixels of a segment, if this part was the last that it lacked."""
        with self._lock:
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

    def _encoded(self, values: Array) -> bytes:
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
        stored = values.dtype.newbyteorder(">" if self._order == ">" else "<")
        return values.astype(stored, copy=False).tobytes()

"""Where the values of images lie in a FITS file that holds them as they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np

from poolcli.io.fits.source import damage_refused, library
from poolcli.io.fits.units import units_of, with_nodata
from poolcli.io.header import Header
from poolcli.io.raw_sink import RawBlock, RawLayout
from poolcli.io.raw_values import RawValues
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap

_BLOCK = 2880  # bytes: all parts of a file are a multiple of it


def layout_of(headers: Sequence[Header]) -> RawLayout:
    """The units of a file of these maps, of which none is compressed."""
    parts, blocks, place = {}, [], 0
    heads = _heads(headers)
    first = len(heads) - len(headers)  # a unit without values may come before
    for number, head in enumerate(heads):
        parts[place] = head
        place += len(head)
        if number >= first:
            header = headers[number - first]
            block = _block(header, place)
            blocks.append(block)
            place += -(-block.values.nbytes // _BLOCK) * _BLOCK
    for content in headers[0].facts.get("others", {}).values():
        parts[place] = content
        place += len(content)
    return RawLayout(blocks, parts, place)


def _heads(headers: Sequence[Header]) -> list[bytes]:
    """The header of each unit, made for one pixel and then said to be of all."""
    fits, stream = library("writing .fits"), BytesIO()
    with damage_refused():
        pixels = [_pixel_of(each) for each in headers]
        fits.HDUList(units_of(fits, pixels)).writeto(stream)
        file, found = stream.getvalue(), []
        with fits.open(BytesIO(file)) as units:
            places = [unit.fileinfo() for unit in units]
        first = len(places) - len(headers)
        for number, info in enumerate(places):
            raw = file[info["hdrLoc"] : info["datLoc"]].decode("ascii")
            head = fits.Header.fromstring(raw)
            if number >= first:
                for axis, size in enumerate(reversed(headers[number - first].shape), start=1):
                    head[f"NAXIS{axis}"] = size
            found.append(head.tostring().encode("ascii"))
    return found


def _pixel_of(header: Header) -> FeatureMap:
    """A map of one pixel with the facts of another."""
    pixel = np.zeros((1,) * len(header.shape), header.dtype)
    return FeatureMap(pixel, header.layout, header.picture, header.name, header.facts)


def _block(header: Header, place: int) -> RawBlock:
    dtype = np.dtype(header.dtype)
    kind = {"u1": "u1", "i1": "u1"}.get(dtype.str[1:], f"{'f' if dtype.kind == 'f' else 'i'}")
    stored = np.dtype(kind if kind == "u1" else f">{kind}{dtype.itemsize}")
    values = RawValues(place, header.shape, stored)
    axes = tuple(range(len(header.shape)))
    return RawBlock(values, axes, partial(_stored, nodata=header.facts.get("nodata")))


def _stored(values: Array, nodata: Any) -> Array:
    """Values as they are stored: unsigned ones, and signed bytes, are moved by half their range."""
    values, dtype = with_nodata(values, nodata), values.dtype
    if dtype.kind == "f" or dtype == np.uint8 or (dtype.kind == "i" and dtype.itemsize > 1):
        return values
    bits = f"{dtype.itemsize}"
    moved = values.view(f"u{bits}") ^ np.array(1 << 8 * dtype.itemsize - 1, f"u{bits}")
    return np.asarray(moved if dtype.kind == "i" else moved.view(f"i{bits}"))

"""Maps become the units of a FITS file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from poolcli.io import gzipped
from poolcli.io.fits.source import damage_refused, library
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.fits_wcs import Card

_LOSSLESS = ("RICE_1", "GZIP_1", "GZIP_2")  # of whole numbers, of any width


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """A file with an image for each map."""
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps)))


def open_packed_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """The same, packed by gzip."""
    return WholeSink(headers, lambda maps: stream.write(gzipped.packed(_encoded(maps))))


def _encoded(maps: Sequence[FeatureMap]) -> bytes:
    fits = library("writing .fits")
    first = maps[0].facts
    stream = BytesIO()
    with damage_refused():
        images = [_unit(fits, one, is_alone=len(maps) == 1) for one in maps]
        starts_with_image = isinstance(images[0], fits.PrimaryHDU)
        if not starts_with_image:
            primary = fits.PrimaryHDU()
            _put_cards(fits, primary.header, _own_cards(first.get("file_header", ())))
            images.insert(0, primary)
        fits.HDUList(images).writeto(stream)
        file = stream.getvalue()
    return b"".join([file, *first.get("others", {}).values()])


def _unit(fits: Any, one: FeatureMap, *, is_alone: bool) -> Any:
    """The unit of a map: the primary one, if there is no other and it is not compressed."""
    facts, data = one.facts, _with_nodata(one)
    compression = facts.get("compression")
    name = one.name.partition(",")[0]
    extname = None if name in ("", "HDU", "PRIMARY") else name
    if compression in (*_LOSSLESS, "PLIO_1", "HCOMPRESS_1"):
        how = compression if compression in _LOSSLESS and data.dtype.kind in "iu" else "GZIP_2"
        unit = fits.CompImageHDU(data, name=extname, compression_type=how, quantize_level=0)
    elif is_alone and "file_header" not in facts:
        unit = fits.PrimaryHDU(data)
    else:
        unit = fits.ImageHDU(data, name=extname)
    letters, cards = facts.get("wcs", ("", ()))
    if letters == one.layout[::-1]:
        _put_cards(fits, unit.header, cards)
    _put_cards(fits, unit.header, _own_cards(facts.get("header", ())))
    if "nodata" in facts and data.dtype.kind in "iu":
        unit.header["BLANK"] = int(facts["nodata"][0]) - int(unit.header.get("BZERO", 0))
    return unit


def _with_nodata(one: FeatureMap) -> Array:
    """The values; floating-point ones are not a number where there are none."""
    values = one.data
    nodata = one.facts.get("nodata")
    if nodata is None or values.dtype.kind != "f":
        return values
    return np.where(np.isin(values, np.array(nodata, values.dtype)), np.nan, values)


def _own_cards(cards: Any) -> Sequence[Card]:
    return cards if isinstance(cards, tuple) else ()


def _put_cards(fits: Any, header: Any, cards: Sequence[Card]) -> None:
    for card in cards:
        if card.keyword in ("COMMENT", "HISTORY"):
            header.add_history(card.value) if card.keyword == "HISTORY" else header.add_comment(
                card.value
            )
        else:
            header.append(fits.Card(*card), end=True)


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a FITS file cannot keep: the header of another format."""
    foreign = ["header"] if not isinstance(header.facts.get("header", ()), tuple) else []
    others = header.facts.get("others", {})
    if not all(isinstance(each, bytes) for each in others.values()):
        foreign.append("others")
    letters, _ = header.facts.get("wcs", (header.layout[::-1], ()))
    if letters != header.layout[::-1]:
        foreign.append("wcs")
    return tuple(foreign)

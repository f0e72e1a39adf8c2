"""Maps as units of a FITS file, with the cards that they came with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poolcli.io.header import Header
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.fits_wcs import Card

_LOSSLESS = ("RICE_1", "GZIP_1", "GZIP_2")  # of whole numbers, of any width
_COMPRESSED = (*_LOSSLESS, "PLIO_1", "HCOMPRESS_1")


def is_compressed(header: Header) -> bool:
    """Whether the unit of a map is compressed, as the one was that it comes from."""
    return header.facts.get("compression") in _COMPRESSED


def units_of(fits: Any, maps: Sequence[FeatureMap]) -> list[Any]:
    """The units of a file of these maps."""
    first = maps[0].facts
    images = [_unit(fits, one, is_alone=len(maps) == 1) for one in maps]
    if not isinstance(images[0], fits.PrimaryHDU):
        primary = fits.PrimaryHDU()
        _put_cards(fits, primary.header, _own_cards(first.get("file_header", ())))
        images.insert(0, primary)
    return images


def _unit(fits: Any, one: FeatureMap, *, is_alone: bool) -> Any:
    """The unit of a map: the primary one, if there is no other and it is not compressed."""
    facts, data = one.facts, with_nodata(one.data, one.facts.get("nodata"))
    compression = facts.get("compression")
    name = one.name.partition(",")[0]
    extname = None if name in ("", "HDU", "PRIMARY") else name
    if compression in _COMPRESSED:
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


def with_nodata(values: Array, nodata: Any) -> Array:
    """The values; floating-point ones are not a number where there are none."""
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

"""FITS by astropy (an extra): every image of a file, its header and its world coordinates."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError
from poolcli.io import gzipped
from poolcli.io.damage import refused
from poolcli.io.header import Header
from poolcli.io.raw_values import native
from poolcli.io.source import Region
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.fits_wcs import WCS_CARDS, Card
from poolcli.maps.layout import check_layout, default_layout, shape_words
from poolcli.resources.extras import extra

# Warning filters belong to the process and jobs are threads, so this one is set once: what matters
# is raised, by astropy or here.
warnings.filterwarnings("ignore", module="astropy")

# Cards that astropy writes by itself: of the structure, and of the scale of values.
_STRUCTURE = (
    *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "END"),
    *("BSCALE", "BZERO", "BLANK", "EXTNAME", "EXTVER", "CHECKSUM", "DATASUM", ""),
    *("DATAMIN", "DATAMAX"),  # of the values that were there
)
_START = b"SIMPLE  ="


def is_fits(stream: BinaryIO) -> bool:
    """Whether a stream, packed or not, begins as a FITS file."""
    return gzipped.head_of(stream, len(_START)) == _START


def open_source(stream: BinaryIO, layout: str | None) -> FitsSource:
    """The images of a file; tables are copied."""
    return FitsSource(gzipped.unpacked(stream), layout)


class FitsSource:
    """Images, of which any region can be read."""

    format = "fits"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        fits = library("a FITS file")
        with damage_refused():
            self._units = fits.open(stream, memmap=False, lazy_load_hdus=False, ignore_blank=True)
            self._images = [unit for unit in self._units if unit.is_image and unit.shape]
            if not self._images:
                raise FileError("it has no image, only tables or headers")
            names = _names(self._units, self._images)
            facts = [_facts(unit) for unit in self._images]
            if others := _others(stream, self._units, self._images):
                facts[0]["others"] = others
            if self._units[0] not in self._images and (cards := _cards(self._units[0])):
                facts[0]["file_header"] = cards
            made = zip(self._images, names, facts, strict=True)
            self.headers = tuple(_header(*each, layout) for each in made)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """An image, or a region of it."""
        header, unit = self.headers[number], self._images[number]
        with damage_refused():
            values = np.asarray(unit.section[region] if region is not None else unit.data)
        if values.shape != header.shape and region is None:
            raise FileError("its values are cut short: save it again")
        values = native(values, header.dtype)
        return FeatureMap(values, header.layout, None, header.name, header.facts)


def library(what: str) -> Any:
    from importlib import import_module

    extra("fits", what)
    return import_module("astropy.io.fits")


def damage_refused() -> AbstractContextManager[None]:
    """Turn whatever astropy raises in this block into a FileError."""
    return refused("the FITS is cut short or damaged ({}): save it again", _is_of_astropy)


def _is_of_astropy(error: Exception) -> bool:
    """Whether it is an exception of astropy, or of its compiled decoders."""
    return type(error).__module__.startswith(("astropy", "_compression"))


def _names(units: Any, images: Sequence[Any]) -> list[str]:
    """EXTNAME, with EXTVER where there are several, or the number of the unit."""
    found = [unit.name for unit in images]
    if len(images) == 1:
        return [found[0].removeprefix("PRIMARY")]
    return [
        name if name and found.count(name) == 1 else f"{name or 'HDU'},{units.index(unit)}"
        for name, unit in zip(found, images, strict=True)
    ]


def _header(unit: Any, name: str, facts: dict[str, Any], layout: str | None) -> Header:
    shape = tuple(map(int, unit.shape))
    if 0 in shape or len(shape) > 5:
        raise FileError(f"an image of shape {shape_words(shape)}: save one to five axes")
    letters = check_layout(layout, len(shape)) if layout else default_layout(len(shape))
    _number_axes(facts, letters)
    return Header(name, shape, _dtype(unit).name, letters, None, facts)


def _number_axes(facts: dict[str, Any], letters: str) -> None:
    """Write down which letter each axis of FITS has: the first is the last of the array."""
    if "wcs" in facts:
        facts["wcs"] = (letters[::-1], facts["wcs"])


def _dtype(unit: Any) -> Any:
    """The dtype that astropy gives, by how the header says that values are scaled."""
    pixel = unit.section[(slice(0, 1),) * len(unit.shape)]
    return pixel.dtype.newbyteorder("=")


def _facts(unit: Any) -> dict[str, Any]:
    cards = _cards(unit)
    wcs = tuple(card for card in cards if WCS_CARDS.fullmatch(card.keyword))
    rest = tuple(card for card in cards if not WCS_CARDS.fullmatch(card.keyword))
    found: dict[str, Any] = {"wcs": wcs, "header": rest}
    blank = unit.header.get("BLANK")
    if isinstance(blank, int) and unit.header["BITPIX"] > 0:
        scale, zero = unit.header.get("BSCALE", 1), unit.header.get("BZERO", 0)
        found["nodata"] = (float(_dtype(unit).type(blank * scale + zero)),)
    compression = getattr(unit, "compression_type", None)
    if compression:
        found["compression"] = str(compression)
    return {name: value for name, value in found.items() if value}


def _cards(unit: Any) -> tuple[Card, ...]:
    """The cards of a header that say more than its structure."""
    return tuple(
        Card(each.keyword, each.value, each.comment)
        for each in unit.header.cards
        if each.keyword not in _STRUCTURE and not each.keyword.startswith("NAXIS")
    )


def _others(stream: BinaryIO, units: Any, images: Sequence[Any]) -> dict[str, bytes]:
    """The bytes of the units that are no images, by their names."""
    found = {}
    for number, unit in enumerate(units):
        if number == 0 or unit in images:
            continue
        info = unit.fileinfo()
        stream.seek(info["hdrLoc"])
        found[unit.name or f"HDU {number}"] = stream.read(
            info["datLoc"] + info["datSpan"] - info["hdrLoc"]
        )
    return found

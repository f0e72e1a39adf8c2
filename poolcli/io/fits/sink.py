"""Maps become the units of a FITS file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

from poolcli.io import gzipped
from poolcli.io.fits.plain_layout import layout_of
from poolcli.io.fits.source import damage_refused, library
from poolcli.io.fits.units import is_compressed, units_of
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.npy_sink import is_new_file
from poolcli.io.raw_sink import RawSink, row_of
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.feature_map import FeatureMap


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """A file with an image for each map."""
    if is_new_file(stream) and not any(map(is_compressed, headers)):
        return RawSink(stream, layout_of(headers))
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps)))


def reopen_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """The same file, of which some regions have been written."""
    return RawSink(stream, layout_of(headers), is_new=False)


def chunk_shape(_: Format, header: Header, __: Mapping[str, Any]) -> tuple[int, ...] | None:
    """What is written together: a row; None for an image that is compressed."""
    return None if is_compressed(header) else row_of(header.shape, range(len(header.shape)))


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
        fits.HDUList(units_of(fits, maps)).writeto(stream)
        file = stream.getvalue()
    return b"".join([file, *first.get("others", {}).values()])


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

"""The tags of GeoTIFF and GDAL that tell where the pixels of a result are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any
from xml.etree import ElementTree as ET

from poolcli.io.tiff.fields import ASCII_TYPE, DOUBLE, SHORT, Field, block, numbers, text
from poolcli.io.tiff.geo import GeoKeys, cornered
from poolcli.io.tiff.tags import Tag


def fields_of(facts: Mapping[str, Any], samples: int) -> list[Field]:
    """The tags that tell the facts of an image."""
    keys = facts.get("geo_keys")
    fields = _key_fields(keys) if keys else []
    is_point = keys is not None and keys.is_point
    if "geotransform" in facts:
        fields += _transform_fields(cornered(facts["geotransform"], is_point=is_point, by=0.5))
    elif "control_points" in facts:
        half = 0.5 if is_point else 0.0
        ties = [
            each
            for row, column, *at in facts["control_points"]
            for each in (column - half, row - half, 0.0, *at)
        ]
        fields.append(numbers(Tag.TIEPOINTS, DOUBLE, *ties))
    if "rpc" in facts:
        fields.append(numbers(Tag.RPC, DOUBLE, *facts["rpc"]))
    if len(facts.get("nodata", ())) == 1:
        fields.append(text(Tag.GDAL_NODATA, nodata_words(facts["nodata"][0])))
    if document := _document(facts, samples):
        fields.append(text(Tag.GDAL_METADATA, document))
    return fields


def _key_fields(keys: GeoKeys) -> list[Field]:
    fields = [numbers(Tag.GEO_KEYS, SHORT, *keys.keys)]
    if keys.doubles:
        fields.append(numbers(Tag.GEO_DOUBLES, DOUBLE, *keys.doubles))
    if keys.ascii:
        fields.append(
            block(Tag.GEO_ASCII, keys.ascii.encode("utf-8", "replace") + b"\0", ASCII_TYPE)
        )
    return fields


def _transform_fields(transform: Sequence[float]) -> list[Field]:
    x, x_across, x_down, y, y_across, y_down = transform
    if x_down == y_across == 0 and x_across > 0 > y_down:
        return [
            numbers(Tag.PIXEL_SCALE, DOUBLE, x_across, -y_down, 0),
            numbers(Tag.TIEPOINTS, DOUBLE, 0, 0, 0, x, y, 0),
        ]
    rows = (x_across, x_down, 0, x, y_across, y_down, 0, y, 0, 0, 0, 0, 0, 0, 0, 1)
    return [numbers(Tag.TRANSFORMATION, DOUBLE, *rows)]


def nodata_words(value: float) -> str:
    """Nodata as GDAL reads it back to the same number."""
    if isinstance(value, int):
        return str(value)
    if isnan(value):
        return "nan"
    return str(int(value)) if value == value // 1 and abs(value) < 1e17 else repr(float(value))


def _document(facts: Mapping[str, Any], samples: int) -> str:
    root = ET.Element("GDALMetadata")
    for attributes, words in facts.get("gdal", ()):
        ET.SubElement(root, "Item", dict(attributes)).text = words
    for band, name in enumerate(facts.get("channels", ())[:samples]):
        if name:
            _add(root, "DESCRIPTION", band, "description", name)
    pairs = facts.get("scale_offset", ())
    for band, (scale, offset) in enumerate(pairs if len(pairs) in (1, samples) else ()):
        _add(root, "OFFSET", band, "offset", repr(float(offset)))
        _add(root, "SCALE", band, "scale", repr(float(scale)))
    return ET.tostring(root, encoding="unicode") if len(root) else ""


def _add(root: ET.Element, name: str, band: int, role: str, words: str) -> None:
    ET.SubElement(root, "Item", name=name, sample=str(band), role=role).text = words

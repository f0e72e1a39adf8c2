"""GeoTIFF (OGC 19-008r4) and GDAL's tags: where pixels are on the ground, nodata, names of bands.

The tags of the coordinate reference system are carried as they are, so that no library has to know
the system and no definition of it is written in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import isfinite, isnan
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from poolcli.io.tiff.directory import Directory
from poolcli.io.tiff.tags import Tag

_RASTER_TYPE, _PIXEL_IS_POINT = 1025, 2
_MODEL_TYPE, _GEODETIC, _PROJECTED = 1024, 2048, 3072
_CITATIONS = (1026, 3073, 2049)
_USER_DEFINED, _UNDEFINED = 32767, 0
_RPC_COUNT = 92
# Items of GDAL's metadata that have a fact of their own, or are wrong once values are pooled.
_ROLES = {"description": "channels", "scale": "scales", "offset": "offsets"}
_STATISTICS = "STATISTICS_"


class GeoKeys(NamedTuple):
    """The tags of a coordinate reference system: keys, numbers and texts."""

    keys: tuple[int, ...]
    doubles: tuple[float, ...] = ()
    ascii: str = ""

    def __str__(self) -> str:
        return crs_name(self) or f"{len(self.keys) // 4 - 1} keys"

    def value(self, key: int) -> int | str | None:
        """The value of a key, if it has a code or a text."""
        for at in range(4, len(self.keys) - 3, 4):
            number, place, count, value = self.keys[at : at + 4]
            if number == key and place == 0:
                return value
            if number == key and place == Tag.GEO_ASCII:
                return self.ascii[value : value + count].rstrip("|\0")
        return None

    @property
    def is_point(self) -> bool:
        """Whether coordinates are those of the centres of pixels."""
        return self.value(_RASTER_TYPE) == _PIXEL_IS_POINT


def facts_of(directory: Directory, samples: int, dtype: np.dtype[Any]) -> dict[str, Any]:
    """The facts that the tags of GeoTIFF and GDAL tell of an image."""
    facts: dict[str, Any] = {}
    keys = keys_of(directory)
    if keys is not None:
        facts["geo_keys"] = keys
        if name := crs_name(keys):
            facts["crs"] = name
    facts |= _place(directory, is_point=keys is not None and keys.is_point)
    rpc = directory.numbers(Tag.RPC)
    if len(rpc) == _RPC_COUNT and np.isfinite(rpc).all():
        facts["rpc"] = tuple(map(float, rpc.tolist()))
    nodata = nodata_value(directory.text(Tag.GDAL_NODATA), dtype)
    if nodata is not None:
        facts["nodata"] = (nodata,)
    return facts | _metadata_facts(directory.text(Tag.GDAL_METADATA), samples)


def keys_of(directory: Directory) -> GeoKeys | None:
    """The keys of a directory, if it has any."""
    keys = directory.wholes(Tag.GEO_KEYS)
    if len(keys) < 4 or not all(0 <= each < 1 << 16 for each in keys):
        return None
    doubles = directory.numbers(Tag.GEO_DOUBLES)
    return GeoKeys(keys, tuple(map(float, doubles.tolist())), directory.text(Tag.GEO_ASCII))


def crs_name(keys: GeoKeys) -> str:
    """The name of a system, such as EPSG:32633; its citation if it has no code."""
    for key in (_PROJECTED, _GEODETIC):
        code = keys.value(key)
        if isinstance(code, int) and code not in (_USER_DEFINED, _UNDEFINED):
            return f"EPSG:{code}"
    citations = (keys.value(key) for key in _CITATIONS)
    return next((each for each in citations if isinstance(each, str) and each), "")


def _place(directory: Directory, *, is_point: bool) -> dict[str, Any]:
    """The geotransform, or the control points."""
    matrix = directory.numbers(Tag.TRANSFORMATION).tolist()
    scale = directory.numbers(Tag.PIXEL_SCALE).tolist()
    ties = directory.numbers(Tag.TIEPOINTS).tolist()
    if not all(isfinite(each) for each in (*matrix, *scale, *ties)):
        return {}
    if len(matrix) == 16:
        return {
            "geotransform": cornered(
                [matrix[each] for each in (3, 0, 1, 7, 4, 5)], is_point=is_point
            )
        }
    if len(scale) >= 2 and len(ties) == 6:
        across, down = scale[0], -scale[1]
        found = [ties[3] - ties[0] * across, across, 0.0, ties[4] - ties[1] * down, 0.0, down]
        return {"geotransform": cornered(found, is_point=is_point)}
    if len(ties) > 6 and len(ties) % 6 == 0:
        half = 0.5 if is_point else 0.0
        points = (ties[at : at + 6] for at in range(0, len(ties), 6))
        return {"control_points": tuple((y + half, x + half, *at) for x, y, _, *at in points)}
    return {}


def cornered(transform: Sequence[float], *, is_point: bool, by: float = -0.5) -> tuple[float, ...]:
    """A transform of the first pixel's centre as one of its corner, or by .5 back."""
    if not is_point:
        return tuple(map(float, transform))
    x, x_across, x_down, y, y_across, y_down = map(float, transform)
    return (
        x + by * (x_across + x_down),
        x_across,
        x_down,
        y + by * (y_across + y_down),
        y_across,
        y_down,
    )


def nodata_value(words: str, dtype: np.dtype[Any]) -> float | None:
    """The value of nodata; None if no value of the dtype can be it."""
    with suppress(ValueError):
        if dtype.kind in "iu":
            value = int(words) if words.strip().lstrip("+-").isdigit() else float(words)
            limits = np.iinfo(dtype)
            return int(value) if limits.min <= value <= limits.max and value == int(value) else None
        value = float(words)
        if dtype.kind == "b":
            return value if value in (0, 1) else None
        return float(np.array(value, dtype)) if isfinite(value) or isnan(value) else value
    return None


# GDAL's metadata -----------------------------------------------------------------------------


def _items(document: str) -> list[ET.Element]:
    if not document.startswith("<GDALMetadata"):
        return []
    with suppress(ET.ParseError, ValueError):
        return list(ET.fromstring(document).iter("Item"))  # noqa: S314 - no external entities
    return []


def _metadata_facts(document: str, samples: int) -> dict[str, Any]:
    """The names of bands, scale and offset of their values, and the other items."""
    found: dict[str, list[str]] = {name: [""] * samples for name in _ROLES.values()}
    kept = []
    for item in _items(document):
        name = _ROLES.get(item.attrib.get("role", ""))
        band = _band(item)
        if name and band is not None and band < samples:
            found[name][band] = item.text or ""
        elif not item.attrib.get("name", "").startswith(_STATISTICS):
            kept.append((tuple(sorted(item.attrib.items())), item.text or ""))
    facts: dict[str, Any] = {}
    if any(found["channels"]):
        facts["channels"] = tuple(found["channels"])
    if any(found["scales"]) or any(found["offsets"]):
        pairs = zip(found["scales"], found["offsets"], strict=True)
        with suppress(ValueError):
            facts["scale_offset"] = tuple((float(s or 1), float(o or 0)) for s, o in pairs)
    if kept:
        facts["gdal"] = tuple(kept)
    return facts


def _band(item: ET.Element) -> int | None:
    with suppress(KeyError, ValueError):
        return int(item.attrib["sample"])
    return None

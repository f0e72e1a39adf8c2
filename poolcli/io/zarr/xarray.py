"""Arrays as xarray writes them: names of dimensions, coordinates and attributes as facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from poolcli.io.header import Header
from poolcli.io.zarr.ome import TO_LAYOUT
from poolcli.maps.facts import Coordinates
from poolcli.maps.layout import check_layout, default_layout

DIMENSIONS = "_ARRAY_DIMENSIONS"  # the attribute that names dimensions in version 2 of Zarr
_NODATA = ("_FillValue", "missing_value")  # of the CF conventions
LETTERS = {
    **TO_LAYOUT,
    "time": "N",
    "band": "C",
    "channel": "C",
    "depth": "D",
    "level": "D",
    "lev": "D",
    "lat": "H",
    "latitude": "H",
    "row": "H",
    "lon": "W",
    "longitude": "W",
    "column": "W",
}


def dimensions_of(array: Any) -> tuple[str, ...]:
    """The names of an array's dimensions; none if some have no name."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get(DIMENSIONS, ())
    return tuple(map(str, names)) if names and all(names) else ()


def layout_of_dimensions(names: Sequence[str], ndim: int, layout: str | None) -> str:
    """The letters of axes: those that their names have usually, or that so many axes have."""
    if layout:
        return check_layout(layout, ndim)
    letters = [LETTERS.get(name.lower(), "") for name in names]
    if len(letters) == ndim and all(letters) and len(set(letters)) == ndim:
        named = "".join(letters)
        if set(named) & set("DHW"):
            return named
    return default_layout(ndim)


def array_facts(array: Any, layout: str, siblings: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an array; `siblings` are the arrays of its group by their names."""
    names = dimensions_of(array)
    attributes = {name: value for name, value in dict(array.attrs).items() if name != DIMENSIONS}
    facts = {
        "dimensions": dict(zip(layout, names, strict=True)) if names else {},
        "coordinates": dict(_coordinates(layout, names, array, siblings)),
        "attributes": attributes,
        "nodata": nodata_of(attributes),
    }
    return {name: value for name, value in facts.items() if value}


def coordinate_names(arrays: Mapping[str, Any]) -> set[str]:
    """The arrays of a group that are coordinates of others."""
    named = {
        name for array in arrays.values() if len(array.shape) > 1 for name in dimensions_of(array)
    }
    return {name for name, array in arrays.items() if name in named and len(array.shape) == 1}


def _coordinates(
    layout: str, names: Sequence[str], array: Any, siblings: Mapping[str, Any]
) -> Iterator[tuple[str, Coordinates]]:
    for letter, name, size in zip(layout, names, array.shape, strict=False):
        found = siblings.get(name)
        if found is not None and found.shape == (size,) and found.dtype.kind in "iuf":
            attributes = {key: each for key, each in dict(found.attrs).items() if key != DIMENSIONS}
            yield letter, Coordinates(name, tuple(found[...].tolist()), attributes)


def nodata_of(attributes: Mapping[str, Any]) -> tuple[float, ...]:
    """The values that are none, by the attributes of the CF conventions."""
    values: list[Any] = []
    for name in _NODATA:
        found = attributes.get(name, ())
        values += found if isinstance(found, list | tuple) else [found]
    return tuple(dict.fromkeys(each for each in values if isinstance(each, int | float)))


def attributes_of(header: Header) -> dict[str, Any]:
    """The attributes of an array that is written, with the values that are none."""
    attributes = dict(header.facts.get("attributes", {}))
    nodata = header.facts.get("nodata", ())
    if nodata and not set(nodata_of(attributes)) >= set(nodata):
        attributes["_FillValue"] = nodata[0]
        if nodata[1:]:
            attributes["missing_value"] = list(nodata)
    return attributes


def names_of(header: Header) -> tuple[str, ...]:
    """The names of the dimensions of an array that is written; none if it has no names.

    A coordinate is an array that is called as its dimension.
    """
    named = {
        letter: one.name for letter, one in header.facts.get("coordinates", {}).items() if one.name
    }
    names = {**header.facts.get("dimensions", {}), **named}
    return tuple(names.get(letter, letter.lower()) for letter in header.layout) if names else ()

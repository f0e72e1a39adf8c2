"""OME-Zarr's metadata: axes, transformations and channels as facts, and all else as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.maps.facts import Facts, PixelSize
from poolcli.maps.layout import check_layout, default_layout

TO_LAYOUT = {"t": "N", "c": "C", "z": "D", "y": "H", "x": "W"}  # letters by OME's names of axes
TO_OME = {letter: name for name, letter in TO_LAYOUT.items()}
_TYPES = {"N": "time", "C": "channel"}
_UNITS = {
    "µm": "micrometer",
    "nm": "nanometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "s": "second",
    "ms": "millisecond",
}
_SYMBOLS = {name: symbol for symbol, name in _UNITS.items()}
# What is made anew for each image that is written.
_MADE = ("axes", "datasets", "version")
_OF_GROUPS = ("plate", "well", "labels", "series", "bioformats2raw.layout")
_WITH_VERSION = frozenset({"plate", "well", "image-label"})
Transformation = tuple[list[Fraction], list[Fraction]]  # scale and translation along each axis


def multiscale_of(attributes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first multiscale image of a group, by its attributes; None if it has none."""
    scales = _ome(attributes).get("multiscales") or [None]
    first: Mapping[str, Any] | None = scales[0]
    return first


def holds_series(attributes: Mapping[str, Any]) -> bool:
    """Whether the images of a group are numbered, as bioformats2raw does."""
    return "bioformats2raw.layout" in _ome(attributes)


def _ome(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """What OME says: in version 0.5 it has a name of its own."""
    found: Mapping[str, Any] = attributes.get("ome", attributes)
    return found


# Reading -------------------------------------------------------------------------------------


def layout_of(names: Sequence[str], ndim: int, layout: str | None) -> str:
    """The letters of axes with these names; FileError for names that no letter stands for."""
    if layout:
        return check_layout(layout, ndim)
    if not names:
        return default_layout(ndim)
    letters = [TO_LAYOUT.get(name) for name in names]
    if unknown := [name for name, letter in zip(names, letters, strict=True) if letter is None]:
        raise FileError(
            f"its axes are {', '.join(names)}, and {unknown[0]} has no usual letter here: "
            "give --layout with as many letters, such as NDCHW"
        )
    return check_layout("".join(map(str, letters)), ndim)


def image_layout(multiscale: Mapping[str, Any], ndim: int, layout: str | None) -> str:
    """The layout of an image by the names of its axes."""
    return layout_of([str(axis["name"]) for axis in _axes_of(multiscale)], ndim, layout)


def image_facts(attributes: Mapping[str, Any], layout: str) -> dict[str, Any]:
    """The facts of the finest level of an image."""
    multiscale = multiscale_of(attributes) or {}
    axes = _axes_of(multiscale)
    sizes, starts = _composed(
        _transformation(multiscale["datasets"][0], len(layout)),
        _transformation(multiscale, len(layout)),
    )
    units = [_symbol(str(axis.get("unit", ""))) for axis in axes]
    pixels = [PixelSize(float(size), unit) for size, unit in zip(sizes, units, strict=True)]
    ome = _ome(attributes)
    kept = {name: value for name, value in ome.items() if name not in ("multiscales", "version")}
    image = {name: value for name, value in multiscale.items() if name not in _MADE}
    facts: dict[str, Any] = {
        "spacing": _along(layout, pixels, PixelSize(1.0)),
        "origin": _along(layout, list(map(float, starts)), 0.0),
        "channels": _channels(ome),
        "ome": {**kept, **({"multiscale": image} if image else {})},
    }
    return {name: value for name, value in facts.items() if value}


def _along(layout: str, values: Sequence[Any], usual: Any) -> dict[str, Any]:
    """Values by letters; channels have none unless theirs is not the usual one."""
    pairs = zip(layout, values, strict=True)
    return {letter: value for letter, value in pairs if letter != "C" or value != usual}


def _axes_of(multiscale: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The axes; before version 0.4 they were names alone."""
    return [axis if isinstance(axis, Mapping) else {"name": axis} for axis in multiscale["axes"]]


def _symbol(unit: str) -> str:
    return _SYMBOLS.get(unit, unit)


def _transformation(holder: Mapping[str, Any], ndim: int) -> Transformation:
    scale, translation = [Fraction(1)] * ndim, [Fraction(0)] * ndim
    for each in holder.get("coordinateTransformations", ()):
        if each["type"] == "scale":
            factors = [Fraction(number) for number in each["scale"]]
            scale = [size * by for size, by in zip(scale, factors, strict=True)]
            translation = [start * by for start, by in zip(translation, factors, strict=True)]
        elif each["type"] == "translation":
            moves = map(Fraction, each["translation"])
            translation = [start + by for start, by in zip(translation, moves, strict=True)]
    return scale, translation


def _composed(first: Transformation, second: Transformation) -> Transformation:
    """One transformation, and then another."""
    sizes = [size * by for size, by in zip(first[0], second[0], strict=True)]
    moved = zip(first[1], *second, strict=True)
    return sizes, [start * by + move for start, by, move in moved]


def _channels(ome: Mapping[str, Any]) -> tuple[str, ...]:
    labels = [each.get("label", "") for each in ome.get("omero", {}).get("channels", ())]
    return tuple(map(str, labels)) if all(labels) else ()


# Writing -------------------------------------------------------------------------------------


def image_attributes(levels: Sequence[Header], layout: str, version: str) -> dict[str, Any]:
    """The attributes of a group whose arrays "0", "1", ... are the levels of an image."""
    first = levels[0]
    ome = dict(first.facts.get("ome", {}))
    image = dict(ome.pop("multiscale", {}))
    top = _top(image, len(layout))
    if top is None:
        image.pop("coordinateTransformations", None)
    multiscale = {
        "axes": _axes(layout, first.facts),
        "datasets": [
            _dataset(str(number), level.facts, layout, top) for number, level in enumerate(levels)
        ],
        **image,
    }
    omero = _omero(ome.pop("omero", None), first)
    stored = first.facts.get("storage", {}).get("zarr", {}).get("zarr_format")
    if stored not in (None, 3 if version == "0.5" else 2):
        ome = _versioned(ome, version)
    if version != "0.5":
        return {"multiscales": [{"version": version, **multiscale}], **omero, **ome}
    return {"ome": {"version": version, "multiscales": [multiscale], **omero, **ome}}


def group_attributes(attributes: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The attributes of a group of images, such as a plate, as a version has them."""
    held = attributes.get("ome")
    if isinstance(held, Mapping) == (version == "0.5"):
        return dict(attributes)
    if isinstance(held, Mapping):
        others = {name: value for name, value in attributes.items() if name != "ome"}
        ome = {name: value for name, value in held.items() if name != "version"}
    else:
        others = {name: value for name, value in attributes.items() if name not in _OF_GROUPS}
        ome = {name: value for name, value in attributes.items() if name in _OF_GROUPS}
    if not ome:
        return dict(attributes)  # of no image
    ome = _versioned(ome, version)
    return {**others, "ome": {"version": version, **ome}} if version == "0.5" else {**others, **ome}


def _versioned(ome: Mapping[str, Any], version: str) -> dict[str, Any]:
    """What OME says, each part of which has the version of its own before 0.5."""
    made = dict(ome)
    for name in _WITH_VERSION & made.keys():
        part = {key: value for key, value in made[name].items() if key != "version"}
        made[name] = part if version == "0.5" else {"version": version, **part}
    return made


def _top(image: Mapping[str, Any], ndim: int) -> Transformation | None:
    """The transformation of all levels; None if there is none, or it has other axes."""
    steps = image.get("coordinateTransformations", ())
    sizes = [each.get("scale", each.get("translation", ())) for each in steps]
    is_whole = steps and all(len(each) == ndim and 0 not in each[:0] for each in sizes)
    top = _transformation(image, ndim) if is_whole else None
    return top if top is not None and all(top[0]) else None


def _axes(layout: str, facts: Facts) -> list[dict[str, str]]:
    sizes = facts.get("spacing", {})
    axes = []
    for letter in layout:
        axis = {"name": TO_OME[letter], "type": _TYPES.get(letter, "space")}
        if letter in sizes and sizes[letter].unit:
            unit = sizes[letter].unit
            axis["unit"] = _UNITS.get(unit, unit)
        axes.append(axis)
    return axes


def _dataset(path: str, facts: Facts, layout: str, top: Transformation | None) -> dict[str, Any]:
    """The transformation of a level, which `top` follows."""
    sizes, starts = facts.get("spacing", {}), facts.get("origin", {})
    scale = [Fraction(sizes.get(letter, PixelSize(1.0)).size) for letter in layout]
    translation = [Fraction(starts.get(letter, 0)) for letter in layout]
    if top is not None:
        scale = [size / by for size, by in zip(scale, top[0], strict=True)]
        moved = zip(translation, *top, strict=True)
        translation = [(start - move) / by for start, by, move in moved]
    return {
        "path": path,
        "coordinateTransformations": [
            {"type": "scale", "scale": list(map(float, scale))},
            {"type": "translation", "translation": list(map(float, translation))},
        ],
    }


def _omero(omero: Any, header: Header) -> dict[str, Any]:
    """What viewers show of channels, if it is that of so many channels."""
    count = dict(zip(header.layout, header.shape, strict=True)).get("C", 1)
    if omero is not None:
        return {"omero": omero} if len(omero.get("channels", ())) == count else {}
    names = header.facts.get("channels", ())
    if len(names) != count:
        return {}
    window = _window(np.dtype(header.dtype))
    channels = [
        {"label": name, "color": "FFFFFF", "active": True, "window": window} for name in names
    ]
    return {"omero": {"channels": channels}}


def _window(dtype: np.dtype[Any]) -> dict[str, float]:
    """The values of a dtype, from black to white."""
    low, high = (0, 1) if dtype.kind in "fb" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return {"min": float(low), "max": float(high), "start": float(low), "end": float(high)}

"""OME-Zarr by zarr (an extra): a folder of chunks, read and written one at a time.

Versions 0.4 and 0.5 of ngff.openmicroscopy.org.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, one_line
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.mode import NATURAL, STACK
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout, shape_words
from poolcli.maps.picture import Picture
from poolcli.resources.extras import extra
from poolcli.resources.memory import empty

_TO_LAYOUT = {"t": "N", "c": "C", "z": "D", "y": "H", "x": "W"}  # letters by OME's names of axes
_TO_OME = {letter: name for name, letter in _TO_LAYOUT.items()}
_TYPES = {"N": "time", "C": "channel"}
_UNITS = {
    "µm": "micrometer",
    "nm": "nanometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
}
_SYMBOLS = {name: symbol for symbol, name in _UNITS.items()}
_CHUNK = 1024  # pixels on each side of a chunk, one plane deep


def open_source(path: Path, layout: str | None) -> ZarrSource:
    """The array, or the finest level of an OME-Zarr image."""
    return ZarrSource(path, layout)


class ZarrSource:
    """An array, of which any region can be read."""

    format = "zarr"

    def __init__(self, path: Path, layout: str | None) -> None:
        zarr = extra("zarr", "a .zarr")
        with _damage_refused():
            self._array, letters, facts = _image(zarr.open(store=str(path), mode="r"), path, layout)
            self.headers = (_header(self._array, letters, facts),)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """The array, or a region of it."""
        header, array = self.headers[number], self._array
        with _damage_refused():
            if region is not None:
                data = np.asarray(array[region])
            else:
                data = empty(array.shape, array.dtype.newbyteorder("="))
                for chunk in _chunks(array.shape, array.chunks):
                    data[chunk] = array[chunk]
        return FeatureMap(data, header.layout, header.picture, "", header.facts)


def _header(array: Any, layout: str, facts: dict[str, Any]) -> Header:
    if array.dtype.kind not in "biuf":
        raise FileError(f"it holds {array.dtype}: save real numbers")
    if 0 in array.shape:
        raise FileError(f"an array of shape {shape_words(array.shape)} has no values")
    dtype = array.dtype.newbyteorder("=").name
    mode = NATURAL.get((dtype, 0), STACK) if layout == "HW" else STACK
    chunks = tuple(array.chunks)
    facts["chunks"] = dict(zip(layout, chunks, strict=True))
    return Header("", array.shape, dtype, layout, Picture(mode), facts, chunks=chunks)


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        raise FileError(f"the Zarr store is damaged ({one_line(error)}): save it again") from error


def _image(node: Any, path: Path, layout: str | None) -> tuple[Any, str, dict[str, Any]]:
    """The array, its layout, and what its group says of it."""
    if not hasattr(node, "array_keys"):
        names = getattr(node.metadata, "dimension_names", None) or ()
        return node, _layout(names, len(node.shape), layout), {}
    scales = node.attrs.get("ome", node.attrs).get("multiscales", ())
    if not scales:
        inside = ", ".join(str(path / key) for key in sorted(node.keys())[:5]) or "nothing"
        raise FileError(
            f"a Zarr group without an image of its own: it holds {inside}; "
            "name an array, or an image"
        )
    (scale, *_), array = scales, node[scales[0]["datasets"][0]["path"]]
    axes = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in scale["axes"]]
    letters = _layout([axis["name"] for axis in axes], array.ndim, layout)
    units = [_symbol(str(axis.get("unit", ""))) for axis in axes]
    sizes, starts = _transformation(scale, array.ndim)
    spacing = {
        letter: PixelSize(size, unit)
        for letter, size, unit in zip(letters, sizes, units, strict=True)
        if letter != "C"
    }
    origin = {letter: start for letter, start in zip(letters, starts, strict=True) if letter != "C"}
    return array, letters, {"spacing": spacing, "origin": origin}


def _layout(names: Sequence[str], ndim: int, layout: str | None) -> str:
    if layout:
        return check_layout(layout, ndim)
    if not names:
        return default_layout(ndim)
    if unknown := [str(name) for name in names if name not in _TO_LAYOUT]:
        raise FileError(
            f"its axes are {', '.join(map(str, names))}, "
            f"and {unknown[0]} has no usual letter here: "
            "give --layout with as many letters, such as NDCHW"
        )
    return check_layout("".join(_TO_LAYOUT[name] for name in names), ndim)


def _symbol(unit: str) -> str:
    return _SYMBOLS.get(unit, unit)


def _transformation(scale: Mapping[str, Any], ndim: int) -> tuple[list[float], list[float]]:
    """The size of a pixel of the finest level, and where its first centre is, on each axis."""
    sizes, starts = [1.0] * ndim, [0.0] * ndim
    for each in (
        *scale["datasets"][0].get("coordinateTransformations", ()),
        *scale.get("coordinateTransformations", ()),
    ):
        if each["type"] == "scale":
            factors = [float(number) for number in each["scale"]]
            sizes = [size * by for size, by in zip(sizes, factors, strict=True)]
            starts = [start * by for start, by in zip(starts, factors, strict=True)]
        elif each["type"] == "translation":
            starts = [start + by for start, by in zip(starts, each["translation"], strict=True)]
    return sizes, starts


def _chunks(shape: Sequence[int], chunks: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """The slices of each chunk of an array."""
    starts = [range(0, size, chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for start in product(*starts):
        yield tuple(slice(low, low + chunk) for low, chunk in zip(start, chunks, strict=True))


# Writing -------------------------------------------------------------------------------------


def open_sink(
    _: Format, folder: Path, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """An OME-Zarr image whose levels are the maps, finest first."""
    return WholeSink(headers, lambda maps: write_zarr(folder, maps, **options))


def check(_: Format, headers: Sequence[Header], __: Mapping[str, Any]) -> None:
    """FileError for maps that are not one image with its levels, or no image."""
    if len(headers) > 1 and not all("spacing" in each.facts for each in headers):
        raise FileError(
            f"a .zarr holds one array with its levels, and there are {len(headers)} maps: "
            "write .npz"
        )


def write_zarr(
    folder: Path, maps: Sequence[FeatureMap], *, version: str = "0.4", chunk: int | None = None
) -> None:
    """Write the maps as the levels of one OME-Zarr image, finest first."""
    zarr = extra("zarr", "a .zarr")
    levels = [_in_ome_order(one) for one in _with_same_axes(maps)]
    dtype = np.result_type(*(level.data.dtype for level in levels))
    try:
        group = zarr.open_group(str(folder), mode="w", zarr_format=3 if version == "0.5" else 2)
        for number, level in enumerate(levels):
            chunks = _chunk_shape(level, chunk)
            _write_level(group, str(number), level, dtype, chunks)
        multiscale = {"axes": _axes(levels[0]), "datasets": _datasets(levels)}
        if version == "0.5":
            group.attrs["ome"] = {"version": version, "multiscales": [multiscale]}
        else:
            group.attrs["multiscales"] = [{"version": version, **multiscale}]
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        raise FileError(
            f"zarr cannot write it ({' '.join(str(error).split())}): write .npy"
        ) from error


def _with_same_axes(maps: Sequence[FeatureMap]) -> list[FeatureMap]:
    """The maps; with palettes expanded if some have colours and some palette indices."""
    return [one.expanded() for one in maps] if len({one.layout for one in maps}) > 1 else list(maps)


def _in_ome_order(one: FeatureMap) -> FeatureMap:
    """The map with its axes in OME's order."""
    order = "".join(letter for letter in "NCDHW" if letter in one.layout)
    if not {"H", "W"} <= set(order):
        raise FileError(
            f"a map of shape {shape_words(one.data.shape)} ({one.layout}) has no height and width, "
            "which an OME-Zarr needs: write .npy"
        )
    data = one.data.transpose([one.layout.index(letter) for letter in order])
    return replace(one, data=data, layout=order)


def _chunk_shape(level: FeatureMap, chunk: int | None) -> tuple[int, ...]:
    """The shape of a chunk: as asked for, as in the file it came from, or squares of one plane."""
    kept = {} if chunk else level.facts.get("chunks", {})
    usual = {letter: (chunk or _CHUNK) if letter in "HW" else 1 for letter in level.layout}
    shape = [kept.get(letter, usual[letter]) for letter in level.layout]
    return tuple(
        max(1, min(side, size)) for side, size in zip(shape, level.data.shape, strict=True)
    )


def _write_level(
    group: Any, name: str, level: FeatureMap, dtype: np.dtype[Any], chunks: tuple[int, ...]
) -> None:
    if group.metadata.zarr_format == 3:
        options: dict[str, Any] = {"dimension_names": [_TO_OME[each] for each in level.layout]}
    else:
        options = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
    array = group.create_array(name, shape=level.data.shape, chunks=chunks, dtype=dtype, **options)
    for chunk in _chunks(level.data.shape, chunks):
        array[chunk] = np.ascontiguousarray(level.data[chunk], dtype)


def _axes(level: FeatureMap) -> list[dict[str, str]]:
    sizes = level.facts.get("spacing", {})
    axes = []
    for letter in level.layout:
        axis = {"name": _TO_OME[letter], "type": _TYPES.get(letter, "space")}
        if letter in sizes and sizes[letter].unit:
            unit = sizes[letter].unit
            axis["unit"] = _UNITS.get(unit, unit)
        axes.append(axis)
    return axes


def _datasets(levels: Sequence[FeatureMap]) -> list[dict[str, Any]]:
    """The size of a pixel of each level, and where its first centre is."""
    return [_dataset(str(number), level) for number, level in enumerate(levels)]


def _dataset(path: str, level: FeatureMap) -> dict[str, Any]:
    sizes, starts = level.facts.get("spacing", {}), level.facts.get("origin", {})
    pixel = PixelSize(1.0)
    scale = [sizes.get(letter, pixel).size for letter in level.layout]
    translation = [starts.get(letter, 0.0) for letter in level.layout]
    return {
        "path": path,
        "coordinateTransformations": [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": translation},
        ],
    }

"""OME-Zarr by zarr (an extra): a folder of chunks, read and written one at a time.

Versions 0.4 and 0.5 of ngff.openmicroscopy.org.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, one_line
from poolcli.io.header import Header, Peek
from poolcli.io.mode import NATURAL, STACK
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout, shape_words, space_axes
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


@dataclass(frozen=True)
class _Image:
    """A Zarr array, and what its group says of it."""

    array: Any
    layout: str
    spacing: tuple[tuple[float, str], ...] = ()

    @property
    def header(self) -> Header:
        dtype = self.array.dtype.newbyteorder("=").name
        mode = NATURAL.get((dtype, 0), STACK) if self.layout == "HW" else STACK
        return Header("", self.array.shape, dtype, self.layout, mode, spacing=self.spacing)


def peek(path: Path, layout: str | None) -> Peek:
    """The header of the array, from the metadata alone."""
    with _opened(path, layout) as image:
        return Peek("zarr", (image.header,))


def read(path: Path, layout: str | None) -> tuple[FeatureMap, ...]:
    """The array, or the finest level of an OME-Zarr image."""
    with _opened(path, layout) as image:
        header, array = image.header, image.array
        data = empty(array.shape, array.dtype.newbyteorder("="))
        for chunk in _chunks(array.shape, array.chunks):
            data[chunk] = array[chunk]
        extras = (("chunks", tuple(array.chunks)),)
        picture = Picture(header.mode, format="ZARR", extras=extras)
        return (FeatureMap(data, header.layout, picture, "", header.spacing),)


@contextmanager
def _opened(path: Path, layout: str | None) -> Iterator[_Image]:
    zarr = extra("zarr", "a .zarr")
    try:
        image = _image(zarr.open(store=str(path), mode="r"), path, layout)
        if image.array.dtype.kind not in "biuf":
            raise FileError(f"it holds {image.array.dtype}: save real numbers")
        if 0 in image.array.shape:
            raise FileError(f"an array of shape {shape_words(image.array.shape)} has no values")
        yield image
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        raise FileError(f"the Zarr store is damaged ({one_line(error)}): save it again") from error


def _image(node: Any, path: Path, layout: str | None) -> _Image:
    if not hasattr(node, "array_keys"):
        names = getattr(node.metadata, "dimension_names", None) or ()
        return _Image(node, _layout(names, len(node.shape), layout))
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
    sizes = _sizes(scale, array.ndim)
    units = [_symbol(str(axis.get("unit", ""))) for axis in axes]
    return _Image(array, letters, tuple((sizes[at], units[at]) for at in space_axes(letters)))


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


def _sizes(scale: Mapping[str, Any], ndim: int) -> list[float]:
    """The size of a pixel of the finest level on each axis: the product of its scales."""
    transformations = [
        *scale["datasets"][0].get("coordinateTransformations", ()),
        *scale.get("coordinateTransformations", ()),
    ]
    factors = [each["scale"] for each in transformations if each["type"] == "scale"]
    return [prod(map(float, pair)) for pair in zip([1.0] * ndim, *factors, strict=True)]


def _chunks(shape: Sequence[int], chunks: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """The slices of each chunk of an array."""
    starts = [range(0, size, chunk) for size, chunk in zip(shape, chunks, strict=True)]
    for start in product(*starts):
        yield tuple(slice(low, low + chunk) for low, chunk in zip(start, chunks, strict=True))


# Writing -------------------------------------------------------------------------------------


def write_zarr(
    folder: Path, maps: Sequence[FeatureMap], *, version: str = "0.4", chunk: int | None = None
) -> None:
    """Write the maps as the levels of one OME-Zarr image, finest first."""
    zarr = extra("zarr", "a .zarr")
    if len(maps) > 1 and not all(one.spacing for one in maps):
        raise FileError(
            f"a .zarr holds one array with its levels, and there are {len(maps)} maps: write .npz"
        )
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
    kept = dict(level.picture.extras).get("chunks", ()) if level.picture else ()
    usual = [(chunk or _CHUNK) if letter in "HW" else 1 for letter in level.layout]
    shape = kept if len(kept) == level.data.ndim and not chunk else usual
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
    units = dict(
        zip((level.layout[axis] for axis in space_axes(level.layout)), level.spacing, strict=False)
    )
    axes = []
    for letter in level.layout:
        axis = {"name": _TO_OME[letter], "type": _TYPES.get(letter, "space")}
        unit = units.get(letter, (1.0, ""))[1]
        if unit:
            axis["unit"] = _UNITS.get(unit, unit)
        axes.append(axis)
    return axes


def _datasets(levels: Sequence[FeatureMap]) -> list[dict[str, Any]]:
    """The size of a pixel of each level, and how far its first centre is from the finest one's."""
    sizes = [_pixel_sizes(level) for level in levels]
    return [_dataset(str(number), size, sizes[0]) for number, size in enumerate(sizes)]


def _dataset(path: str, sizes: list[float], finest: list[float]) -> dict[str, Any]:
    offsets = [(size - fine) / 2 for size, fine in zip(sizes, finest, strict=True)]
    scale = {"type": "scale", "scale": sizes}
    translation = {"type": "translation", "translation": offsets}
    return {"path": path, "coordinateTransformations": [scale, translation]}


def _pixel_sizes(level: FeatureMap) -> list[float]:
    """The size of a pixel on each axis, 1 where there is none."""
    letters = [level.layout[axis] for axis in space_axes(level.layout)]
    sizes = dict(zip(letters, (size for size, _ in level.spacing), strict=False))
    return [sizes.get(letter, 1.0) for letter in level.layout]

"""Dimensions of a dataset by their scales: names, the letters of axes, coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from poolcli.io.hdf5.attributes import plain_attributes
from poolcli.io.zarr.xarray import LETTERS
from poolcli.maps.facts import Coordinates
from poolcli.maps.layout import check_layout, default_layout

_NO_VARIABLE = b"This is a netCDF dimension but not a netCDF variable"

_SCALE = b"DIMENSION_SCALE", "DIMENSION_SCALE"  # the class of a scale, of fixed length or not


def is_scale(dataset: Any) -> bool:
    """Whether a dataset is the scale of a dimension.

    HDF5 1.14.6 frees memory twice where it is asked of a class of 16 bytes that is another word.
    """
    kind = dataset.attrs.get("CLASS") if dataset.ndim == 1 else None
    return isinstance(kind, str | bytes) and kind in _SCALE


def dimension_names(dataset: Any) -> tuple[str, ...]:
    """The names of the dimensions; empty texts where there are none."""
    names = []
    for dimension in dataset.dims if dataset.ndim else ():
        scale = dimension[0].name.rpartition("/")[2] if len(dimension) else ""
        names.append(scale or dimension.label)
    return tuple(names)


def layout_of_dataset(dataset: Any, asked: str | None) -> str | None:
    """The letters of the axes of a dataset; None if it is not pooled."""
    dtype, ndim = dataset.dtype, dataset.ndim
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or not 1 <= ndim <= 5 or 0 in dataset.shape:
        return None
    if asked is not None:
        return check_layout(asked, ndim) if len(asked) == ndim else None
    if is_scale(dataset):
        return None
    known = [LETTERS.get(name.lower(), "") for name in dimension_names(dataset)]
    if not any(known):
        return default_layout(ndim)
    return _named_layout(known) if set(known) & set("DHW") else None


def _named_layout(known: Sequence[str]) -> str:
    """Letters with those that are left for axes of unknown names: batch, then channels."""
    free = [letter for letter in "NC" if letter not in known]
    named = [letter for letter in known if letter]
    if len(set(named)) < len(named) or len(known) - len(named) > len(free):
        return default_layout(len(known))
    return "".join(letter or free.pop(0) for letter in known)


def scales_in_use(dataset: Any) -> Iterator[str]:
    """The paths of the scales that become coordinates, or only name a dimension."""
    for dimension, size in zip(dataset.dims, dataset.shape, strict=True):
        scale = dimension[0] if len(dimension) else None
        if scale is not None and (_has_no_values(scale) or _has_coordinates(scale, size)):
            yield scale.name


def _has_no_values(scale: Any) -> bool:
    return _NO_VARIABLE in bytes(scale.attrs.get("NAME", b""))


def _has_coordinates(scale: Any, size: int) -> bool:
    is_coordinate = scale.shape == (size,) and scale.dtype.kind in "iuf"
    return is_coordinate and not _has_no_values(scale)


def scale_coordinates(layout: str, dataset: Any) -> Iterator[tuple[str, Coordinates]]:
    """Coordinates by the letters of axes, of those whose scale has numbers."""
    for letter, dimension, size in zip(layout, dataset.dims, dataset.shape, strict=True):
        scale = dimension[0] if len(dimension) else None
        if scale is None or not _has_coordinates(scale, size):
            continue
        attributes = plain_attributes(scale.attrs)
        name = scale.name.rpartition("/")[2]
        yield letter, Coordinates(name, tuple(scale[()].tolist()), attributes)

"""The datasets of an HDF5 file become maps, of which any region can be read.

Dimension scales become coordinates. What cannot be pooled is copied: scalars, texts, compounds, and
variables without a spatial axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

from poolcli.errors import FileError
from poolcli.io.damage import check_unpacked, refused
from poolcli.io.hdf5.attributes import plain_attributes, types_of
from poolcli.io.hdf5.copied import copied_of, refers
from poolcli.io.hdf5.dimensions import (
    dimension_names,
    is_scale,
    layout_of_dataset,
    scale_coordinates,
)
from poolcli.io.hdf5.further_data import further_data
from poolcli.io.hdf5.heaps import check_heaps
from poolcli.io.header import Header
from poolcli.io.raw_values import native, size_of
from poolcli.io.source import Region
from poolcli.io.zarr.xarray import nodata_of
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import extra

_MAGIC = b"\x89HDF\r\n\x1a\n"
_CLASSIC = (b"CDF\1", b"CDF\2", b"CDF\5")  # NetCDF-3
_PLACES = (0, 512, 1024, 2048)  # where a file may begin, behind a block of the user's
_BOUNDS = ("bounds", "climatology")  # attributes of CF that name the bounds of cells
_AUXILIARY = "coordinates"  # the attribute of CF that names coordinates of two dimensions


def is_hdf5(stream: BinaryIO) -> bool:
    """Whether a stream is an HDF5 file, also behind a block of the user's, as MATLAB writes it.

    Classic NetCDF is taken for one, too, which `open_source` refuses.
    """
    if stream.read(4) in _CLASSIC:
        return True
    for place in _PLACES:
        stream.seek(place)
        if stream.read(len(_MAGIC)) == _MAGIC:
            return True
    return False


def open_source(stream: BinaryIO, layout: str | None) -> Hdf5Source:
    """The datasets with numbers along a spatial axis."""
    if stream.read(4) in _CLASSIC:
        raise FileError(
            "it is NetCDF-3, and NetCDF-4 is read: `nccopy -k nc4 OLD.nc NEW.nc` makes one of it"
        )
    stream.seek(0)
    return Hdf5Source(stream, layout)


class Hdf5Source:
    """Datasets, of which any region can be read."""

    format = "hdf5"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        h5py = extra("hdf5", "an HDF5 or NetCDF-4 file")
        size = size_of(stream)
        check_heaps(stream)
        with damage_refused():
            self._file = h5py.File(stream, "r")
            everything = _datasets(self._file, h5py)
            lost = _lost_names(everything)
            maps, others, bounds = [], {}, []
            for name, dataset in everything.items():
                letters = layout_of_dataset(dataset, layout)
                if name in lost:
                    bounds.append(name)
                elif letters is not None:
                    check_unpacked(dataset.nbytes, size)
                    maps.append((name, dataset, letters))
                elif not is_scale(dataset):
                    others[name] = copied_of(dataset)
            if not maps:
                raise FileError("it has no dataset of numbers along one to five axes")
            self._maps = [dataset for _, dataset, _ in maps]
            self.headers = tuple(_header(self._file, *each) for each in maps)
            whole = {**self.headers[0].facts, **_whole_file(others, bounds, h5py)}
            pooled = {name: dataset for name, dataset, _ in maps}
            if names := tuple(further_data(self._file, pooled, others, h5py)):
                whole["further_data"] = names
            self.headers = (self.headers[0]._replace(facts=whole), *self.headers[1:])

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A dataset, or a region of it."""
        header, dataset = self.headers[number], self._maps[number]
        with damage_refused():
            values = native(dataset[() if region is None else region], header.dtype)
        return FeatureMap(values, header.layout, None, header.name, header.facts)


def damage_refused() -> AbstractContextManager[None]:
    """Turn whatever h5py raises in this block into a FileError."""
    return refused("the HDF5 file is cut short or damaged ({}): save it again")


def _datasets(file: Any, h5py: Any) -> dict[str, Any]:
    """Every dataset by its path; links to other files are not followed."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(visit)
    return found


def _lost_names(datasets: Mapping[str, Any]) -> set[str]:
    """Variables that say where cells are in other ways: they are not of the cells of a result."""
    found: set[str] = set()
    for path, dataset in datasets.items():
        folder = path.rpartition("/")[0]
        named = [_text(dataset, name) for name in _BOUNDS]
        if dataset.ndim > 1:
            named.append(_text(dataset, _AUXILIARY))
        for word in " ".join(named).split():
            full = f"{folder}/{word}".lstrip("/")
            is_auxiliary = full in datasets and datasets[full].ndim > 1
            found |= {full} if is_auxiliary else set()
    return found


def _text(dataset: Any, name: str) -> str:
    value = dataset.attrs.get(name, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def _header(file: Any, name: str, dataset: Any, layout: str) -> Header:
    attributes = plain_attributes(dataset.attrs)
    names = dimension_names(dataset)
    facts: dict[str, Any] = {
        "attributes": attributes,
        "nodata": nodata_of(attributes),
        "dimensions": {letter: each for letter, each in zip(layout, names, strict=True) if each},
        "coordinates": dict(scale_coordinates(layout, dataset)),
        "file_attributes": dict(_groups(file, name)),
        "storage": {"hdf5": {"types": types_of(dataset.attrs), "filters": _filters(dataset)}},
    }
    if dataset.chunks:
        facts["chunks"] = dict(zip(layout, dataset.chunks, strict=True))
    dtype = dataset.dtype.newbyteorder("=").name
    known = {key: value for key, value in facts.items() if value}
    row = (*(1,) * (dataset.ndim - 1), dataset.shape[-1])
    return Header(name, dataset.shape, dtype, layout, None, known, chunks=dataset.chunks or row)


def _groups(file: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The attributes of the groups that a dataset lies in, by their paths."""
    parts = name.split("/")[:-1]
    for count in range(len(parts) + 1):
        path = "/".join(parts[:count])
        if attributes := plain_attributes(file[path or "/"].attrs):
            yield path, attributes


def _filters(dataset: Any) -> dict[str, Any]:
    """How the values are packed, as options of h5py."""
    found = {
        "compression": dataset.compression,
        "compression_opts": dataset.compression_opts,
        "shuffle": dataset.shuffle or None,
        "fletcher32": dataset.fletcher32 or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _whole_file(others: Mapping[str, Any], bounds: Sequence[str], h5py: Any) -> dict[str, Any]:
    """Facts of the file, which its first map carries."""
    found: dict[str, Any] = {}
    copied = {name: each for name, each in others.items() if not refers(each, h5py)}
    lost = [*bounds, *(name for name in others if name not in copied)]
    if copied:
        found["others"] = copied
    if lost:
        found["bounds"] = tuple(lost)
    return found

"""The datasets of an HDF5 file become maps, of which any region can be read.

Dimension scales become coordinates. What cannot be pooled is copied: scalars, texts, compounds, and
variables without a spatial axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NamedTuple

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, check_unpacked, one_line
from poolcli.io.hdf5.attributes import plain_attributes, types_of
from poolcli.io.hdf5.heaps import check_heaps
from poolcli.io.header import Header
from poolcli.io.raw_values import native, size_of
from poolcli.io.source import Region
from poolcli.io.zarr.xarray import LETTERS, nodata_of
from poolcli.maps.facts import Coordinates
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout
from poolcli.resources.extras import extra

_MAGIC = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)  # where a file may begin, behind a block of the user's
_NO_VARIABLE = b"This is a netCDF dimension but not a netCDF variable"
_BOUNDS = ("bounds", "climatology")  # attributes of CF that name the bounds of cells
_AUXILIARY = "coordinates"  # the attribute of CF that names coordinates of two dimensions


class Copied(NamedTuple):
    """A dataset that is not pooled."""

    value: Any
    dtype: Any
    attributes: dict[str, Any]
    types: dict[str, str]
    dimensions: tuple[str, ...]


def is_hdf5(stream: BinaryIO) -> bool:
    """Whether a stream is an HDF5 file, also behind a block of the user's, as MATLAB writes it."""
    for place in _PLACES:
        stream.seek(place)
        if stream.read(len(_MAGIC)) == _MAGIC:
            return True
    return False


def open_source(stream: BinaryIO, layout: str | None) -> Hdf5Source:
    """The datasets with numbers along a spatial axis."""
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
                letters = _layout(dataset, layout)
                if name in lost:
                    bounds.append(name)
                elif letters is not None:
                    check_unpacked(dataset.nbytes, size)
                    maps.append((name, dataset, letters))
                elif not _is_scale(dataset, h5py):
                    others[name] = _copied(dataset)
            if not maps:
                raise FileError("it has no dataset of numbers along one to five axes")
            self._maps = [dataset for _, dataset, _ in maps]
            self.headers = tuple(_header(self._file, *each) for each in maps)
            whole = {**self.headers[0].facts, **_whole_file(others, bounds, h5py)}
            self.headers = (self.headers[0]._replace(facts=whole), *self.headers[1:])

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A dataset, or a region of it."""
        header, dataset = self.headers[number], self._maps[number]
        with damage_refused():
            values = native(dataset[() if region is None else region], header.dtype)
        return FeatureMap(values, header.layout, None, header.name, header.facts)


@contextmanager
def damage_refused() -> Iterator[None]:
    """Turn whatever h5py raises in this block into a FileError."""
    try:
        yield
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        raise FileError(
            f"the HDF5 file is cut short or damaged ({one_line(error)}): save it again"
        ) from error


def _datasets(file: Any, h5py: Any) -> dict[str, Any]:
    """Every dataset by its path; links to other files are not followed."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(visit)
    return found


def _is_scale(dataset: Any, h5py: Any) -> bool:
    return bool(dataset.ndim == 1 and h5py.h5ds.is_scale(dataset.id))


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


# Axes ----------------------------------------------------------------------------------------


def _names(dataset: Any) -> tuple[str, ...]:
    """The names of the dimensions; empty texts where there are none."""
    names = []
    for dimension in dataset.dims if dataset.ndim else ():
        scale = dimension[0].name.rpartition("/")[2] if len(dimension) else ""
        names.append(scale or dimension.label)
    return tuple(names)


def _layout(dataset: Any, asked: str | None) -> str | None:
    """The letters of the axes of a dataset; None if it is not pooled."""
    dtype, ndim = dataset.dtype, dataset.ndim
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or not 1 <= ndim <= 5 or 0 in dataset.shape:
        return None
    if asked is not None:
        return check_layout(asked, ndim) if len(asked) == ndim else None
    if ndim == 1 and bytes(dataset.attrs.get("CLASS", b"")) == b"DIMENSION_SCALE":
        return None
    known = [LETTERS.get(name.lower(), "") for name in _names(dataset)]
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


# Facts ---------------------------------------------------------------------------------------


def _header(file: Any, name: str, dataset: Any, layout: str) -> Header:
    attributes = plain_attributes(dataset.attrs)
    names = _names(dataset)
    facts: dict[str, Any] = {
        "attributes": attributes,
        "nodata": nodata_of(attributes),
        "dimensions": {letter: each for letter, each in zip(layout, names, strict=True) if each},
        "coordinates": dict(_coordinates(layout, dataset)),
        "file_attributes": dict(_groups(file, name)),
        "storage": {"hdf5": {"types": types_of(dataset.attrs), "filters": _filters(dataset)}},
    }
    if dataset.chunks:
        facts["chunks"] = dict(zip(layout, dataset.chunks, strict=True))
    dtype = dataset.dtype.newbyteorder("=").name
    known = {key: value for key, value in facts.items() if value}
    return Header(name, dataset.shape, dtype, layout, None, known, chunks=dataset.chunks)


def _coordinates(layout: str, dataset: Any) -> Iterator[tuple[str, Coordinates]]:
    for letter, dimension, size in zip(layout, dataset.dims, dataset.shape, strict=True):
        scale = dimension[0] if len(dimension) else None
        if scale is None or scale.shape != (size,) or scale.dtype.kind not in "iuf":
            continue
        if _NO_VARIABLE in bytes(scale.attrs.get("NAME", b"")):
            continue
        attributes = plain_attributes(scale.attrs)
        name = scale.name.rpartition("/")[2]
        yield letter, Coordinates(name, tuple(scale[()].tolist()), attributes)


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


def _copied(dataset: Any) -> Copied:
    """A dataset as it is."""
    value = None
    with suppress(TypeError):
        value = dataset[()]
    attributes = plain_attributes(dataset.attrs), types_of(dataset.attrs)
    return Copied(value, dataset.dtype, *attributes, _names(dataset))


def _whole_file(others: Mapping[str, Any], bounds: Sequence[str], h5py: Any) -> dict[str, Any]:
    """Facts of the file, which its first map carries."""
    found: dict[str, Any] = {}
    copied = {name: each for name, each in others.items() if not _refers(each, h5py)}
    lost = [*bounds, *(name for name in others if name not in copied)]
    if copied:
        found["others"] = copied
    if lost:
        found["bounds"] = tuple(lost)
    return found


def _refers(copied: Copied, h5py: Any) -> bool:
    """Whether the values refer to places in the file, or are rows of different lengths."""
    kinds = (h5py.check_ref_dtype, h5py.check_vlen_dtype)
    return any(kind(copied.dtype) not in (None, str, bytes) for kind in kinds)

"""Maps become the datasets of an HDF5 file, with the scales of their dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from shutil import copyfileobj
from typing import Any, BinaryIO

import numpy as np

from poolcli.io.format import Format
from poolcli.io.hdf5.attributes import put_attributes
from poolcli.io.hdf5.copied import Copied
from poolcli.io.hdf5.source import damage_refused
from poolcli.io.header import Header
from poolcli.io.npy_sink import is_new_file
from poolcli.io.source import Region
from poolcli.io.zarr.ome import TO_OME
from poolcli.maps.array import Array
from poolcli.resources.extras import extra

_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Hdf5Sink:
    """A file with a dataset for each map."""
    return Hdf5Sink(stream, headers, all_named=False)


def open_netcdf_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Hdf5Sink:
    """The same, in which every dimension has a name."""
    return Hdf5Sink(stream, headers, all_named=True)


def chunk_shape(_: Format, header: Header, __: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of a chunk; of a dataset without chunks, a row."""
    chunks, layout = _options_of(header).get("chunks"), _layout_of(header)
    shape = dict(zip(layout, chunks, strict=True)) if chunks else {layout[-1]: None}
    sizes = zip(header.layout, header.shape, strict=True)
    return tuple(shape.get(letter, 1) or size for letter, size in sizes)


class Hdf5Sink:
    """The datasets of a file that is being written: on the disk if it is a file, else in memory."""

    def __init__(self, stream: BinaryIO, headers: Sequence[Header], *, all_named: bool) -> None:
        h5py = extra("hdf5", "writing .h5")
        self._target, self._headers = stream, headers
        self._stream = stream if is_new_file(stream) else BytesIO()
        with damage_refused():
            self._file = _new_file(h5py, self._stream)
            _put_groups(self._file, headers)
            pairs = enumerate(headers)
            self._datasets = [_put_map(self._file, one, number) for number, one in pairs]
            for one, dataset in zip(headers, self._datasets, strict=True):
                _put_dimensions(self._file, dataset, one, all_named=all_named)

    def write(self, number: int, region: Region, values: Array) -> None:
        """Write a region of a map."""
        header = self._headers[number]
        order = [header.layout.index(letter) for letter in _layout_of(header)]
        where = tuple(region[axis] for axis in order)
        with damage_refused():
            self._datasets[number][where] = np.ascontiguousarray(values.transpose(order))

    def finish(self) -> None:
        """Write what else the file holds, and close it."""
        with damage_refused():
            for name, copied in self._headers[0].facts.get("others", {}).items():
                _put_copied(self._file, name, copied)
            self._file.close()
        if self._stream is not self._target:
            self._stream.seek(0)
            copyfileobj(self._stream, self._target)


def _new_file(h5py: Any, stream: BinaryIO) -> Any:
    """An empty file, whose bytes do not depend on the time at which it was made.

    `h5py.File` lets its root group keep that time.
    """
    made, access = (h5py.h5p.create(kind) for kind in (h5py.h5p.FILE_CREATE, h5py.h5p.FILE_ACCESS))
    in_order = h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
    made.set_link_creation_order(in_order)
    made.set_attr_creation_order(in_order)
    made.set_obj_track_times(False)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    access.set_fileobj_driver(h5py.h5fd.fileobj_driver, stream)
    return h5py.File(h5py.h5f.create(repr(stream).encode(), h5py.h5f.ACC_TRUNC, made, access))


def _put_groups(file: Any, headers: Sequence[Header]) -> None:
    """The attributes of the groups that the maps lie in: by their paths, or of the root."""
    for one in headers:
        for path, attributes in one.facts.get("file_attributes", {}).items():
            if isinstance(attributes, Mapping):
                put_attributes(file.require_group(path or "/"), attributes, {})
            else:
                file.attrs[path] = attributes


def _put_map(file: Any, one: Header, number: int) -> Any:
    stored, sizes = _stored(one), dict(zip(one.layout, one.shape, strict=True))
    shape = tuple(sizes[letter] for letter in _layout_of(one))
    name = one.name or (f"data_{number}" if number else "data")
    dataset = file.create_dataset(name, shape, np.dtype(one.dtype), **_options_of(one))
    attributes = dict(one.facts.get("attributes", {}))
    if nodata := one.facts.get("nodata"):
        attributes["_FillValue"] = nodata[0]
    put_attributes(dataset, attributes, stored.get("types", {}), dataset.dtype)
    return dataset


def _stored(one: Header) -> Mapping[str, Any]:
    stored: Mapping[str, Any] = one.facts.get("storage", {}).get("hdf5", {})
    return stored


def _options_of(one: Header) -> dict[str, Any]:
    """How a dataset is chunked and packed: as the one it comes from."""
    stored, layout = _stored(one), _layout_of(one)
    options = dict(stored.get("filters", {}))
    chunks = one.facts.get("chunks")
    if chunks and set(chunks) >= set(layout) and stored:
        sizes = dict(zip(one.layout, one.shape, strict=True))
        options["chunks"] = tuple(min(chunks[letter], sizes[letter]) for letter in layout)
    return options


def _layout_of(one: Header) -> str:
    """The letters of the axes as they are written: of an image with channels first."""
    return one.layout if one.picture is None else "".join(sorted(one.layout, key="NCDHWL".index))


def _put_dimensions(file: Any, dataset: Any, one: Header, *, all_named: bool) -> None:
    coordinates = one.facts.get("coordinates", {})
    for axis, (letter, name) in enumerate(_dimensions(one, all_named=all_named)):
        _attach(file, dataset, axis, name, coordinates.get(letter))


def _dimensions(one: Header, *, all_named: bool) -> Iterator[tuple[str, str]]:
    """The letter and the name of each dimension; no name where there is none."""
    coordinates = one.facts.get("coordinates", {})
    names = {letter: each.name for letter, each in coordinates.items()}
    names |= one.facts.get("dimensions", {})
    for letter in _layout_of(one):
        usual = TO_OME.get(letter, letter).lower() if all_named else ""
        yield letter, names.get(letter, usual)


def _attach(file: Any, dataset: Any, axis: int, name: str, coordinates: Any) -> None:
    """Give a dimension its scale: that of its name, made where there is none of its size."""
    if not name:
        return
    size = dataset.shape[axis]
    folder = dataset.name.rpartition("/")[0]
    for path in (f"/{name}", f"{folder}/{name}", f"{folder}/{name}_{size}"):
        if path not in file:
            _make_scale(file, path, size, coordinates)
        scale = file[path]
        if scale.shape == (size,) and scale.is_scale:
            dataset.dims[axis].attach_scale(scale)
            return


def _make_scale(file: Any, path: str, size: int, coordinates: Any) -> None:
    if coordinates is None or len(coordinates.values) != size:
        scale = file.create_dataset(path, shape=(size,), dtype=">f4")
        scale.make_scale(f"{_NO_VARIABLE}{size:10}")
        return
    scale = file.create_dataset(path, data=np.array(coordinates.values))
    put_attributes(scale, coordinates.attributes, {}, scale.dtype)
    scale.make_scale(path.rpartition("/")[2])


def _put_copied(file: Any, name: str, copied: Copied) -> None:
    if name in file:
        return
    shape = np.shape(copied.value)
    dataset = file.create_dataset(name, shape=shape, dtype=copied.dtype)
    if 0 not in shape:
        dataset[()] = copied.value
    put_attributes(dataset, copied.attributes, copied.types, None)
    for axis, dimension in enumerate(copied.dimensions):
        _attach(file, dataset, axis, dimension, None)


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a file cannot keep: the other data of another format."""
    others = header.facts.get("others", {})
    return () if all(isinstance(each, Copied) for each in others.values()) else ("others",)

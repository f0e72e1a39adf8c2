"""Maps become the images of a Zarr store with their levels, or arrays; any region at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.damage import refused
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.image_levels import images_of
from poolcli.io.server_errors import plain_errors
from poolcli.io.source import Region
from poolcli.io.zarr.creation import ArrayCreation, is_plain, is_root_array, zarr_format_of
from poolcli.io.zarr.ome import TO_OME, group_attributes, image_attributes
from poolcli.io.zarr.stored_array import StoredArray
from poolcli.io.zarr.xarray import DIMENSIONS, names_of
from poolcli.maps.array import Array
from poolcli.maps.facts import Coordinates
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.resources.extras import extra

_ORDER = "NCDHW"  # of OME's axes


class _Target(NamedTuple):
    """Where the values of a map go: an array, its axes in the order of `layout`."""

    array: Any
    header: Header
    layout: str
    expands: bool


def check(_: Format, headers: Sequence[Header], __: Mapping[str, Any]) -> None:
    """FileError for maps that are no image and were no array of a store."""
    for header in headers:
        if not is_plain(header) and not {"H", "W"} <= set(header.layout):
            raise FileError(
                f"a map of shape {shape_words(header.shape)} ({header.layout}) has no height and "
                "width, which an OME-Zarr needs: write .npy"
            )


def unheld(header: Header) -> tuple[str, ...]:
    """What an image of OME does not hold, or an array that is none."""
    if is_root_array(header):
        return "spacing", "origin", "channels", "ome", "coordinates", "file_attributes"
    if is_plain(header):
        return "spacing", "origin", "channels", "ome"
    return "dimensions", "coordinates", *([] if header.name else ["file_attributes"])


def open_sink(
    _: Format, folder: Path, headers: Sequence[Header], options: Mapping[str, Any]
) -> ZarrSink:
    """A store with an image for each map and its levels; arrays of a store stay arrays."""
    return ZarrSink(folder, headers, options)


def reopen_sink(
    _: Format, folder: Path, headers: Sequence[Header], options: Mapping[str, Any]
) -> ZarrSink:
    """The same store, whose arrays are there already."""
    return ZarrSink(folder, headers, options, is_new=False)


def chunk_shape(_: Format, header: Header, options: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of a chunk, or of a shard where chunks are packed in shards."""
    creation = ArrayCreation(zarr_format_of(header, options), options)
    shaped = header if is_plain(header) else _in_ome_order(header)[0]
    stored = creation.options(shaped, shaped.layout, np.dtype(header.dtype), ())
    shape = dict(zip(shaped.layout, stored.get("shards", stored["chunks"]), strict=True))
    sizes = zip(header.layout, header.shape, strict=True)
    return tuple(shape.get(letter, size) for letter, size in sizes)


class ZarrSink:
    """The arrays of a store that is being written."""

    def __init__(
        self,
        folder: Path,
        headers: Sequence[Header],
        options: Mapping[str, Any],
        *,
        is_new: bool = True,
    ) -> None:
        self._zarr = extra("zarr", "a .zarr")
        self._is_new = is_new
        self._folder = folder
        self._targets: list[_Target] = []
        self._alike: dict[int, bool] = {}  # whether chunks of an array are copied, by its number
        self._version = version = zarr_format_of(headers[0], options)
        self._creation = ArrayCreation(version, options)
        self._access = plain_errors if isinstance(folder, Address) else nullcontext
        store = _store(folder)
        with _refused(), self._access():
            if len(headers) == 1 and is_root_array(headers[0]):
                self._root: Any = None
                self._targets.append(self._root_array(store, headers[0]))
                return
            if is_new:
                self._root = self._zarr.create_group(store, zarr_format=version)
                self._write_groups(headers)
            else:
                self._root = self._zarr.open_group(store, mode="r+", zarr_format=version)
            for levels in images_of(headers):
                self._add(levels)

    def write(self, number: int, region: Region, values: Array) -> None:
        """Write a region of a map."""
        array, header, layout, expands = self._targets[number]
        part = FeatureMap(values, header.layout, header.picture)
        part = part.expanded() if expands else part
        slices = dict(zip(header.layout, region, strict=True))
        where = tuple(slices.get(letter, slice(None)) for letter in layout)
        data = part.data.transpose([part.layout.index(letter) for letter in layout])
        if _is_unstored(array, data):
            return
        with _refused(), self._access():
            array[where] = np.ascontiguousarray(data, array.dtype)

    def read(self, number: int, region: Region) -> Array:
        """A region of an array, as it was written."""
        array, header, layout, _ = self._targets[number]
        slices = dict(zip(header.layout, region, strict=True))
        with _refused(), self._access():
            data = np.asarray(array[tuple(slices[letter] for letter in layout)])
        return data.transpose([layout.index(letter) for letter in header.layout])

    def copy(self, number: int, region: Region, source: StoredArray) -> bool:
        """Copy a chunk of an array that is stored alike; False where it has to be written."""
        array, header, layout, _ = self._targets[number]
        if isinstance(self._folder, Address) or layout != header.layout:
            return False
        target = StoredArray(self._folder / array.path, array)
        if number not in self._alike:
            self._alike[number] = source.is_like(target)
        return self._alike[number] and source.copy(region, target)

    def finish(self) -> None:
        """Do nothing: every region has been written."""

    def _root_array(self, store: Any, header: Header) -> _Target:
        names = names_of(header)
        options = self._creation.options(header, header.layout, np.dtype(header.dtype), names)
        if self._is_new:
            array = self._zarr.create_array(store, zarr_format=self._version, **options)
        else:
            array = self._zarr.open_array(store, mode="r+")
        return _Target(array, header, header.layout, expands=False)

    def _write_groups(self, headers: Sequence[Header]) -> None:
        """The attributes of the groups that the maps lie in: by their paths, or of the root."""
        for header in headers:
            for path, attributes in header.facts.get("file_attributes", {}).items():
                if not isinstance(attributes, Mapping):
                    self._root.attrs[path] = attributes
                elif header.name or is_plain(header):
                    group = self._root.require_group(path) if path else self._root
                    version = "0.5" if self._version == 3 else "0.4"
                    group.attrs.update(group_attributes(attributes, version))

    def _add(self, levels: Sequence[Header]) -> None:
        """An array, or an image with its levels."""
        first = levels[0]
        if len(levels) == 1 and is_plain(first):
            self._add_plain(first)
            return
        group = self._root.require_group(first.name) if first.name else self._root
        expanded = len({level.layout for level in levels}) > 1
        forms = [level.form.expanded() if expanded else level.form for level in levels]
        dtype = np.result_type(*(form.dtype for form in forms))
        for number, (level, form) in enumerate(zip(levels, forms, strict=True)):
            shaped, layout = _in_ome_order(level._replace(layout=form.layout, shape=form.shape))
            names = tuple(TO_OME[letter] for letter in layout)
            options = self._creation.options(shaped, layout, dtype, names, is_image=True)
            array = self._array(group, str(number), options)
            self._targets.append(_Target(array, level, layout, expands=expanded))
        last = self._targets[-1].layout
        metadata = image_attributes(levels, last, "0.5" if self._version == 3 else "0.4")
        if self._is_new:
            group.attrs.update(metadata)

    def _array(self, group: Any, name: str, options: Mapping[str, Any]) -> Any:
        return group.create_array(name, **options) if self._is_new else group[name]

    def _add_plain(self, header: Header) -> None:
        names, dtype = names_of(header), np.dtype(header.dtype)
        stored = self._creation.options(header, header.layout, dtype, names)
        array = self._array(self._root, header.name or "data", stored)
        self._targets.append(_Target(array, header, header.layout, expands=False))
        if not self._is_new:
            return
        where = header.name.rpartition("/")[0]
        group = self._root[where] if where else self._root
        for each in header.facts.get("coordinates", {}).values():
            if each.name not in group:
                _write_coordinates(group, each, self._version)


def _is_unstored(array: Any, values: Array) -> bool:
    """Whether all values are the fill value, as far as that is known without looking at each."""
    fill = array.metadata.fill_value
    if any(values.strides) or fill is None or array.config.write_empty_chunks:
        return False
    return bool(values.flat[:1].tobytes() == np.array(fill, values.dtype).tobytes())


def _store(folder: Path) -> Any:
    """What zarr writes to: at an address, a store whose root is named at the end."""
    if not isinstance(folder, Address):
        return str(folder)
    from poolcli.io.zarr.withheld import withheld

    return withheld(folder.zarr_store(read_only=False))


def _in_ome_order(header: Header) -> tuple[Header, str]:
    """A header with its axes in the order of OME, and their letters."""
    layout = "".join(letter for letter in _ORDER if letter in header.layout)
    sizes = dict(zip(header.layout, header.shape, strict=True))
    return header._replace(shape=tuple(sizes[each] for each in layout), layout=layout), layout


def _write_coordinates(group: Any, each: Coordinates, version: int) -> None:
    values = np.asarray(each.values)
    options: dict[str, Any] = {"dimension_names": [each.name]} if version == 3 else {}
    attributes = dict(each.attributes)
    if version == 2:
        attributes[DIMENSIONS], options["fill_value"] = [each.name], None
    array = group.create_array(
        each.name, shape=values.shape, dtype=values.dtype, attributes=attributes, **options
    )
    array[...] = values


def _refused() -> AbstractContextManager[None]:
    """Turn whatever zarr raises in this block into a FileError."""
    return refused("zarr cannot write it ({}): write .npy")

"""The arrays and images of a Zarr store become maps, of which any region can be read."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.damage import refused
from poolcli.io.server_errors import plain_errors
from poolcli.io.source import Region
from poolcli.io.zarr.claims import check_array, check_metadata
from poolcli.io.zarr.found import Found, found_in, header_of, paths_of, with_labels
from poolcli.io.zarr.further_data import further_data
from poolcli.io.zarr.stored_array import StoredArray
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import extra
from poolcli.resources.memory import empty

# Warning filters belong to the process: zarr warns of other files in a store, which is its matter.
warnings.filterwarnings("ignore", category=UserWarning, module="zarr")


def open_source(path: Path, layout: str | None) -> ZarrSource:
    """The array, the finest level of an OME-Zarr image, or all of a group that is neither."""
    return ZarrSource(path, layout)


class ZarrSource:
    """The arrays and images of a store."""

    format = "zarr"

    def __init__(self, path: Path, layout: str | None) -> None:
        zarr = extra("zarr", "a .zarr")
        self._access = plain_errors if isinstance(path, Address) else nullcontext
        self._path = path
        check_metadata(path)
        with damage_refused(), self._access():
            root = zarr.open(store=_store(path), mode="r")
            found = list(found_in(root, layout))
            if not found:
                raise FileError("a Zarr group that holds no arrays: name another one")
            for each in found:
                check_array(path, each.array)
            if names := tuple(further_data(path, root, paths_of(found))):
                found[0].facts["further_data"] = names
        self._root = root
        self._take(found)

    def _take(self, found: Sequence[Found]) -> None:
        self._found = found
        self._arrays = [each.array for each in found]
        with damage_refused(), self._access():
            self.headers = tuple(map(header_of, found))

    def with_labels(self) -> ZarrSource:
        """The same with label images as maps of their own, each behind the image it is of."""
        other = copy(self)
        with damage_refused(), self._access():
            found = [each for one in self._found for each in with_labels(self._root, one)]
            for each in found:
                check_array(self._path, each.array)
        other._take(found)
        return other

    def stored(self, number: int) -> StoredArray | None:
        """The files of an array; None where it is not in a folder of this machine."""
        if isinstance(self._path, Address):
            return None
        array = self._arrays[number]
        return StoredArray(self._path / array.path, array)

    def is_empty(self, number: int, region: Region) -> bool:
        """Whether nothing is stored of a region: all of it has the fill value."""
        stored = self.stored(number)
        return stored is not None and stored.is_absent(region)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """An array, or a region of it."""
        header, array = self.headers[number], self._arrays[number]
        with damage_refused(), self._access():
            data = _whole(array) if region is None else np.asarray(array[region])
        native = data.astype(data.dtype.newbyteorder("="), copy=False)
        native = native.view(native.dtype.newbyteorder("="))  # zarr names the order it has anyway
        return FeatureMap(native, header.layout, header.picture, header.name, header.facts)


def _store(path: Path) -> Any:
    return path.zarr_store() if isinstance(path, Address) else str(path)


def damage_refused() -> AbstractContextManager[None]:
    """Turn whatever zarr raises in this block into a FileError."""
    return refused("the Zarr store is damaged ({}): save it again")


def _whole(array: Any) -> Any:
    """All values of an array, read a row of chunks at a time."""
    data = empty(array.shape, array.dtype.newbyteorder("="))
    rows = (array.shards or array.chunks)[0] if array.shape else 1
    for start in range(0, array.shape[0], rows):
        data[start : start + rows] = array[start : start + rows]
    return data

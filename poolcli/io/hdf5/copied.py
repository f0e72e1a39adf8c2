"""Datasets that are not pooled, and written again as they are."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from poolcli.io.hdf5.attributes import plain_attributes, types_of
from poolcli.io.hdf5.dimensions import dimension_names


class Copied(NamedTuple):
    """A dataset that is not pooled."""

    value: Any
    dtype: Any
    attributes: dict[str, Any]
    types: dict[str, str]
    dimensions: tuple[str, ...]


def copied_of(dataset: Any) -> Copied:
    """A dataset as it is."""
    value = None
    with suppress(TypeError):
        value = dataset[()]
    attributes = plain_attributes(dataset.attrs), types_of(dataset.attrs)
    return Copied(value, dataset.dtype, *attributes, dimension_names(dataset))


def refers(copied: Copied, h5py: Any) -> bool:
    """Whether the values refer to places in the file, or are rows of different lengths."""
    kinds = (h5py.check_ref_dtype, h5py.check_vlen_dtype)
    return any(kind(copied.dtype) not in (None, str, bytes) for kind in kinds)

"""What an HDF5 file holds that is neither pooled nor copied, by its paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from poolcli.io.hdf5.attributes import unread_attributes
from poolcli.io.hdf5.dimensions import is_scale, scales_in_use


def further_data(
    file: Any, maps: Mapping[str, Any], others: Mapping[str, Any], h5py: Any
) -> Iterator[str]:
    """The names of parts that are not read.

    `maps` are the datasets that are pooled, `others` those that are copied, by their paths.
    """
    if file.userblock_size:
        yield "user block"
    found: dict[str, Any] = {}
    file.visititems(lambda name, item: found.update({name: item}))
    used = {scale for one in maps.values() for scale in scales_in_use(one)}
    for name, item in found.items():
        if isinstance(item, h5py.Group):
            if not any(path.startswith(f"{name}/") for path in maps) and _is_lost(item, others):
                yield name
        elif not isinstance(item, h5py.Dataset) or _is_lost_scale(item, used):
            yield name
        yield from (f"{each} of {name}" for each in unread_attributes(item.attrs))
    yield from unread_attributes(file.attrs)
    yield from _links(file, found)


def _is_lost(group: Any, others: Mapping[str, Any]) -> bool:
    """Whether a group without maps is not made again, or loses its attributes."""
    name = group.name.lstrip("/")
    return bool(len(group.attrs)) or not any(path.startswith(f"{name}/") for path in others)


def _is_lost_scale(dataset: Any, used: set[str]) -> bool:
    """Whether a dataset is a scale with values that no map has as its coordinates."""
    return is_scale(dataset) and dataset.name not in used


def _links(file: Any, found: Mapping[str, Any]) -> Iterator[str]:
    """The names of objects under further paths, and links to other places or files."""
    groups = {"": file, **{name: each for name, each in found.items() if hasattr(each, "keys")}}
    for path, group in groups.items():
        names = (f"{path}/{name}".lstrip("/") for name in group)
        yield from (f"link {name}" for name in names if name not in found)

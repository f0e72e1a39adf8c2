"""What is in a Zarr store: arrays, images with their labels, and the groups that they lie in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.io.mode import NATURAL, STACK
from poolcli.io.zarr.ome import (
    holds_series,
    image_facts,
    image_layout,
    layout_of,
    multiscale_of,
)
from poolcli.io.zarr.xarray import (
    array_facts,
    coordinate_names,
    dimensions_of,
    layout_of_dimensions,
)
from poolcli.maps.layout import shape_words
from poolcli.maps.picture import Picture


class Found(NamedTuple):
    """An array of a store, its path in the store, and its facts.

    `levels` are the paths of an image's levels in its group.
    """

    name: str
    array: Any
    layout: str
    facts: dict[str, Any]
    levels: tuple[str, ...] = ()


def found_in(root: Any, layout: str | None) -> Iterator[Found]:
    if not _is_group(root):
        yield _plain("", root, layout, {})
    elif multiscale_of(root.attrs) is not None:
        yield _image("", root, layout)
    else:
        yield from _below(root, "", layout, _groups_of(root))


def _groups_of(root: Any) -> dict[str, Any]:
    """The attributes of the root, and those of bioformats2raw's list of its images."""
    groups = {"": dict(root.attrs)}
    if "OME" in root.group_keys() and holds_series(root.attrs):
        groups["OME"] = dict(root["OME"].attrs)
    return groups


def with_labels(root: Any, image: Found) -> Iterator[Found]:
    """An image, and its label images, each with the attributes of the group that lists them."""
    names = image.facts.get("labels", ())
    if not names:
        yield image
        return
    path = f"{image.name}/labels".lstrip("/")
    group = root[path]
    labels = {name: group[name] for name in names}
    found = {name: each for name, each in labels.items() if multiscale_of(each.attrs)}
    left = tuple(name for name in names if name not in found)
    facts = {name: value for name, value in image.facts.items() if name != "labels"}
    yield image._replace(facts={**facts, **({"labels": left} if left else {})})
    for name, each in found.items():
        label = _image(f"{path}/{name}", each, None)
        label.facts["storage"]["zarr"]["is_label"] = True
        yield _with_groups(label, {path: dict(group.attrs)})


def _below(
    group: Any, prefix: str, layout: str | None, groups: Mapping[str, Any]
) -> Iterator[Found]:
    """The arrays and images of a group, and those of the groups in it."""
    arrays = {name: group[name] for name in sorted(group.array_keys())}
    coordinates = coordinate_names(arrays)
    for name, array in arrays.items():
        if name not in coordinates:
            found = _plain(prefix + name, array, layout, arrays)
            yield _with_groups(found, groups)
    for name in sorted(group.group_keys()):
        child = group[name]
        if multiscale_of(child.attrs) is not None:
            yield _with_groups(_image(prefix + name, child, layout), groups)
        else:
            inside = {**groups, prefix + name: dict(child.attrs)}
            yield from _below(child, f"{prefix}{name}/", layout, inside)


def paths_of(found: Sequence[Found]) -> set[str]:
    """The paths of what becomes maps or their facts: arrays, coordinates, levels, labels."""
    paths: set[str] = set()
    for one in found:
        folder = one.name.rpartition("/")[0]
        named = [each.name for each in one.facts.get("coordinates", {}).values()]
        paths |= {one.name, *(f"{folder}/{name}".lstrip("/") for name in named)}
        inside = [*one.levels, *(["labels"] if "labels" in one.facts else [])]
        paths |= {f"{one.name}/{name}".lstrip("/") for name in inside}
        paths |= {f"{path}/" for path in one.facts.get("file_attributes", {}) if path}
    return paths


def _is_group(node: Any) -> bool:
    return hasattr(node, "array_keys")


def _with_groups(found: Found, groups: Mapping[str, Any]) -> Found:
    """The array with the attributes of the groups that it lies in, by their paths."""
    kept = {path: attributes for path, attributes in groups.items() if attributes}
    facts = {**found.facts, **({"file_attributes": kept} if kept else {})}
    return found._replace(facts=facts)


def _plain(name: str, array: Any, layout: str | None, siblings: Mapping[str, Any]) -> Found:
    names, ndim = dimensions_of(array), len(array.shape)
    if not siblings and not name and set(names) <= set("tczyx") and names:
        letters = layout_of(names, ndim, layout)
    else:
        letters = layout_of_dimensions(names, ndim, layout)
    facts = array_facts(array, letters, siblings)
    return Found(name, array, letters, {**facts, "storage": _storage(array, is_image=False)})


def _image(name: str, group: Any, layout: str | None) -> Found:
    """The finest level of an image; of what lies beside it, labels are told."""
    multiscale = multiscale_of(group.attrs) or {}
    array = group[multiscale["datasets"][0]["path"]]
    letters = image_layout(multiscale, array.ndim, layout)
    facts = {**array_facts(array, letters, {}), **image_facts(group.attrs, letters)}
    facts.pop("dimensions", None)
    if "labels" in group.group_keys():
        facts["labels"] = tuple(sorted(group["labels"].group_keys())) or None
    facts = {name: value for name, value in facts.items() if value is not None}
    facts["storage"] = _storage(array, is_image=True)
    levels = tuple(each["path"] for each in multiscale["datasets"])
    return Found(name, array, letters, facts, levels)


def _storage(array: Any, *, is_image: bool) -> dict[str, Any]:
    """How the array is stored, for an array that is stored alike."""
    return {
        "zarr": {
            "is_image": is_image,
            "zarr_format": array.metadata.zarr_format,
            "dtype": array.dtype.newbyteorder("=").name,
            "compressors": array.compressors,
            "filters": array.filters,
            "fill_value": array.fill_value,
            "shards": tuple(array.shards or ()),
        }
    }


def header_of(found: Found) -> Header:
    array, layout = found.array, found.layout
    name = f"{found.name}: " if found.name else ""
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise FileError(f"{name}it holds {array.dtype}: save real numbers of up to 64 bits")
    if 0 in array.shape:
        raise FileError(f"{name}an array of shape {shape_words(array.shape)} has no values")
    dtype = array.dtype.newbyteorder("=").name
    mode = NATURAL.get((dtype, 0), STACK) if layout == "HW" else STACK
    chunks = tuple(array.shards or array.chunks)
    facts = {**found.facts, "chunks": dict(zip(layout, array.chunks, strict=True))}
    return Header(found.name, array.shape, dtype, layout, Picture(mode), facts, chunks=chunks)

"""What is created for a map: an image or an array, with its chunks and how they are packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from poolcli.io.header import Header
from poolcli.io.zarr.xarray import DIMENSIONS, attributes_of

_CHUNK = 1024  # pixels on each side of a chunk, one plane deep


def _stored_as(header: Header) -> Mapping[str, Any]:
    stored: Mapping[str, Any] = header.facts.get("storage", {}).get("zarr", {})
    return stored


def is_plain(header: Header) -> bool:
    """Whether the map was an array of a store and no image, or has axes as xarray names them."""
    if stored := _stored_as(header):
        return not stored["is_image"]
    return bool(header.facts.keys() & {"dimensions", "coordinates"})


def is_root_array(header: Header) -> bool:
    """Whether the store is an array, and no group."""
    return bool(_stored_as(header)) and is_plain(header) and not header.name


def zarr_format_of(header: Header, options: Mapping[str, Any]) -> int:
    """The version of Zarr: as asked for, or as in the store the map came from, or 2."""
    if "version" in options:
        return 3 if options["version"] == "0.5" else 2
    return int(_stored_as(header).get("zarr_format", 2))


class ArrayCreation(NamedTuple):
    """How arrays are created: stored as the ones they come from, where that is possible.

    `chunk` is the side of a chunk that is asked for.
    """

    zarr_format: int
    chunk: int | None

    def options(
        self,
        header: Header,
        layout: str,
        dtype: np.dtype[Any],
        names: Sequence[str],
        *,
        is_image: bool = False,
    ) -> dict[str, Any]:
        """What zarr takes to create an array for a map, whose axes are named `names`."""
        chunks = _chunk_shape(header, layout, self.chunk)
        options: dict[str, Any] = {"shape": header.shape, "chunks": chunks, "dtype": dtype}
        attributes = attributes_of(header)
        if self.zarr_format == 3 and names:
            options["dimension_names"] = list(names)
        elif names and not is_image:
            attributes[DIMENSIONS] = list(names)
        if attributes:
            options["attributes"] = attributes
        if self.zarr_format == 2 and not is_image:
            options["fill_value"] = None  # xarray takes a value that equals it for missing
        if self.zarr_format == 2 and is_image:
            options["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
        return {**options, **_kept_storage(header, self.zarr_format, dtype, chunks)}


def _chunk_shape(header: Header, layout: str, chunk: int | None) -> tuple[int, ...]:
    """The shape of a chunk: as asked for, as in the file it came from, or squares of one plane."""
    kept = {} if chunk else header.facts.get("chunks", {})
    usual = {letter: (chunk or _CHUNK) if letter in "HWL" else 1 for letter in layout}
    return tuple(
        max(1, min(kept.get(letter, usual[letter]), size))
        for letter, size in zip(layout, header.shape, strict=True)
    )


def _kept_storage(
    header: Header, version: int, dtype: np.dtype[Any], chunks: Sequence[int]
) -> dict[str, Any]:
    stored = _stored_as(header)
    if stored.get("zarr_format") != version:
        return {}
    kept = {"compressors": stored["compressors"]}
    if stored["dtype"] == dtype.name:
        kept |= {name: stored[name] for name in ("filters", "fill_value")}
    shards = stored["shards"]
    if shards and len(shards) == len(chunks):
        pairs = zip(shards, chunks, header.shape, strict=True)
        kept["shards"] = tuple(
            chunk * max(1, min(shard // chunk, -(-size // chunk))) for shard, chunk, size in pairs
        )
    return kept

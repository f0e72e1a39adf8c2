"""What is created for a map: an image or an array, with its chunks and how they are packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from poolcli.errors import RequestError
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

    `asked` are the options of `--save`, which come first.
    """

    zarr_format: int
    asked: Mapping[str, Any]

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
        chunks = _chunk_shape(header, layout, self.asked)
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
        kept = _kept_storage(header, self.zarr_format, dtype, chunks)
        return {**options, **kept, **self._asked_storage(header, chunks)}

    def _asked_storage(self, header: Header, chunks: Sequence[int]) -> dict[str, Any]:
        """Shards and compressors that are asked for; RequestError where they do not fit."""
        found: dict[str, Any] = {}
        if "shards" in self.asked:
            found["shards"] = self._shards(header, chunks)
        if "compressor" in self.asked:
            name, level = self.asked["compressor"], self.asked.get("level")
            found["compressors"] = _compressor(name, level, self.zarr_format)
        elif "level" in self.asked:
            raise RequestError("zarr option level is that of a compressor: give compressor=zstd")
        return found

    def _shards(self, header: Header, chunks: Sequence[int]) -> tuple[int, ...]:
        if self.zarr_format != 3:
            raise RequestError("zarr option shards needs version 3 of Zarr: give version=0.5")
        asked = self.asked["shards"]
        sizes = (*chunks[: max(0, len(chunks) - len(asked))], *asked)
        _check_sizes("shards", asked, len(chunks))
        facts = list(zip(sizes, chunks, header.shape, strict=True))
        if any(size % chunk for size, chunk, _ in facts):
            raise RequestError(
                f"zarr option shards={'x'.join(map(str, sizes))} holds no whole number of chunks "
                f"of {'x'.join(map(str, chunks))}: give a multiple of them"
            )
        return tuple(
            chunk * max(1, min(size // chunk, -(-length // chunk))) for size, chunk, length in facts
        )


def _check_sizes(name: str, asked: tuple[int, ...], axes: int) -> None:
    if len(asked) > axes:
        raise RequestError(f"zarr option {name} has {len(asked)} sizes, and the array {axes} axes")


def _compressor(name: str, level: int | None, version: int) -> Any:
    """The codec of a name, for this version of Zarr; None for none."""
    if name == "none":
        return None
    codecs: Any = import_module("zarr.codecs" if version == 3 else "numcodecs")
    most = 22 if name == "zstd" else 9
    if level is not None and level > most:
        raise RequestError(f"zarr option level of {name} is a whole number from 0 to {most}")
    strength = (5 if name in ("blosc", "lz4") else 3) if level is None else level
    if name in ("blosc", "lz4"):
        codec = codecs.BloscCodec if version == 3 else codecs.Blosc
        return codec(cname="zstd" if name == "blosc" else name, clevel=strength)
    if name == "gzip":
        return (codecs.GzipCodec if version == 3 else codecs.GZip)(level=strength)
    return (codecs.ZstdCodec if version == 3 else codecs.Zstd)(level=strength)


def _chunk_shape(header: Header, layout: str, asked: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of a chunk: as asked for, as in the file it came from, or squares of one plane."""
    if "chunks" in asked:
        last = asked["chunks"]
        _check_sizes("chunks", last, len(layout))
        sizes = (*(1,) * (len(layout) - len(last)), *last)
        return tuple(min(size, length) for size, length in zip(sizes, header.shape, strict=True))
    chunk = asked.get("chunk")
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

"""Chunks that are copied from one array to another as they are stored, where both are alike."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from shutil import copyfile
from typing import Any, NamedTuple

from poolcli.io.source import Region

# What says nothing of the bytes of a chunk.
_NAMES = ("attributes", "dimension_names", "chunk_key_encoding", "dimension_separator")


class StoredArray(NamedTuple):
    """An array in a folder: its metadata, and the files of its chunks."""

    folder: Path
    array: Any

    def is_like(self, other: StoredArray) -> bool:
        """Whether equal chunks of both are stored as the same bytes, at the same places."""
        return _storage(self.array) == _storage(other.array)

    def is_absent(self, region: Region) -> bool:
        """Whether no chunk of a region is stored, so that all of it has the fill value."""
        if self.array.metadata.fill_value is None:
            return False
        chunk = self.array.shards or self.array.chunks
        ranges = [
            range(span.start // size, -(-span.stop // size))
            for span, size in zip(region, chunk, strict=True)
        ]
        names = map(self.array.metadata.encode_chunk_key, product(*ranges))
        return not any((self.folder / name).exists() for name in names)

    def copy(self, region: Region, target: StoredArray) -> bool:
        """Copy a whole chunk, if the region is one. One that is not stored has the fill value."""
        name = self._name(region)
        if name is None:
            return False
        source, copied = self.folder / name, target.folder / str(target._name(region))
        if source.exists():
            copied.parent.mkdir(parents=True, exist_ok=True)
            partial = copied.with_name(f"{copied.name}.partial")
            copyfile(source, partial)
            partial.replace(copied)
        return True

    def _name(self, region: Region) -> str | None:
        """The file of a chunk; None for a region that is not one."""
        shape = self.array.shape
        chunk = self.array.shards or self.array.chunks
        sizes = list(zip(region, chunk, shape, strict=True))
        if any(
            span.start % size or span.stop != min(span.start + size, length)
            for span, size, length in sizes
        ):
            return None
        name: str = self.array.metadata.encode_chunk_key(
            tuple(span.start // size for span, size, _ in sizes)
        )
        return name


def _storage(array: Any) -> Mapping[str, Any]:
    stored = array.metadata.to_dict()
    return {name: value for name, value in stored.items() if name not in _NAMES}

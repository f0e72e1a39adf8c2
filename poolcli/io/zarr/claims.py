"""What the metadata of a store claims, held against the files in it before anything is built."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.damage import BOMB_RATIO
from poolcli.maps.layout import shape_words
from poolcli.resources import limits
from poolcli.resources.memory import size_words

_NAMES = ("zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata")
_LONGEST = 1 << 26  # bytes of metadata; those of a plate of thousands of fields take a few millions
# Chunks that are not stored stand for the fill value, so that a store may hold very little of its
# arrays: labels of a volume, for example. One that claims 10^9 times its own size holds none.
_SPARSE = 10**9


def check_metadata(path: Path) -> None:
    """FileError for metadata that are too long to be read."""
    sizes = [each.stat().st_size for name in _NAMES if (each := path / name).is_file()]
    if sizes and max(sizes) > _LONGEST:
        raise FileError(f"its metadata take {size_words(max(sizes))}: it is damaged; save it again")


def check_array(path: Path, array: Any) -> None:
    """FileError for an array, or a chunk, of far more bytes than the store can stand for."""
    size = array.dtype.itemsize
    chunk = size * prod(array.shards or array.chunks)
    allowed = limits.current().memory.limit or limits.LARGE
    if chunk > allowed and not _holds(path, chunk // BOMB_RATIO):
        raise FileError(
            f"its metadata claim chunks of {_words(array.shards or array.chunks)} values, and the "
            "store holds far less: it is damaged; save it again"
        )
    whole = size * prod(array.shape)
    if whole > allowed and not _holds(path, whole // _SPARSE):
        raise FileError(
            f"its metadata claim {_words(array.shape)} values, and the store holds next to "
            "nothing: it is damaged; save it again"
        )


def _words(shape: tuple[int, ...]) -> str:
    return shape_words(tuple(min(size, 10**18) for size in shape))


def _holds(path: Path, nbytes: int) -> bool:
    """Whether the files of a store have so many bytes; no more are looked at than it takes.

    What lies below an address is not listed: it may be millions of names, or no server tells them.
    """
    if isinstance(path, Address):
        return True
    total = 0
    for size in _sizes(path):
        total += size
        if total >= nbytes:
            return True
    return total >= nbytes


def _sizes(path: Path) -> Iterator[int]:
    for folder, _, names in os.walk(path):
        for name in names:
            yield os.lstat(f"{folder}/{name}").st_size

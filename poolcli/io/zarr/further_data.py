"""What a Zarr store holds that is not pooled: further arrays, groups and files, by their paths."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from poolcli.io.address import Address

_METADATA = (".zgroup", ".zattrs", ".zmetadata", "zarr.json")


def further_data(path: Path, root: Any, read: Collection[str]) -> Iterator[str]:
    """The names of parts that are not read; `read` are the paths of arrays that are.

    What lies in the folder of an array is not looked at: it may be millions of chunks.
    """
    if hasattr(root, "array_keys"):
        yield from _below(path, root, "", read)


def _below(path: Path, group: Any, prefix: str, read: Collection[str]) -> Iterator[str]:
    arrays, groups = set(group.array_keys()), set(group.group_keys())
    yield from (prefix + name for name in sorted(arrays) if prefix + name not in read)
    for name in sorted(groups):
        if any(each.startswith(f"{prefix}{name}/") for each in read):
            yield from _below(path, group[name], f"{prefix}{name}/", read)
        elif prefix + name not in read:
            yield prefix + name
    known = {*arrays, *groups, *_METADATA}
    yield from (f"file {prefix}{one.name}" for one in _files(path / prefix, known))


def _files(folder: Path, known: Collection[str]) -> list[Path]:
    if isinstance(folder, Address):  # no server is asked for names that may be millions
        return []
    return sorted(each for each in folder.iterdir() if each.name not in known)

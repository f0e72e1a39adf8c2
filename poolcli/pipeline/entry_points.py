"""Reducers of installed packages: entry points in the group `poolcli.reducers`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from poolcli.pipeline.table import OPS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "poolcli.reducers"


@cache
def entry_points() -> dict[str, list[EntryPoint]]:
    """Return the entry points of each name that is not poolcli's own."""
    if not _group_is_named():
        return {}
    from importlib import metadata

    found: dict[str, list[EntryPoint]] = {}
    for point in metadata.entry_points(group=GROUP):
        same = found.setdefault(point.name, [])
        if all(point.value != other.value for other in same):
            same.append(point)
    for name in found.keys() & OPS.keys():
        del found[name]
    return found


def _group_is_named() -> bool:
    """Whether a file of entry points names the group: faster to tell than to load their library.

    What is no folder, such as an archive, may have one.
    """
    for folder in map(os.fsencode, sys.path):
        try:
            names = os.listdir(folder or b".")  # noqa: PTH208 - pathlib would slow the start
        except NotADirectoryError:
            return True
        except OSError:
            continue
        for name in names:
            if name.endswith((b".dist-info", b".egg-info")) and _names_group(folder, name):
                return True
    return False


def _names_group(*parts: bytes) -> bool:
    with suppress(OSError), open(os.path.join(*parts, b"entry_points.txt"), "rb") as file:  # noqa: PTH118, PTH123 - pathlib would slow the start
        return GROUP.encode() in file.read()
    return False


def package_of(point: EntryPoint) -> str:
    """Return the name of the package that an entry point is of."""
    return point.dist.name if point.dist else point.module

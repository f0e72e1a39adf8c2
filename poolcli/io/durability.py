"""What is written reaches the disk before it gets its name, and names before they are relied on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_FEW = 64  # files of a folder that are put on the disk one by one: of more, all of the system is


def sync_file(path: Path) -> None:
    """Put the bytes of a file on the disk. Raises OSError if they cannot be."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where the system can: a rename is kept there."""
    with suppress(OSError):  # Windows and some network disks open no folders
        sync_file(folder)


def sync_tree(folder: Path) -> None:
    """Put all that is in a folder on the disk. Raises OSError if some of it cannot be.

    What is written meanwhile may be left out.
    """
    files = _files(folder)
    some = [path for path, _ in zip(files, range(_FEW + 1), strict=False)]
    if len(some) > _FEW and hasattr(os, "sync"):
        os.sync()
        return
    for path in (*some, *files):
        with suppress(FileNotFoundError):  # a chunk that got its name meanwhile
            sync_file(path)
    for inner, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(inner))


def _files(folder: Path) -> Iterator[Path]:
    for inner, _, names in os.walk(folder):
        yield from (Path(inner, name) for name in names)

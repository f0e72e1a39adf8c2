"""Folders that are read as one file."""

from __future__ import annotations

from pathlib import Path

ZARR_METADATA = ("zarr.json", ".zgroup", ".zarray")
UNFINISHED = ".poolcli-part"  # in a store that is being written; at an address, always


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr array or group."""
    return any((path / name).is_file() for name in ZARR_METADATA)

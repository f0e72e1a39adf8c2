"""The arrays of a file by their names: what an option that names a file takes."""

from __future__ import annotations

from pathlib import Path

from poolcli import io
from poolcli.maps.array import Array


def load_arrays(path: str) -> dict[str, Array]:
    """Return the arrays of a file by their names, their axes as batch, channels, space.

    Raises FileError, without the path, where the file cannot be read.
    """
    file, member = io.split_member(Path(path))
    return {fmap.name: fmap.planes() for fmap in io.read(file, None, member)}

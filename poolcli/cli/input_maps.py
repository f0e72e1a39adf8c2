"""Read the maps of an input file, with the file's name in every error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from poolcli.errors import PoolError

if TYPE_CHECKING:
    from poolcli.io import Peek
    from poolcli.maps.feature_map import FeatureMap


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the name of a file before the message of any PoolError."""
    try:
        yield
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


def maps_of(path: Path, layout: str | None) -> tuple[FeatureMap, ...]:
    """Every map of a file."""
    from poolcli import io
    from poolcli.run.stdin import open_source

    file, member = io.split_member(path)
    return io.read(open_source(file), layout, member)


def header_of(path: Path, layout: str | None) -> Peek:
    """The headers of a file's maps, without their pixels."""
    from poolcli import io
    from poolcli.run.stdin import open_source

    file, member = io.split_member(path)
    io.allow_pixels(sys.maxsize)  # no pixel is decoded
    with naming(path):
        return io.peek(open_source(file), layout, member)

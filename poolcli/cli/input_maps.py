"""Read the maps of an input file, with the file's name in every error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from poolcli.errors import FileError, PoolError

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
    from poolcli.resources.limits import current
    from poolcli.run.stdin import open_source

    file, member = io.split_member(path)
    readable = open_source(file)
    if (limit := current().memory.limit) is not None:
        _check_size(io.peek(readable, layout, member), limit)
    return io.read(readable, layout, member)


def _check_size(peek: Peek, limit: int) -> None:
    """FileError where the maps of a file alone take more than the limit."""
    from poolcli.resources.memory import size_words
    from poolcli.run.budget import rounded_up

    needed = sum(each.form.nbytes for each in peek.maps)
    if needed > limit:
        raise FileError(
            f"its maps take {size_words(needed)}, more than the {size_words(limit)} of "
            f"--max-memory: give {rounded_up(needed)} or more"
        )


def header_of(path: Path, layout: str | None) -> Peek:
    """The headers of a file's maps, without their pixels."""
    from poolcli import io
    from poolcli.run.stdin import open_source

    file, member = io.split_member(path)
    io.allow_pixels(sys.maxsize)  # no pixel is decoded
    with naming(path):
        return io.peek(open_source(file), layout, member)

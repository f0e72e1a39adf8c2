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
    from poolcli.run.expand import InputFile


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the name of a file before the message of any PoolError."""
    try:
        yield
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


def there(found: InputFile) -> Path:
    """The path of an input, with the array's name if one is named; FileError if it is not there."""
    if found.fault:
        raise FileError(found.fault)
    return found.name


def maps_of(path: Path, layout: str | None) -> tuple[FeatureMap, ...]:
    """Every map of a file."""
    from poolcli import io
    from poolcli.resources.limits import current
    from poolcli.run.stdin import open_source

    file, member = _parts_of(path)
    readable = open_source(file)
    if (limit := current().memory.limit) is not None:
        _check_size(io.peek(readable, layout, member), limit)
    return io.read(readable, layout, member)


def _parts_of(path: Path) -> tuple[Path, str]:
    """The file and the array that a path names; FileError if the file is not there."""
    from poolcli.io import Address, split_member
    from poolcli.run.expand import fault_of

    file, member = split_member(path)
    if not isinstance(file, Address) and (fault := fault_of(file)):
        raise FileError(fault)
    return file, member


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

    io.allow_pixels(sys.maxsize)  # no pixel is decoded
    with naming(path):
        file, member = _parts_of(path)
        return io.peek(open_source(file), layout, member)

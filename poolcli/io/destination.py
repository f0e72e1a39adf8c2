"""Where outputs are written, on a disk or at an address: whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from poolcli.io.address import Address
from poolcli.io.atomic_write import atomic, atomic_folder, make_folder, remove_folder
from poolcli.io.durability import sync_file, sync_tree
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.store_folder import UNFINISHED
from poolcli.io.unfinished import is_unfinished, unfinished
from poolcli.io.unfinished_store import is_unfinished_store, unfinished_store
from poolcli.io.upload import uploaded
from poolcli.resources.memory import Part


class Claim(NamedTuple):
    """Who writes an output: a token that names the run, and a later one of the same command.

    With `goes_on` an earlier run left a part of the output. Where a run fails, what it has written
    stays for the next one with `keeps`; otherwise it is removed.
    """

    token: str
    goes_on: bool = False
    keeps: bool = True


def new_output(
    path: Path, *, is_folder: bool, overwrite: bool, part: Part | None = None
) -> AbstractContextManager[Any]:
    """A stream, or the path of a folder, that gets the name `path` when the block ends well.

    With `part`, it is the stream of that file, which holds the values already.
    """
    if isinstance(path, Address):
        if not is_folder:
            return uploaded(path, overwrite=overwrite)
        token = os.urandom(16).hex()
        return unfinished_store(path, token, goes_on=False, overwrite=overwrite, keeps=False)
    make_folder(path.parent)
    if is_folder:
        return atomic_folder(path, overwrite=overwrite)
    return atomic(path, overwrite=overwrite, part=part)


@contextmanager
def shared_output(path: Path, claim: Claim, *, is_folder: bool, overwrite: bool) -> Iterator[Path]:
    """The path of what several write, which gets the name `path` when the block ends well."""
    token, goes_on, keeps = claim
    if isinstance(path, Address):
        opened = unfinished_store(path, token, goes_on=goes_on, overwrite=overwrite, keeps=keeps)
        with opened as address:
            yield address
        return
    make_folder(path.parent)
    begun = unfinished(path, token, is_folder=is_folder, goes_on=goes_on, overwrite=overwrite)
    with begun as partial:
        yield partial
        remove_folder(partial / UNFINISHED)
        for stray in partial.rglob("*.partial"):  # chunks that a killed process left: zarr's name
            stray.unlink()


def sync_output(path: Path, *, is_folder: bool) -> None:
    """Put what is written on the disk; a server has it already. Raises OSError if it cannot be."""
    if isinstance(path, Address):
        return
    if is_folder:
        sync_tree(path)
    else:
        sync_file(path)


def is_begun(path: Path, token: str, *, is_folder: bool) -> bool:
    """Whether an earlier block of `shared_output` left a part of an output."""
    if isinstance(path, Address):
        return is_folder and is_unfinished_store(path, token)
    return is_unfinished(path, token, is_folder=is_folder)


def can_be_shared(
    path: Path,
    format: Format,  # noqa: A002 the word its users know
    headers: Sequence[Header],
    options: Mapping[str, Any],
) -> bool:
    """Whether several can write these maps to an output; a file at an address is sent at once."""
    is_here = format.is_folder or not isinstance(path, Address)
    return is_here and format.takes_any_order(headers, options)

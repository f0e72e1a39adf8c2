"""Files and folders that are written by one run after another, until they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.atomic_write import (
    SUFFIX,
    folder_of,
    lock,
    remove_folder,
    rename,
    rename_folder,
    through_link,
)
from poolcli.io.os_error import reason


@contextmanager
def unfinished(
    path: Path, token: str, *, is_folder: bool, goes_on: bool, overwrite: bool
) -> Iterator[Path]:
    """A file or a folder that gets the name `path` when the block ends well, and stays otherwise.

    It is a new one, or with `goes_on` what an earlier block with the same token left, if that is
    there. FileError if another process has it.
    """
    path = through_link(path)
    partial = _partial_of(path, token)
    try:
        with partial.open("a+b") as stream:
            _lock_alone(stream, path)
            folder = folder_of(partial)
            if not goes_on:
                stream.truncate(0)
                remove_folder(folder)
            if is_folder:
                folder.mkdir(exist_ok=True)
                yield folder
                rename_folder(folder, path, overwrite=overwrite)
            else:
                yield partial
                os.fsync(stream.fileno())
                rename(partial, path, overwrite=overwrite)
            with suppress(OSError):
                partial.unlink()
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def _partial_of(path: Path, token: str) -> Path:
    return path.with_name(f".{path.name[:50]}.{token}{SUFFIX}")


def is_unfinished(path: Path, token: str, *, is_folder: bool) -> bool:
    """Whether an earlier block of `unfinished` left a part of a file."""
    partial = _partial_of(through_link(path), token)
    return folder_of(partial).is_dir() if is_folder else partial.is_file()


def _lock_alone(stream: BinaryIO, path: Path) -> None:
    try:
        lock(stream, wait=False)
    except BlockingIOError:
        raise FileError(f"another run writes {path}: wait for its end") from None
    except OSError:  # some network disks have no locks
        return

"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.reason import reason


@contextmanager
def atomic(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A stream whose bytes get the name `path` when the block ends well, and vanish when it does not."""
    try:
        if is_device(path):
            with path.open("wb") as stream:
                yield stream
        else:
            with _part(path) as part:
                with part.open("xb") as stream:
                    yield stream
                _name(part, path, overwrite=overwrite)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def is_device(path: Path) -> bool:
    """Whether it is there to be written to, like /dev/null or a named pipe, and must never be replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    # A name close to the file system's limit must not fail only because of our addition.
    part = path.with_name(f".{path.name[:50]}.{token_hex(4)}.poolcli-part")
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink()


def _name(part: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(path)
        return
    try:
        path.hardlink_to(part)  # unlike a rename, a link never replaces what appeared meanwhile
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # FAT and some network disks have no links
        _rename_if_free(part, path)


def _rename_if_free(part: Path, path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    part.replace(path)

"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import filecmp
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.reason import reason
from poolcli.resources.memory import Part

if sys.platform != "win32":
    import fcntl

_SUFFIX = ".poolcli-part"


@contextmanager
def atomic(path: Path, *, overwrite: bool, part: Part | None = None) -> Iterator[BinaryIO]:
    """A stream whose bytes get the name `path` when the block ends well, and vanish when it does not.

    They are on the disk before they have the name, so that not even a power failure leaves half of them under it.
    With a `part` it is the stream of that file, which has the values already.
    """
    try:
        if is_device(path):
            with path.open("wb") as stream:
                yield stream
        else:
            with _vanishing(
                *((part.path, part.stream) if part and part.path else new_part(path))
            ) as (name, stream):
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
                if sys.platform == "win32":  # where a file that is open cannot be renamed
                    stream.close()
                _name(name, path, overwrite=overwrite)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


@contextmanager
def atomic_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder that gets the name `path` when the block ends well, and vanishes when it does not.

    A part file beside it is held as long, so that whoever sweeps that sweeps the folder, too.
    """
    try:
        with _vanishing(*new_part(path)) as (part, _):
            folder = _folder_of(part)
            try:
                folder.mkdir()
                yield folder
                _name_folder(folder, path, overwrite=overwrite)
            finally:
                _remove(folder)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def _folder_of(part: Path) -> Path:
    return part.with_suffix(".poolcli-folder")


def _remove(folder: Path) -> None:
    if folder.is_dir():
        from shutil import rmtree

        rmtree(folder, ignore_errors=True)


def _name_folder(folder: Path, path: Path, *, overwrite: bool) -> None:
    """No system call replaces a folder that is not empty: the old one goes aside, and is removed last."""
    if not (overwrite and path.is_dir() and any(path.iterdir())):
        folder.rename(path)
        return
    aside = folder.with_suffix(".replaced")
    path.rename(aside)
    folder.rename(path)
    _remove(aside)


def make_folder(folder: Path) -> None:
    """The folder and those it is in; FileError where there cannot be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(
            f"{folder} is a file, and a folder is needed there: choose another place"
        ) from None
    except OSError as error:
        raise FileError(f"cannot make the folder {folder}: {reason(error)}") from None


def is_device(path: Path) -> bool:
    """Whether it is there to be written to, like /dev/null or a named pipe, and must never be replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def remove_leftovers(folder: Path) -> None:
    """Remove what runs that were killed have left in a folder: the parts of files that nobody holds a lock on."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (
                entry.name.startswith(".")
                and entry.name.endswith(_SUFFIX)
                and entry.is_file(follow_symlinks=False)
            ):
                with suppress(OSError):
                    _remove_unlocked(Path(entry.path))


def _remove_unlocked(part: Path) -> None:
    with part.open("r+b") as stream:
        lock(stream, wait=False)
        _remove(_folder_of(part))
        part.unlink()


def lock(stream: BinaryIO, *, wait: bool) -> None:
    """Keep others from holding the file until it is closed, or its process ends, however that ends."""
    if sys.platform != "win32":  # where a file that is open cannot be removed anyway
        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _vanishing(part: Path, stream: BinaryIO) -> Iterator[tuple[Path, BinaryIO]]:
    try:
        with stream:
            yield part, stream
    finally:
        with suppress(OSError):
            part.unlink()


def new_part(path: Path) -> tuple[Path, BinaryIO]:
    """A new file beside `path`, held so that nobody takes it for one that was left."""
    while True:
        # A name close to the file system's limit must not fail only because of our addition.
        part = path.with_name(f".{path.name[:50]}.{os.urandom(4).hex()}{_SUFFIX}")
        stream = part.open("x+b")
        with suppress(OSError):  # a disk that knows no locks, where nothing is swept either
            lock(stream, wait=True)
        if os.fstat(stream.fileno()).st_nlink:
            return part, stream
        stream.close()  # swept in the moment before it was locked


def _name(part: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(path)
        return
    try:
        path.hardlink_to(part)  # unlike a rename, a link never replaces what appeared meanwhile
    except FileExistsError:
        if not _same(
            part, path
        ):  # the same bytes are those of a worker that was lost before it could tell
            raise
    except (OSError, NotImplementedError):  # FAT and some network disks have no links
        _rename_if_free(part, path)


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _rename_if_free(part: Path, path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    part.replace(path)

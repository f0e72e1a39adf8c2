"""Files and folders that appear under their names whole, or not at all."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.durability import sync_folder, sync_tree
from poolcli.io.exchange import exchange
from poolcli.io.os_error import reason
from poolcli.resources.memory import Part

if sys.platform != "win32":
    import fcntl

SUFFIX = ".poolcli-part"
_FOLDER_SUFFIX = ".poolcli-folder"
_TIMES, _PAUSE = 25, 0.02  # seconds


@contextmanager
def atomic(path: Path, *, overwrite: bool, part: Part | None = None) -> Iterator[BinaryIO]:
    """A stream whose bytes get the name `path` when the block ends well, and are removed otherwise.

    They are on the disk before they get the name, so that a power failure cannot leave a part of
    them under it. A link stays, and the file that it leads to is replaced. With `part`, it is the
    stream of that file, which holds the values already.
    """
    path = through_link(path)
    try:
        if is_device(path):
            with path.open("wb") as device:
                yield device
            return
        existing = (part.path, part.stream) if part and part.path else None
        partial, stream = existing or partial_file(path)
        with _removed_at_end(partial, stream):
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if sys.platform == "win32":  # where an open file cannot be renamed
                stream.close()
            rename(partial, path, overwrite=overwrite)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


@contextmanager
def atomic_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder that gets the name `path` when the block ends well, and is removed otherwise.

    A link stays. A locked partial file beside it shows that it is in use: see `remove_leftovers`.
    """
    path = through_link(path)
    try:
        partial, stream = partial_file(path)
        with _removed_at_end(partial, stream):
            folder = folder_of(partial)
            try:
                folder.mkdir()
                yield folder
                rename_folder(folder, path, overwrite=overwrite)
            finally:
                remove_folder(folder)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def folder_of(partial: Path) -> Path:
    """The folder that is being written, beside the file that is locked meanwhile."""
    return partial.with_suffix(_FOLDER_SUFFIX)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it.

    Threads of zarr may still write some chunks where another one failed, and make their folder for
    that: it is removed again, until it stays away. What is left then is a leftover.
    """
    if not folder.is_dir():
        return
    from shutil import rmtree

    for _ in range(_TIMES):
        rmtree(folder, ignore_errors=True)
        time.sleep(_PAUSE)
        if not folder.exists():
            return


def rename_folder(folder: Path, path: Path, *, overwrite: bool) -> None:
    """Rename a folder, once all of it is on the disk.

    It changes places with one that is in the way, which is then removed. Where that is impossible,
    the other one is moved aside first, and put back if anything fails: no system call replaces a
    folder that is not empty.
    """
    sync_tree(folder)
    if not (overwrite and path.is_dir() and any(path.iterdir())):
        folder.rename(path)
        return
    if exchange(folder, path):
        sync_folder(path.parent)
        remove_folder(folder)
        return
    replaced = folder.with_suffix(".replaced")
    path.rename(replaced)
    try:
        folder.rename(path)
    except BaseException:
        replaced.rename(path)
        raise
    sync_folder(path.parent)
    remove_folder(replaced)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; FileError if that is impossible. Addresses need none."""
    if isinstance(folder, Address):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(
            f"{folder} is a file, and a folder is needed there: choose another place"
        ) from None
    except OSError as error:
        raise FileError(f"cannot make the folder {folder}: {reason(error)}") from None


def through_link(path: Path) -> Path:
    """The path that a link leads to, also where nothing is there yet; any other path as it is."""
    if isinstance(path, Address):
        return path
    is_link = os.path.islink(path)  # noqa: PTH114 - False, and no error, for a name too long
    return Path(os.path.realpath(path)) if is_link else path


def is_device(path: Path) -> bool:
    """Whether it is a device or a named pipe: written to, and never replaced."""
    if isinstance(path, Address):
        return False
    return path.exists() and not path.is_file() and not path.is_dir()


def remove_leftovers(folder: Path, kept: Collection[str] = ()) -> None:
    """Remove the partial files that killed runs left in a folder: those that no process has locked.

    `kept` are the tokens of unfinished files that stay.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 a folder may have very many
            if not stem.startswith(".") or stem.rpartition(".")[2] in kept:
                continue
            with suppress(OSError):
                if suffix == SUFFIX and entry.is_file(follow_symlinks=False):
                    _remove_unlocked(Path(entry.path))
                elif suffix == _FOLDER_SUFFIX and entry.is_dir(follow_symlinks=False):
                    _remove_orphan(Path(entry.path))


def _remove_orphan(folder: Path) -> None:
    """Remove a folder without the file that is beside it from before its begin to after its end."""
    if not folder.with_suffix(SUFFIX).exists():
        remove_folder(folder)


def _remove_unlocked(partial: Path) -> None:
    with partial.open("r+b") as stream:
        lock(stream, wait=False)
        remove_folder(folder_of(partial))
        partial.unlink()


def lock(stream: BinaryIO, *, wait: bool) -> None:
    """Lock a file until it is closed or its process ends."""
    if sys.platform != "win32":  # where an open file cannot be removed, so that no lock is needed
        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _removed_at_end(partial: Path, stream: BinaryIO) -> Iterator[None]:
    try:
        with stream:
            yield
    finally:
        with suppress(OSError):
            partial.unlink()


def partial_file(path: Path) -> tuple[Path, BinaryIO]:
    """A new hidden file beside `path`, locked, so that `remove_leftovers` spares it."""
    path = through_link(path)
    while True:
        # Fifty characters of the name: the addition must not exceed the file system's limit.
        partial = path.with_name(f".{path.name[:50]}.{os.urandom(4).hex()}{SUFFIX}")
        stream = partial.open("x+b")
        with suppress(OSError):  # some network disks have no locks; nothing is removed there either
            lock(stream, wait=True)
        if os.fstat(stream.fileno()).st_nlink:
            return partial, stream
        stream.close()  # another run removed it before it was locked


def rename(partial: Path, path: Path, *, overwrite: bool) -> None:
    """Give a finished file its name; FileExistsError if that is taken, unless by the same bytes."""
    if overwrite:
        partial.replace(path)
        return
    try:
        path.hardlink_to(partial)  # unlike a rename, a link never replaces a file
    except FileExistsError:
        # A worker that was lost after it wrote the file has left the same bytes.
        if not _have_same_bytes(partial, path):
            raise
    except (OSError, NotImplementedError):  # FAT and some network disks have no links
        _rename_if_free(partial, path)


def _have_same_bytes(one: Path, other: Path) -> bool:
    import filecmp

    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _rename_if_free(partial: Path, path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    partial.replace(path)

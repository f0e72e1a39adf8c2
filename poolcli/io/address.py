"""Addresses, such as `s3://bucket/cells.zarr`: files and stores of fsspec (an extra).

An `Address` is a path whose file lies elsewhere, so that whatever reads a path reads it, too.
Credentials come from where the tools of each service look for them: the environment and their
own files.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import zlib
from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from poolcli.errors import FileError, RequestError
from poolcli.io.object_store import object_store
from poolcli.io.server_errors import NOTHING, is_absent, plain_errors
from poolcli.io.server_file import file_system, opened, options
from poolcli.io.store_folder import UNFINISHED, ZARR_METADATA
from poolcli.maps.cached import cached_property

if TYPE_CHECKING or sys.platform != "win32":
    from pathlib import PosixPath as _NativePath
else:
    from pathlib import WindowsPath as _NativePath

_SCHEMES = ("s3", "gs", "https", "http", "memory")
_WRITTEN = ("s3", "gs", "memory")  # the schemes of what can be written, and listed
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://")


def is_address(word: str) -> bool:
    """Whether a word is an address and not a path.

    >>> is_address("s3://bucket/a.npy"), is_address("folder/a.npy")
    (True, False)
    """
    return bool(_ADDRESS.match(word))


def located(word: str) -> Path:
    """The path or the address that a word names; RequestError for one that cannot be read.

    >>> located("https://user:secret@example.org/a.png?token=secret")
    Address('https://example.org/a.png')
    """
    if not is_address(word):
        return Path(word)
    address = Address(word)
    scheme = word.partition(":")[0]
    if scheme not in _SCHEMES:
        names = ", ".join(f"{each}://" for each in _SCHEMES)
        raise RequestError(f"{address}: an address begins with {names}")
    if address.url != word.rstrip("/"):
        raise RequestError(
            f"{address}: a part of it is empty or a dot: leave that out, or write / as %2F"
        )
    return address


def check_written(option: str, path: Path) -> None:
    """RequestError for an address that nothing can be written to."""
    if isinstance(path, Address) and path.scheme not in _WRITTEN:
        names = ", ".join(f"{each}://" for each in _WRITTEN)
        raise RequestError(
            f"{option} {path}: nothing is written to {path.scheme}://: give {names} or a file"
        )


class Address(_NativePath):
    """The path of a file, a store or a folder of fsspec.

    `str` gives it as it may be shown: without a password, and without the query, which signs
    requests; `url` gives all of it. What the server tells is asked for once, except by `stat`.
    """

    @property
    def url(self) -> str:
        """The whole address."""
        path = super().__str__().replace("\\", "/")
        return path.replace(":/", "://", 1)

    def __str__(self) -> str:
        return re.sub(r"://[^/]*@", "://", self._without_query)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    @property
    def scheme(self) -> str:
        """What comes before `://`."""
        return self.url.partition(":")[0]

    @property
    def is_in_memory(self) -> bool:
        """Whether it is one of this process."""
        return self.scheme == "memory"

    @property
    def name(self) -> str:
        """The last part, without the query."""
        return self._without_query.rpartition("/")[2]

    @property
    def _has_query(self) -> bool:
        return self.url.startswith("http") and "?" in self.url

    @property
    def _without_query(self) -> str:
        return self.url.partition("?")[0] if self._has_query else self.url

    def absolute(self) -> Address:
        """Itself: it does not depend on a folder."""
        return self

    def resolve(self, strict: bool = False) -> Address:  # noqa: FBT001, FBT002 as in Path
        """Itself: it is no link."""
        del strict
        return self

    def is_fifo(self) -> bool:
        """False: it is no pipe."""
        return False

    def is_symlink(self) -> bool:
        """False: it is no link."""
        return False

    def is_dir(self, **_: Any) -> bool:
        """Whether it is a Zarr store, or something lies below it."""
        return self._store_metadata is not None or self._is_folder

    def is_file(self, **_: Any) -> bool:
        """Whether there is a file."""
        return self._store_metadata is None and self._type == "file"

    def exists(self, **_: Any) -> bool:
        """Whether there is a file, a store or a folder."""
        return self.is_dir() or self.is_file()

    def iterdir(self) -> Generator[Address, None, None]:
        """The files and folders in a folder; FileError for a server that tells no names."""
        if self.scheme not in _WRITTEN:
            raise FileError(f"a server of {self.scheme}:// lists no names: name each file")
        with plain_errors():
            system, path = file_system(self.url)
            entries = system.ls(path, detail=True)
        for info in entries:
            name = info["name"].rstrip("/").rpartition("/")[2]
            if not name or info["name"].strip("/") == path.strip("/"):
                continue
            entry = self / name
            entry.__dict__["_info"] = info
            yield entry

    def glob(self, pattern: str, **_: Any) -> Iterator[Address]:  # type: ignore[override]
        """The files and folders in a folder whose names match."""
        return (each for each in self.iterdir() if fnmatchcase(each.name, pattern))

    def stat(self, **_: Any) -> os.stat_result:
        """The size, and a time of change that is a hash of what the server tells of the version.

        Those of a store are of its metadata. The server is asked each time.
        """
        self.__dict__.clear()
        info = self._info if self._store_metadata is None else self._store_metadata
        if info is None:
            raise FileNotFoundError(2, os.strerror(2))
        names = ("ETag", "LastModified", "Last-Modified", "etag", "mtime", "created")
        version = zlib.crc32(repr([info.get(name) for name in names]).encode())
        mode = stat.S_IFREG if self.is_file() else stat.S_IFDIR
        size = info.get("size") or 0
        return os.stat_result((mode | 0o444, 0, 0, 1, 0, 0, size, 0, version, 0))

    def open(self, mode: str = "rb", *_: Any, **__: Any) -> BinaryIO:  # type: ignore[override]
        """The file as a stream that asks the server for the ranges that are read."""
        if mode != "rb":
            raise FileError(f"{self}: an address is written as a whole")
        if self._type == "directory":  # of a store that is being written
            raise FileError(NOTHING)
        return opened(self.url)

    def zarr_store(self, *, read_only: bool = True) -> Any:
        """The store for zarr."""
        from zarr.storage import FsspecStore

        with plain_errors():
            file_system(self.url)  # for what it says of a library that is missing
            quick = object_store(self.url, read_only=read_only)
            if quick is not None:
                return quick
            return FsspecStore.from_url(self.url, options(self.url), read_only=read_only)

    @cached_property
    def _info(self) -> dict[str, Any] | None:
        """What the server tells of a file or a folder; None where there is none."""
        return _info_of(self)

    @property
    def _type(self) -> str | None:
        return None if self._info is None else str(self._info.get("type"))

    @cached_property
    def _is_folder(self) -> bool:
        """Whether something lies below it that is no store which is being written."""
        is_folder = self._type == "directory" and not self._has_query
        return is_folder and (self / UNFINISHED)._info is None

    @cached_property
    def _store_metadata(self) -> dict[str, Any] | None:
        """What the server tells of the metadata of a Zarr store; None where it is none."""
        from poolcli.io.formats import format_named, is_known_suffix

        suffix = self.suffix
        if self._has_query or (is_known_suffix(suffix) and not format_named(suffix).is_folder):
            return None
        if self.name.startswith(".") or self.name in ZARR_METADATA:
            return None
        each = (_info_of(self / name) for name in ZARR_METADATA)
        return next((info for info in each if info and info["type"] == "file"), None)


def _info_of(address: Address) -> dict[str, Any] | None:
    """What the server tells of a file or a folder; None where there is none."""
    with plain_errors():
        system, path = file_system(address.url)
        try:
            info: dict[str, Any] = system.info(path)
        except FileNotFoundError as error:
            if is_absent(error):
                return None
            raise
        except (IsADirectoryError, NotADirectoryError):
            return None
        return info if info.get("type") in ("file", "directory") else None

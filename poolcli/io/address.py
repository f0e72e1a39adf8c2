"""Addresses, such as `s3://bucket/cells.zarr`: files and stores that fsspec reads (an extra).

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
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from poolcli.errors import FileError, RequestError
from poolcli.io.server_errors import is_absent, plain_errors
from poolcli.io.server_file import file_system, opened, options
from poolcli.io.store_folder import ZARR_METADATA

if TYPE_CHECKING or sys.platform != "win32":
    from pathlib import PosixPath as _NativePath
else:
    from pathlib import WindowsPath as _NativePath

_SCHEMES = ("s3", "gs", "https", "http", "memory")
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
        raise RequestError(f"{address}: addresses that are read begin with {names}")
    if address.url != word.rstrip("/"):
        raise RequestError(
            f"{address}: a part of it is empty or a dot: leave that out, or write / as %2F"
        )
    return address


class Address(_NativePath):
    """The path of a file or a store that fsspec reads.

    `str` gives it as it may be shown: without a password, and without the query, which signs
    requests; `url` gives all of it. A folder is a Zarr store: only these have known names in them.
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
        """Whether it is a Zarr store."""
        return self._store_metadata is not None

    def is_file(self, **_: Any) -> bool:
        """Whether there is a file."""
        return not self.is_dir() and self._info is not None

    def exists(self, **_: Any) -> bool:
        """Whether there is a file or a store."""
        return self.is_dir() or self.is_file()

    def iterdir(self) -> Generator[Address, None, None]:
        """Nothing: what lies below an address is not listed."""
        yield from ()

    def stat(self, **_: Any) -> os.stat_result:
        """The size, and a time of change that is a hash of what the server tells of the version.

        Those of a store are of its metadata. The server is asked each time.
        """
        self.__dict__.clear()
        info = self._info if self._store_metadata is None else self._store_metadata
        if info is None:
            raise FileNotFoundError(2, os.strerror(2))
        told = ("ETag", "LastModified", "Last-Modified", "etag", "mtime", "created")
        version = zlib.crc32(repr([info.get(each) for each in told]).encode())
        mode = stat.S_IFDIR if self.is_dir() else stat.S_IFREG
        size = info.get("size") or 0
        return os.stat_result((mode | 0o444, 0, 0, 1, 0, 0, size, 0, version, 0))

    def open(self, mode: str = "rb", *_: Any, **__: Any) -> BinaryIO:  # type: ignore[override]
        """The file as a stream that asks the server for the ranges that are read."""
        if mode != "rb":
            raise FileError(f"{self}: addresses are read, not written")
        return opened(self.url)

    def zarr_store(self) -> Any:
        """The store for zarr."""
        from zarr.storage import FsspecStore

        with plain_errors():
            file_system(self.url)  # for what it says of a library that is missing
            return FsspecStore.from_url(self.url, options(self.url), read_only=True)

    @cached_property
    def _info(self) -> dict[str, Any] | None:
        """What the server tells of a file; None where there is none."""
        return _told_of(self)

    @cached_property
    def _store_metadata(self) -> dict[str, Any] | None:
        """What the server tells of the metadata of a Zarr store; None where it is none."""
        from poolcli.io.formats import format_named, is_known_suffix

        suffix = self.suffix
        if self._has_query or (is_known_suffix(suffix) and not format_named(suffix).is_folder):
            return None
        if self.name.startswith(".") or self.name in ZARR_METADATA:
            return None
        each = (_told_of(self / name) for name in ZARR_METADATA)
        return next((info for info in each if info is not None), None)


def _told_of(address: Address) -> dict[str, Any] | None:
    """What the server tells of a file; None where there is none."""
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
        return info if info.get("type") == "file" else None

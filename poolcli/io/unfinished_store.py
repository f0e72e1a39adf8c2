"""Stores at addresses that are being written: no store is seen there before all of it is.

A server renames nothing, so the chunks are written where they stay, and the metadata of the root,
which make a store of them, lie in a folder of the store until all else is there. That folder also
says whose store it is: a later run of the same command goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.server_errors import NO_BUCKET, is_absent, plain_errors
from poolcli.io.server_file import file_system
from poolcli.io.store_folder import UNFINISHED, ZARR_METADATA

_TOKEN = "token"  # noqa: S105 - the name of a file
# The files of the root that are withheld; the first two make no store of it.
ROOT_FILES = (".zattrs", ".zmetadata", *ZARR_METADATA)


@contextmanager
def unfinished_store(
    address: Address, token: str, *, goes_on: bool, overwrite: bool, keeps: bool
) -> Iterator[Address]:
    """A store that is seen under its address once the block ends well.

    It is a new one, or with `goes_on` what an earlier block with the same token left. If the block
    fails, what is written stays with `keeps`, and is removed otherwise.
    """
    try:
        with plain_errors(NO_BUCKET):
            store = _Store(address)
            if not goes_on:
                store.begin(token, overwrite=overwrite)
        try:
            yield address
            with plain_errors(NO_BUCKET):
                store.finish(token)
        except BaseException:
            if not keeps:
                store.remove(token)
            raise
    except FileError as error:
        raise FileError(f"cannot write {address}: {error}") from error.__cause__


def is_unfinished_store(address: Address, token: str) -> bool:
    """Whether an earlier block of `unfinished_store` left a part of a store."""
    with plain_errors():
        return _Store(address).token() == token.encode()


class _Store:
    """The files of a store that is being written."""

    def __init__(self, address: Address) -> None:
        self._address = Address(address.url)  # which has asked the server nothing yet
        self._system, self._path = file_system(address.url)

    def token(self) -> bytes | None:
        """What names the run that writes the store; None where none does."""
        return self._read(f"{UNFINISHED}/{_TOKEN}")

    def begin(self, token: str, *, overwrite: bool) -> None:
        """Remove what is there, if that is allowed, and enter who writes."""
        if self._address.exists() and not overwrite:
            raise FileError("it is there already: --overwrite replaces it")
        if self._address.is_file():
            raise FileError("there is a file of this name: choose another one")
        self._clear()
        self._write(f"{UNFINISHED}/{_TOKEN}", token.encode())

    def finish(self, token: str) -> None:
        """Give the root its metadata, unless another run has begun meanwhile."""
        if self.token() != token.encode():
            raise FileError("another run has begun to write it: run one at a time")
        withheld = {name: self._read(f"{UNFINISHED}/{name}") for name in ROOT_FILES}
        for name, content in withheld.items():
            if content is not None:
                self._write(name, content)
        self._system.rm(f"{self._path}/{UNFINISHED}", recursive=True)

    def remove(self, token: str) -> None:
        """Remove all of it, unless another run writes it now; errors are not told."""
        try:
            if self.token() == token.encode():
                self._clear()
        except Exception:  # noqa: BLE001 - another error is told, and this is what it left
            return

    def _clear(self) -> None:
        """Remove all that is there; first what makes a store of it, for a killed run."""
        if not self._system.exists(self._path):
            return
        for name in ZARR_METADATA:
            if self._system.exists(f"{self._path}/{name}"):
                self._system.rm_file(f"{self._path}/{name}")
        self._system.rm(self._path, recursive=True)

    def _read(self, name: str) -> bytes | None:
        try:
            return bytes(self._system.cat_file(f"{self._path}/{name}"))
        except Exception as error:
            if is_absent(error):
                return None
            raise

    def _write(self, name: str, content: Any) -> None:
        self._system.pipe_file(f"{self._path}/{name}", content)

"""Files at addresses, which appear under their names whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.address import Address
from poolcli.io.os_error import reason
from poolcli.io.server_errors import NO_BUCKET, is_taken, plain_errors
from poolcli.io.server_file import file_system

# Bytes sent by one request, and requests at once: together what an upload takes of memory. The
# length is one that Google takes, and S3 from 5 MB on; S3 takes 10000 parts of a file.
_PART, _UNIT, _PARTS, _AT_ONCE = 1 << 23, 1 << 18, 9000, 4


@contextmanager
def uploaded(address: Address, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A stream whose bytes are sent to an address when the block ends well.

    They are collected in a temporary file: formats are written in any order, and a request that
    fails is sent again. The server shows nothing under the name before all of it is there.
    """
    from tempfile import TemporaryDirectory  # here, as it imports random and shutil

    try:
        with TemporaryDirectory(prefix="poolcli-") as folder:
            file = Path(folder, "file")
            with file.open("w+b") as stream:
                yield stream
            _send(file, address, overwrite=overwrite)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {address}: {reason(error)}") from error


def _send(file: Path, address: Address, *, overwrite: bool) -> None:
    mode = "overwrite" if overwrite else "create"
    try:
        with plain_errors(NO_BUCKET):
            system, path = file_system(address.url)
            try:
                system.put_file(
                    os.fspath(file),
                    path,
                    mode=mode,
                    chunksize=_part_size(file.stat().st_size),
                    max_concurrency=_AT_ONCE,
                )
            except Exception as error:
                if overwrite or not is_taken(error):
                    raise
                raise FileError("it is there already: --overwrite replaces it") from None
    except FileError as error:
        raise FileError(f"cannot write {address}: {error}") from None


def _part_size(size: int) -> int:
    """Bytes of a part of a file of this size.

    >>> _part_size(1), _part_size(1 << 40) * 10_000 > 1 << 40
    (8388608, True)
    """
    return max(_PART, -(-size // _PARTS // _UNIT) * _UNIT)

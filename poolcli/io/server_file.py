"""Files of servers: fsspec's file systems, and streams that ask for the ranges that are read."""

from __future__ import annotations

from functools import cache
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from poolcli.errors import RequestError
from poolcli.io.server_errors import LIBRARIES, plain_errors
from poolcli.resources.extras import extra

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 18  # bytes asked for at least: a request takes as long as a few hundred kilobytes
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds before a request that a server could not serve is repeated
_BUSY = (429, 500, 502, 503, 504)
_LIBRARY_OF = {"s3": "s3fs", "gs": "gcsfs", "https": "aiohttp", "http": "aiohttp"}


def file_system(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it; RequestError if a library is missing."""
    fsspec = extra("cloud", "an address")
    _quiet()
    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(url, **options(url))
    except ImportError as error:
        scheme = url.partition(":")[0]
        raise RequestError(
            f"an address of {scheme}:// needs {_LIBRARY_OF.get(scheme, error.name)}: "
            "pip install 'poolcli[cloud]'"
        ) from None
    return found


@cache
def _quiet() -> None:
    """Keep what libraries log from being printed where there is no handler for it."""
    from logging import NullHandler, getLogger

    for name in LIBRARIES:
        getLogger(name).addHandler(NullHandler())


def opened(url: str) -> BinaryIO:
    """A file as a stream that can seek; whole in memory where the server sends no ranges."""
    with plain_errors():
        system, path = file_system(url)
        file = system.open(path, "rb", block_size=_BLOCK, cache_type="readahead")
        if not (file.seekable() and file.size is not None and _has_ranges(file)):
            file.close()
            return BytesIO(system.cat_file(path))
    return cast("BinaryIO", BufferedReader(_RangeStream(file), 1 << 16))


def options(url: str) -> dict[str, Any]:
    """What fsspec takes for an address: no list of names is kept; requests of HTTP are repeated.

    The libraries of s3:// and gs:// repeat theirs.
    """
    options: dict[str, Any] = {"use_listings_cache": False}
    if url.startswith("http"):
        options["client_kwargs"] = {"middlewares": (_repeated,)}
    return {} if url.startswith("memory") else options


async def _repeated(request: Any, handler: Any) -> Any:
    """The answer to a request, which is sent again while the server is busy."""
    from asyncio import sleep

    for pause in _PAUSES:
        response = await handler(request)
        if response.status not in _BUSY:
            return response
        response.release()
        await sleep(pause)
    return await handler(request)


def _has_ranges(file: Any) -> bool:
    """Whether the server sends the range that is asked for, shown by the last byte."""
    if not (file.size and hasattr(file, "async_fetch_range")):  # not one of HTTP
        return True
    try:
        file.seek(file.size - 1)
        return len(file.read(1)) == 1
    except ValueError:
        return False
    finally:
        file.seek(0)


class _RangeStream(RawIOBase):
    """A file of fsspec, whose errors are plain."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        with plain_errors():
            return int(self._file.readinto(buffer))

    def readall(self) -> bytes:
        with plain_errors():
            return bytes(self._file.read())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

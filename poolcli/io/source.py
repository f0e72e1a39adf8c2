"""Reading: which family of formats a file belongs to, its headers, and its maps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, TypeGuard

from poolcli.errors import FileError
from poolcli.io import npy
from poolcli.io.damage import enough_memory
from poolcli.io.header import Peek
from poolcli.io.npy import IncomingArray
from poolcli.io.npy_header import MAGIC
from poolcli.io.os_error import reason
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout
from poolcli.resources.descriptors import open_pipe

Source = Path | BinaryIO | IncomingArray

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZARR_METADATA = ("zarr.json", ".zgroup", ".zarray")


class Family(Protocol):
    """The module of a family of formats, as a source; streams can seek, and are at their start."""

    def peek(self, stream: BinaryIO, layout: str | None) -> Peek: ...
    def read(self, stream: BinaryIO, layout: str | None) -> tuple[FeatureMap, ...]: ...


def read(source: Source, layout: str | None = None) -> tuple[FeatureMap, ...]:
    """Every map of a file: the array, the arrays of an .npz, the pages or frames of an image.

    `layout` names the axes of arrays; an image is HW or HWC. A stream that can seek is left where
    it was, any other is read to its end. Raises FileError, without the path, if it cannot be read.
    """
    layout = check_layout(layout) if layout else None
    if isinstance(source, IncomingArray):
        with enough_memory():
            return (source.read(layout),)
    if is_store(source):
        from poolcli.io import zarr_store

        return zarr_store.read(source, layout)
    with _opened(source) as (family, stream):
        return family.read(stream, layout)


def peek(source: Source, layout: str | None = None) -> Peek:
    """The headers of the maps that `read` would give: shapes and dtypes, no pixels."""
    layout = check_layout(layout) if layout else None
    if isinstance(source, IncomingArray):
        return Peek("npy", (source.header(layout),))
    if is_store(source):
        from poolcli.io import zarr_store

        return zarr_store.peek(source, layout)
    with _opened(source) as (family, stream):
        return family.peek(stream, layout)


def next_array(stream: BinaryIO) -> BinaryIO | IncomingArray:
    """The next array of a stream, its header read; or all of the stream if that is no .npy."""
    head = stream.read(len(MAGIC))
    return IncomingArray(stream) if head == MAGIC else BytesIO(head + stream.read())


def allow_pixels(limit: int) -> None:
    """Let images have as many pixels as fit in `limit` bytes: the caller checks what they take."""
    from poolcli.io.pillow.checks import allow_pixels as allow

    allow(limit)


def is_store(source: object) -> TypeGuard[Path]:
    """Whether it is a folder that is read as one file: a Zarr array or group."""
    return isinstance(source, Path) and any((source / name).is_file() for name in _ZARR_METADATA)


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[tuple[Family, BinaryIO]]:
    """The family of a file, and a stream of it that can seek."""
    try:
        with enough_memory(), _seekable(source) as stream:
            yield _family(_head(stream), stream), stream
    except FileError:
        raise
    except OSError as error:
        raise FileError(reason(error)) from error


def _head(stream: BinaryIO) -> bytes:
    """The first bytes of a stream; FileError if there are none."""
    head = stream.read(8)
    if not head:
        raise FileError("the file is empty")
    stream.seek(0)
    return head


def _family(head: bytes, stream: BinaryIO) -> Family:
    if head.startswith(MAGIC):
        return npy
    if head.startswith(_ZIP):
        from poolcli.io import npz

        return npz
    from poolcli.io.pillow import decode as pillow
    from poolcli.io.tiff import decode as tiff

    return tiff if tiff.needs_tifffile(stream) else pillow


@contextmanager
def _seekable(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with open_pipe(source) if source.is_fifo() else source.open("rb") as stream:
            yield stream if stream.seekable() else BytesIO(stream.read())
    elif source.seekable():
        start = source.tell()
        whole = BytesIO(source.read())
        source.seek(start)
        yield whole
    else:
        yield BytesIO(source.read())

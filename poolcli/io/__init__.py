"""Files in, files out: what a file is, is told by its content; what is written, by the format asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from poolcli.errors import FileError, RequestError
from poolcli.io.atomic import (
    atomic,
    atomic_folder,
    is_device,
    lock,
    make_folder,
    new_part,
    remove_leftovers,
)
from poolcli.io.encode import encode
from poolcli.io.encode_stack import encode_stack, wants_stack
from poolcli.io.format import FORMATS, Format, format_named, split_name
from poolcli.io.header import Header, Peek
from poolcli.io.image import allow_pixels, peek_image, read_image
from poolcli.io.npy import MAGIC, IncomingArray, on_disk, own_file, peek_npy, read_npy, write_npy
from poolcli.io.reason import reason
from poolcli.io.stack import is_stack, peek_stack, read_stack
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import LETTERS, check_layout
from poolcli.resources import memory
from poolcli.resources.memory import Part

__all__ = [
    "FORMATS",
    "Format",
    "Header",
    "IncomingArray",
    "Peek",
    "Source",
    "Writer",
    "allow_pixels",
    "atomic",
    "default_format",
    "format_named",
    "is_device",
    "is_store",
    "lock",
    "make_folder",
    "new_part",
    "next_array",
    "peek",
    "read",
    "reason",
    "remove_leftovers",
    "split_name",
    "write",
    "writer",
]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_STORE = ("zarr.json", ".zgroup", ".zarray")


Source = Path | BinaryIO | IncomingArray


def next_array(stream: BinaryIO) -> BinaryIO | IncomingArray:
    """The next array of a stream, read as far as its header; or all of the stream, where that is no .npy."""
    head = stream.read(len(MAGIC))
    return IncomingArray(stream) if head == MAGIC else BytesIO(head + stream.read())


def read(source: Source, layout: str | None = None) -> tuple[FeatureMap, ...]:
    """Every map of a file: the array, the arrays of an .npz, the pages or frames of an image.

    `layout` names the axes of arrays; an image is HW or HWC by nature. A stream that can seek is left
    where it was, another is read to its end. Raises FileError, without the path, for what cannot be read.
    """
    letters = layout and check_layout(layout)
    if isinstance(source, IncomingArray):
        with _memory():
            return (FeatureMap(*source.read(letters)),)
    if is_store(source):
        from poolcli.io.zarr_store import read_zarr

        return read_zarr(source, letters)
    with _opened(source) as (kind, stream, size):
        if kind == "npy":
            return (FeatureMap(*read_npy(stream, size, letters, on_disk(stream))),)
        if kind == "npz":
            from poolcli.io.npz import read_npz

            return read_npz(stream, size, letters)
        return read_stack(stream, letters) if kind == "stack" else read_image(stream)


def peek(source: Source, layout: str | None = None) -> Peek:
    """What `read` would give, shapes and dtypes, from the headers alone."""
    letters = layout and check_layout(layout)
    if isinstance(source, IncomingArray):
        return Peek("npy", (source.peek(letters),))
    if is_store(source):
        from poolcli.io.zarr_store import peek_zarr

        return Peek("zarr", peek_zarr(source, letters))
    with _opened(source) as (kind, stream, size):
        if kind == "npy":
            return Peek(kind, (peek_npy(stream, size, letters),))
        if kind == "npz":
            from poolcli.io.npz import peek_npz

            return Peek(kind, peek_npz(stream, size, letters))
        return Peek("tiff", peek_stack(stream, letters)) if kind == "stack" else peek_image(stream)


def write(
    maps: Sequence[FeatureMap],
    stream: BinaryIO,
    format: Format,  # noqa: A002 the word its users know
    save: Mapping[str, str] | None = None,
    scale: str | None = None,
) -> None:
    """The maps of one file, in a format, onto a stream that need not seek; see `writer`."""
    writer(maps, format, save, scale)(stream)


@dataclass(frozen=True)
class Writer:
    """What writes the maps of one file onto a stream; and the file that holds their values already, if one does."""

    put: Callable[[Any], object]
    part: Part | None = None
    is_folder: bool = False

    def __call__(self, stream: BinaryIO) -> None:
        if self.is_folder:
            raise RequestError("a .zarr is a folder, which no stream holds: give -o FOLDER.zarr")
        self.put(stream)

    @contextmanager
    def to(self, path: Path, *, overwrite: bool) -> Iterator[None]:
        """Write all of it, which gets the name `path` when the block ends well."""
        make_folder(path.parent)
        place = atomic_folder if self.is_folder else partial(atomic, part=self.part)
        with place(path, overwrite=overwrite) as target:
            self.put(target)
            yield


def writer(
    maps: Sequence[FeatureMap],
    format: Format,  # noqa: A002 the word its users know
    save: Mapping[str, str] | None = None,
    scale: str | None = None,
) -> Writer:
    """What writes the maps of one file, in a format, onto a stream that need not seek.

    `save` holds the format's options as texts; `scale` (minmax or none) makes pixels of values that are none.
    Raises RequestError for an option the format lacks, FileError for what it cannot hold, before there is a stream.
    """
    options = format.options(save or {})
    with _memory():
        if format.name == "npy":
            array = memory.contiguous(_single(maps))
            return Writer(lambda stream: write_npy(stream, array), own_file(array))
        if format.name == "npz":
            from poolcli.io.npz import write_npz

            arrays = [(one.name, _array(one)) for one in maps]
            return Writer(lambda stream: write_npz(stream, arrays, **options))
        if format.is_folder:
            from poolcli.io.zarr_store import write_zarr

            return Writer(lambda folder: write_zarr(folder, maps, **options), is_folder=True)
        if format.name == "ome" or (format.name == "tiff" and any(map(wants_stack, maps))):
            encoded = encode_stack(maps, options.get("compression"))
        else:
            encoded = encode(maps, format, options, scale)
        return Writer(lambda stream: stream.write(encoded))


def default_format(maps: Sequence[FeatureMap]) -> Format:
    """The format the maps came from; PNG for images of a kind that is only read."""
    if maps[0].picture is None:
        return format_named("npz" if len(maps) > 1 else "npy")
    named = {known.pillow or known.name.upper(): known for known in FORMATS}
    return named.get(maps[0].picture.format, format_named("png"))


def is_store(source: object) -> TypeGuard[Path]:
    """Whether it is a folder that is read as one file: a Zarr array or group."""
    return isinstance(source, Path) and any((source / name).is_file() for name in _STORE)


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[tuple[str, BinaryIO, int]]:
    """What kind of file it is, a stream of it that can seek, and its length."""
    try:
        with _memory(), _seekable(source) as stream:
            head, size = stream.read(8), stream.seek(0, 2)
            stream.seek(0)
            if not size:
                raise FileError("the file is empty")
            yield _kind(head, stream), stream, size
    except OSError as error:
        raise FileError(reason(error)) from error


def _kind(head: bytes, stream: BinaryIO) -> str:
    if head.startswith((MAGIC, *_ZIP)):
        return "npy" if head.startswith(MAGIC) else "npz"
    return "stack" if is_stack(stream) else "image"


@contextmanager
def _seekable(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream if stream.seekable() else BytesIO(stream.read())
    elif source.seekable():
        start = source.tell()
        whole = BytesIO(source.read())
        source.seek(start)
        yield whole
    else:
        yield BytesIO(source.read())


@contextmanager
def _memory() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise FileError("it needs more memory than there is: cut it into parts") from error


def _single(maps: Sequence[FeatureMap]) -> Array:
    if len(maps) > 1:
        raise FileError(f"{len(maps)} maps do not fit an .npy, which holds one array: write .npz")
    return _array(maps[0])


def _array(one: FeatureMap) -> Array:
    """The values; an image's with channels first, because that is how arrays are read back."""
    if one.picture is None:
        return one.data
    usual = sorted(one.layout, key=LETTERS.index)
    return np.transpose(one.data, [one.layout.index(letter) for letter in usual])

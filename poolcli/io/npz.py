"""Several named arrays in a zip, as .npz."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import PurePosixPath
from typing import Any, BinaryIO, TypeVar, cast

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import BOMB_RATIO, check_unpacked, one_line
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.npy import ArraySource, peek_array, read_array
from poolcli.io.npy_header import MAGIC
from poolcli.io.npy_sink import array_of, write_npy
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region, part_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap

T = TypeVar("T")
ReadMember = Callable[[BinaryIO, zipfile.ZipInfo], T]

_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    IndexError,
)
_DEFLATE_RATIO = 1032  # the highest of DEFLATE: a match of 258 bytes takes two bits


# As a source ---------------------------------------------------------------------------------


def open_source(stream: BinaryIO, layout: str | None) -> ArraySource:
    """The arrays of a file, in its order."""
    size = stream.seek(0, 2)
    stream.seek(0)
    with _damage_refused():
        archive = zipfile.ZipFile(stream)
    members = archive.infolist()
    _check_archive(members)

    def header_of(member: BinaryIO, info: zipfile.ZipInfo) -> Header:
        return peek_array(member, info.file_size, layout, _array_name(info))

    def whole_array(member: BinaryIO, info: zipfile.ZipInfo) -> FeatureMap:
        return read_array(member, info.file_size, layout, _array_name(info))

    headers = tuple(_read(archive, info, size, header_of) for info in members)
    if archive.comment:
        facts = {"further_data": ("comment of the archive",)}
        headers = (headers[0]._replace(facts=facts), *headers[1:])

    def read_one(number: int, region: Region | None) -> FeatureMap:
        return part_of(_read(archive, members[number], size, whole_array), region)

    return ArraySource("npz", headers, read_one)


def _read(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, read_member: ReadMember[T]
) -> T:
    try:
        _check_member(info, size)
        with _damage_refused(), archive.open(info) as opened:
            member = cast("BinaryIO", opened)
            if member.read(len(MAGIC)) != MAGIC:
                raise FileError("it is not an .npy array: take it out of the archive")
            member.seek(0)
            return read_member(member, info)
    except PoolError as error:
        raise FileError(f"array {_array_name(info)!r}: {error}") from error


def _array_name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _check_archive(members: Sequence[zipfile.ZipInfo]) -> None:
    if not any(info.filename.endswith(".npy") for info in members):
        raise FileError("it is a zip archive without .npy arrays: unpack it first, or save an .npz")
    name, count = Counter(map(_array_name, members)).most_common(1)[0]
    if count > 1:
        raise FileError(f"array {name!r} is in it twice: save it with different names")
    packed = [
        info
        for info in members
        if info.file_size > BOMB_RATIO * info.compress_size and not _is_impossible(info)
    ]
    check_unpacked(
        sum(info.file_size for info in packed), sum(info.compress_size for info in packed)
    )


def _check_member(info: zipfile.ZipInfo, size: int) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise FileError("its name leads out of the archive: save it under a plain name")
    if info.flag_bits & 1:
        raise FileError("it is encrypted: save it without a password")
    if info.compress_size > size or _is_impossible(info):
        raise FileError("it claims more than the archive holds: it is damaged; save it again")


def _is_impossible(info: zipfile.ZipInfo) -> bool:
    """Whether a member claims more bytes than its compressed ones can stand for."""
    if info.compress_type == zipfile.ZIP_STORED:
        return info.file_size > info.compress_size
    ratio = _DEFLATE_RATIO if info.compress_type == zipfile.ZIP_DEFLATED else inf
    return info.file_size > ratio * (info.compress_size + 1)


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except PoolError:
        raise
    except _ZIP_ERRORS as error:
        raise FileError(f"the archive is damaged ({one_line(error)}): save it again") from error


# As a sink -----------------------------------------------------------------------------------


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """An .npz with an array for each map."""
    return WholeSink(
        headers,
        lambda maps: write_npz(stream, [(one.name, array_of(one)) for one in maps], **options),
    )


def write_npz(
    stream: BinaryIO, arrays: Sequence[tuple[str, Array]], *, compressed: bool = False
) -> None:
    """Write a zip of .npy members whose bytes depend on nothing but the arrays."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for position, (name, data) in enumerate(arrays):
            info = zipfile.ZipInfo(f"{name or f'arr_{position}'}.npy")  # dated 1980, not today
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                write_npy(cast("BinaryIO", member), data)

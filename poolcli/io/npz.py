"""Several named arrays in a zip."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar, cast

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import PACKED, check_unpacked
from poolcli.io.header import Header
from poolcli.io.npy import MAGIC, Disk, on_disk, peek_npy, read_npy, write_npy
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources import memory

Read = TypeVar("Read")
_Reads = Callable[[BinaryIO, zipfile.ZipInfo], Read]

_DAMAGE = (
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
_DEFLATE_AT_BEST = 1032  # output bytes one input byte of DEFLATE can stand for


def peek_npz(stream: BinaryIO, size: int, layout: str | None) -> tuple[Header, ...]:
    """What `read_npz` would give, from the members' headers."""

    def peek(member: BinaryIO, info: zipfile.ZipInfo) -> Header:
        return peek_npy(member, info.file_size, layout, _name(info))

    return _each_member(stream, size, peek)


def read_npz(stream: BinaryIO, size: int, layout: str | None) -> tuple[FeatureMap, ...]:
    """Every array in file order."""

    def read(member: BinaryIO, info: zipfile.ZipInfo) -> FeatureMap:
        return FeatureMap(
            *read_npy(member, info.file_size, layout, _disk(stream, info)), name=_name(info)
        )

    return _each_member(stream, size, read)


def _disk(stream: BinaryIO, info: zipfile.ZipInfo) -> Disk | None:
    """Where the bytes of a member lie in the file, if they are stored as they are and are too many for memory."""
    disk = on_disk(stream)
    if (
        disk is None
        or info.compress_type != zipfile.ZIP_STORED
        or memory.here().has_room(info.file_size)
    ):
        return None
    stream.seek(info.header_offset + 26)
    name, extra = struct.unpack("<HH", stream.read(4))
    start = info.header_offset + 30 + name + extra
    if zlib.crc32(memory.mapped(disk.file, start, info.file_size).data) != info.CRC:
        raise FileError("its bytes are not those that were saved: it is damaged; save it again")
    return Disk(disk.file, start)


def write_npz(
    stream: BinaryIO, arrays: Sequence[tuple[str, Array]], *, compressed: bool = False
) -> None:
    """A zip of .npy members whose bytes depend on nothing but the arrays."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for position, (name, data) in enumerate(arrays):
            info = zipfile.ZipInfo(f"{name or f'arr_{position}'}.npy")  # dated 1980, not today
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                write_npy(cast("BinaryIO", member), data)


def _each_member(stream: BinaryIO, size: int, read: _Reads[Read]) -> tuple[Read, ...]:
    with _undamaged(), zipfile.ZipFile(stream) as archive:
        return tuple(_member(archive, info, size, read) for info in _members(archive))


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if not any(info.filename.endswith(".npy") for info in members):
        raise FileError("it is a zip archive without .npy arrays: unpack it first, or save an .npz")
    often, count = Counter(map(_name, members)).most_common(1)[0]
    if count > 1:
        raise FileError(f"array {often!r} is in it twice: save it with different names")
    packed = [
        info
        for info in members
        if info.file_size > PACKED * info.compress_size and not _impossible(info)
    ]
    check_unpacked(
        sum(info.file_size for info in packed), sum(info.compress_size for info in packed)
    )
    return members


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, read: _Reads[Read]) -> Read:
    try:
        _check_member(info, size)
        with _undamaged(), archive.open(info) as member:
            _check_magic(cast("BinaryIO", member))
            return read(cast("BinaryIO", member), info)
    except PoolError as error:
        raise FileError(f"array {_name(info)!r}: {error}") from error


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _check_member(info: zipfile.ZipInfo, size: int) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise FileError("its name leads out of the archive: save it under a plain name")
    if info.flag_bits & 1:
        raise FileError("it is encrypted: save it without a password")
    if info.compress_size > size or _impossible(info):
        raise FileError("it claims more than the archive holds: it is damaged; save it again")


def _impossible(info: zipfile.ZipInfo) -> bool:
    best = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: _DEFLATE_AT_BEST}.get(
        info.compress_type, inf
    )
    return info.file_size > best * (info.compress_size + (best > 1))


def _check_magic(member: BinaryIO) -> None:
    if member.read(len(MAGIC)) != MAGIC:
        raise FileError("it is not an .npy array: take it out of the archive")
    member.seek(0)


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise FileError(
            f"the archive is damaged: {' '.join(str(error).split())}; save it again"
        ) from error

"""Several named arrays in a zip."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar, cast

from poolcli.array import Array
from poolcli.errors import FileError, PoolError
from poolcli.feature_map import FeatureMap
from poolcli.io.header import Header
from poolcli.io.npy import MAGIC, peek_npy, read_npy, write_npy

Read = TypeVar("Read")

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
    return _each_member(stream, size, lambda member, length, name: peek_npy(member, length, layout, name))


def read_npz(stream: BinaryIO, size: int, layout: str | None) -> tuple[FeatureMap, ...]:
    """Every array in file order."""
    return _each_member(
        stream, size, lambda member, length, name: FeatureMap(*read_npy(member, length, layout), name=name)
    )


def write_npz(stream: BinaryIO, arrays: Sequence[tuple[str, Array]], *, compressed: bool = False) -> None:
    """A zip of .npy members whose bytes depend on nothing but the arrays."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for position, (name, data) in enumerate(arrays):
            info = zipfile.ZipInfo(f"{name or f'arr_{position}'}.npy")  # dated 1980, not today
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                write_npy(cast("BinaryIO", member), data)


def _each_member(stream: BinaryIO, size: int, read: Callable[[BinaryIO, int, str], Read]) -> tuple[Read, ...]:
    with _undamaged(), zipfile.ZipFile(stream) as archive:
        return tuple(_member(archive, info, size, read) for info in _members(archive))


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if not any(info.filename.endswith(".npy") for info in members):
        raise FileError("it is a zip archive without .npy arrays: unpack it first, or save an .npz")
    names = [info.filename for info in members]
    if twice := [name for name in names if names.count(name) > 1]:
        raise FileError(f"array {_name(twice[0])!r} is in it twice: save it with different names")
    return members


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, read: Callable[[BinaryIO, int, str], Read]
) -> Read:
    name = _name(info.filename)
    try:
        _check_member(info, size)
        with _undamaged(), archive.open(info) as member:
            _check_magic(cast("BinaryIO", member))
            return read(cast("BinaryIO", member), info.file_size, name)
    except PoolError as error:
        raise FileError(f"array {name!r}: {error}") from error


def _name(filename: str) -> str:
    return filename.removesuffix(".npy")


def _check_member(info: zipfile.ZipInfo, size: int) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise FileError("its name leads out of the archive: save it under a plain name")
    if info.flag_bits & 1:
        raise FileError("it is encrypted: save it without a password")
    if info.compress_size > size or _impossible(info):
        raise FileError("it claims more than the archive holds: it is damaged; save it again")


def _impossible(info: zipfile.ZipInfo) -> bool:
    return info.compress_type == zipfile.ZIP_DEFLATED and info.file_size > _DEFLATE_AT_BEST * (info.compress_size + 1)


def _check_magic(member: BinaryIO) -> None:
    if member.read(len(MAGIC)) != MAGIC:
        raise FileError("it is not an .npy array: take it out of the archive")
    member.seek(0)


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise FileError(f"the archive is damaged: {' '.join(str(error).split())}; save it again") from error

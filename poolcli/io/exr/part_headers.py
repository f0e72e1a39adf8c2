"""The header of an OpenEXR file (openexr.com, "OpenEXR File Layout")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from struct import error as StructError  # noqa: N812 - it names an exception
from struct import unpack, unpack_from
from typing import BinaryIO, NamedTuple

from poolcli.errors import FileError

MAGIC = b"\x76\x2f\x31\x01"
_MULTIPART, _DEEP = 0x1000, 0x0800  # flags of the version
_LONGEST = 1 << 24  # bytes of an attribute that is read
_DTYPES = {0: "uint32", 1: "float16", 2: "float32"}
_FIRST = "RGBAYXUV"  # the order of channels in a layer; others follow by name


class Channel(NamedTuple):
    """A channel: its name with that of its layer, its dtype, and whether pixels share values."""

    name: str
    dtype: str
    is_sampled: bool

    @property
    def layer(self) -> str:
        return self.name.rpartition(".")[0]


class ExrPart(NamedTuple):
    """One of the pictures of a file: its name, the first pixel and the size, and its channels.

    `attributes` are the bytes of its header's entries by their names.
    """

    name: str
    left: int
    top: int
    width: int
    height: int
    channels: tuple[Channel, ...]
    attributes: Mapping[str, bytes]

    @property
    def nbytes(self) -> int:
        widths = {"uint32": 4, "float32": 4, "float16": 2}
        return prod((self.width, self.height)) * sum(widths[each.dtype] for each in self.channels)


def parts_of(stream: BinaryIO) -> list[ExrPart]:
    """The parts of a file; FileError if its header is damaged, or it is deep."""
    try:
        return list(_parts(stream))
    except (StructError, ValueError, KeyError, UnicodeError) as error:
        raise FileError("the header of the EXR is damaged: save it again") from error


def _parts(stream: BinaryIO) -> Iterator[ExrPart]:
    stream.seek(4)
    (version,) = unpack("<I", stream.read(4))
    if version & _DEEP:
        raise FileError("a deep EXR has many values a pixel: flatten it first")
    while attributes := dict(_attributes(stream)):
        yield _part(attributes)
        if not version & _MULTIPART:
            return


def _attributes(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    while name := _text(stream):
        _text(stream)  # the type
        (size,) = unpack("<I", stream.read(4))
        if size > _LONGEST:
            raise ValueError(name)
        yield name, stream.read(size)


def _text(stream: BinaryIO) -> str:
    """A text that ends with a zero byte."""
    found = bytearray()
    while (byte := stream.read(1)) != b"\0":
        if not byte or len(found) > 255:
            raise ValueError(found)
        found += byte
    return found.decode()


def _part(attributes: dict[str, bytes]) -> ExrPart:
    left, top, right, bottom = unpack("<4i", attributes["dataWindow"])
    name = attributes.get("name", b"").decode()
    channels = tuple(_channels(attributes["channels"]))
    if right < left or bottom < top or not channels:
        raise ValueError(name)
    return ExrPart(name, left, top, right - left + 1, bottom - top + 1, channels, attributes)


def _channels(packed: bytes) -> Iterator[Channel]:
    start = 0
    while packed[start]:
        end = packed.index(b"\0", start)
        name = packed[start:end].decode()
        kind, _, across, down = unpack_from("<4i", packed, end + 1)
        yield Channel(name, _DTYPES[kind], (across, down) != (1, 1))
        start = end + 17


def in_order(channels: list[Channel]) -> list[Channel]:
    """Channels as people name them: R, G, B, A, and then the others."""

    def key(one: Channel) -> tuple[int, str]:
        letter = one.name.rpartition(".")[2]
        return (_FIRST.index(letter) if len(letter) == 1 and letter in _FIRST else 99), one.name

    return sorted(channels, key=key)

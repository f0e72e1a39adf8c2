"""The directories of a TIFF, read with every claim held against the size of the file.

Nothing is built from a count, an offset or a size before it is known to lie in the file, so that a
small damaged file takes little time and memory whatever it claims.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Lock
from typing import BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.tiff.byte_form import CODES, CUT, RATIONALS, TYPES, ByteForm, byte_form
from poolcli.maps.array import Array

# Directories may share values, and some writers do. All of them together claim a few times the
# file at most: more is the work of somebody who wants a reader to run out of memory.
_SHARED = 16
_SLACK = 1 << 16


class Entry(NamedTuple):
    """A tag of a directory: its type, how many values it has, and where they are in the file.

    `inline` are the values themselves, if they are in the directory.
    """

    type: int
    length: int
    at: int
    inline: bytes | None = None

    @property
    def nbytes(self) -> int:
        """The bytes of its values."""
        code, numbers = TYPES[self.type]
        return int(code[1]) * numbers * self.length


@dataclass(frozen=True)
class Directory:
    """The entries of a directory by their tags.

    `damaged` are tags whose values are not in the file.
    """

    stream: BinaryIO
    form: ByteForm
    entries: Mapping[int, Entry]
    damaged: tuple[int, ...] = ()
    lock: Lock = field(default_factory=Lock, compare=False)

    def read(self, at: int, size: int) -> bytes:
        """Bytes of the file; several threads may ask for them."""
        with self.lock:
            self.stream.seek(at)
            return self.stream.read(size)

    def __contains__(self, tag: int) -> bool:
        return tag in self.entries

    def raw(self, tag: int) -> bytes:
        """The bytes of a tag's values, in the file's byte order; none if it lacks the tag."""
        entry = self.entries.get(tag)
        if entry is None:
            return b""
        return self.read(entry.at, entry.nbytes) if entry.inline is None else entry.inline

    def numbers(self, tag: int) -> Array:
        """The values of a tag; rationals as pairs in a row."""
        entry = self.entries.get(tag)
        if entry is None:
            return np.empty(0, np.uint8)
        code, _ = TYPES[entry.type]
        values = np.frombuffer(self.raw(tag), self.form.order + code)
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def whole(self, tag: int, default: int) -> int:
        """The first value of a tag as a whole number."""
        entry = self.entries.get(tag)
        if entry is None or not entry.length:
            return default
        code = CODES.get(entry.type)
        if code is None:
            raise FileError(CUT)
        number: int = struct.unpack_from(self.form.order + code, self.raw(tag))[0]
        return number

    def short(self, tag: int, default: int) -> int:
        """The first value of a tag that has 16 bits."""
        number = self.whole(tag, default)
        if not 0 <= number < 1 << 16:
            raise FileError(CUT)
        return number

    def wholes(self, tag: int) -> tuple[int, ...]:
        """The values of a tag as whole numbers."""
        return tuple(map(int, self.numbers(tag).tolist()))

    def rational(self, tag: int) -> Fraction | None:
        """The first value of a tag as a fraction; None if there is none, or it is no number."""
        entry = self.entries.get(tag)
        if entry is None or not entry.length:
            return None
        values = self.numbers(tag).tolist()
        if entry.type in RATIONALS:
            return Fraction(values[0], values[1]) if values[1] else None
        return Fraction(values[0]) if np.isfinite(values[0]) else None

    def text(self, tag: int) -> str:
        """The value of a text, up to its first NUL."""
        raw = self.raw(tag).split(b"\0")[0]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")  # what most writers without a notion of encodings meant

    def inner(self, tag: int) -> Directory | None:
        """The directory that a tag points to; None if it lacks the tag, or that is damaged."""
        offset = self.whole(tag, 0)
        if not offset:
            return None
        try:
            return DirectoryReader(self.stream, self.form).at(offset)[0]
        except FileError:
            return None


class DirectoryReader:
    """Reads directories of a stream, and counts what they claim."""

    def __init__(self, stream: BinaryIO, form: ByteForm) -> None:
        self.stream, self.form = stream, form
        self.size = stream.seek(0, 2)
        self.lock = Lock()
        self._left = _SHARED * self.size + _SLACK

    def chain(self, offset: int) -> Iterator[Directory]:
        """The directories from an offset on, each of which names the next."""
        seen: set[int] = set()
        while offset:
            if offset in seen:
                raise FileError("the TIFF's directories go round in a circle: it is damaged")
            seen.add(offset)
            directory, offset = self.at(offset)
            yield directory

    def at(self, offset: int) -> tuple[Directory, int]:
        """The directory at an offset, and the offset of the next."""
        count_code, entry_size = ("Q", 20) if self.form.is_big else ("H", 12)
        (count,) = self._unpacked(offset, count_code)
        start = offset + struct.calcsize(self.form.order + count_code)
        end = start + count * entry_size
        if not count or end > self.size:
            raise FileError(CUT)
        self._claim(count * entry_size)
        self.stream.seek(start)
        packed = self.stream.read(count * entry_size)
        found = [
            self._entry(packed[at : at + entry_size], start + at)
            for at in range(0, len(packed), entry_size)
        ]
        entries = {tag: entry for tag, entry in found if entry is not None}
        damaged = tuple(tag for tag, entry in found if entry is None)
        next_offset = self._unpacked(end, self.form.offset[1])[0] if self._holds(end) else 0
        return Directory(self.stream, self.form, entries, damaged, self.lock), next_offset

    def _entry(self, packed: bytes, at: int) -> tuple[int, Entry | None]:
        """A tag and its entry; None for values that are not in the file."""
        inline = 8 if self.form.is_big else 4
        tag, kind, count = struct.unpack_from(
            self.form.order + ("HHQ" if inline == 8 else "HHI"), packed
        )
        if kind not in TYPES:
            return tag, None
        entry = Entry(kind, count, at + len(packed) - inline)
        if entry.nbytes <= inline:
            entry = entry._replace(inline=packed[-inline:][: entry.nbytes])
        else:
            (start,) = struct.unpack_from(self.form.offset, packed, len(packed) - inline)
            entry = entry._replace(at=start)
        if entry.at + entry.nbytes > self.size:
            return tag, None
        self._claim(entry.nbytes)
        return tag, entry

    def _holds(self, offset: int) -> bool:
        """Whether there is an offset at a place in the file."""
        return offset + struct.calcsize(self.form.offset) <= self.size

    def _claim(self, nbytes: int) -> None:
        self._left -= nbytes
        if self._left < 0:
            raise FileError("the TIFF's directories claim more than the file holds: it is damaged")

    def _unpacked(self, offset: int, code: str) -> tuple[int, ...]:
        length = struct.calcsize(self.form.order + code)
        if offset + length > self.size:
            raise FileError(CUT)
        self.stream.seek(offset)
        return struct.unpack(self.form.order + code, self.stream.read(length))


def directories(stream: BinaryIO) -> list[Directory]:
    """The directories of a TIFF, without those that are inside others."""
    form = byte_form(stream)
    reader = DirectoryReader(stream, form)
    stream.seek(len(form.head))
    first = stream.read(struct.calcsize(form.offset))
    if len(first) < struct.calcsize(form.offset):
        raise FileError(CUT)
    return list(reader.chain(struct.unpack(form.offset, first)[0]))

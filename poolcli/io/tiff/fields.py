"""Directories become bytes: tags with their values, and directories inside directories."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from poolcli.io.tiff.byte_form import ASCII, TYPES, ByteForm
from poolcli.io.tiff.directory import Directory
from poolcli.maps.array import Array

ASCII_TYPE, SHORT, LONG, RATIONAL, DOUBLE, LONG8 = 2, 3, 4, 5, 12, 16
_DIRECTORY, _DIRECTORY8 = 13, 18


class Field(NamedTuple):
    """A tag, the type of its values, and these: numbers, or the bytes of texts and of blocks."""

    tag: int
    type: int
    values: Array

    def packed(self, form: ByteForm) -> bytes:
        """The values as bytes."""
        code = TYPES[self.type][0]
        return self.values.astype(form.order + code, copy=False).tobytes()

    @property
    def length(self) -> int:
        return self.values.size // TYPES[self.type][1]


class Inner(NamedTuple):
    """A tag whose value is a directory of its own."""

    tag: int
    fields: Sequence[Field]


def numbers(tag: int, kind: int, *values: float) -> Field:
    """A field of a few numbers."""
    return Field(tag, kind, np.array(values, TYPES[kind][0]))


def text(tag: int, words: str) -> Field:
    """A field of a text, in ASCII where it is, else in UTF-8."""
    return block(tag, words.encode() + b"\0", ASCII)


def block(tag: int, raw: bytes, kind: int = 7) -> Field:
    """A field of bytes."""
    return Field(tag, kind, np.frombuffer(raw, np.uint8))


def rational(tag: int, value: Fraction) -> Field:
    """A field of a fraction, as near as two numbers of 32 bits come to it."""
    nearest = value.limit_denominator(10**6 if value < 4000 else 1)
    if nearest.numerator >= 2**32 or (not nearest and value):
        nearest = value.limit_denominator(2**31)
    return numbers(tag, RATIONAL, min(nearest.numerator, 2**32 - 1), nearest.denominator)


def copied(directory: Directory, tag: int) -> Field:
    """A field of another file as it is there."""
    entry = directory.entries[tag]
    kind = {_DIRECTORY: LONG, _DIRECTORY8: LONG8}.get(entry.type, entry.type)
    return Field(tag, kind, directory.numbers(tag))


def packed_directory(
    fields: Sequence[Field | Inner], form: ByteForm, at: int, *, is_last: bool = True
) -> bytes:
    """The bytes of a directory at an offset, its values behind it; the next one follows them."""
    ordered = sorted(fields, key=lambda each: each.tag)
    count = struct.pack(form.order + ("Q" if form.is_big else "H"), len(ordered))
    inline = struct.calcsize(form.offset)
    entry = form.order + ("HHQ" if form.is_big else "HHI")
    behind = at + len(count) + len(ordered) * (struct.calcsize(entry) + inline) + inline
    entries, values = bytearray(), bytearray()
    for field in ordered:
        place = behind + len(values)
        if isinstance(field, Inner):
            packed = packed_directory(field.fields, form, place)
            kind, length, inside = LONG8 if form.is_big else LONG, 1, False
        else:
            packed = field.packed(form)
            kind, length, inside = field.type, field.length, len(packed) <= inline
        entries += struct.pack(entry, field.tag, kind, length)
        entries += packed.ljust(inline, b"\0") if inside else struct.pack(form.offset, place)
        values += b"" if inside else packed + b"\0" * (len(packed) % 2)
    following = struct.pack(form.offset, 0 if is_last else behind + len(values))
    return count + bytes(entries) + following + bytes(values)

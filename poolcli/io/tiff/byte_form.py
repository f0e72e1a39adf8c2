"""How numbers are stored in a TIFF: byte order, width of offsets, and the types of tags."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from poolcli.errors import FileError

# The dtype of a value of each type of tag; rationals are two numbers.
TYPES = {
    1: ("u1", 1),
    2: ("u1", 1),  # ASCII
    3: ("u2", 1),
    4: ("u4", 1),
    5: ("u4", 2),
    6: ("i1", 1),
    7: ("u1", 1),  # undefined
    8: ("i2", 1),
    9: ("i4", 1),
    10: ("i4", 2),
    11: ("f4", 1),
    12: ("f8", 1),
    13: ("u4", 1),  # the offset of a directory
    16: ("u8", 1),
    17: ("i8", 1),
    18: ("u8", 1),  # the offset of a directory
}
# The codes of whole numbers, as struct takes them.
CODES = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    7: "B",
    8: "h",
    9: "i",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
ASCII, RATIONALS = 2, (5, 10)
CUT = "the TIFF is cut short or damaged: save or download it again"


class ByteForm(NamedTuple):
    """How numbers are stored: byte order ("<" or ">"), and whether offsets have 64 bits."""

    order: str
    is_big: bool

    @property
    def offset(self) -> str:
        """The format of an offset, as struct takes it."""
        return self.order + ("Q" if self.is_big else "I")

    @property
    def head(self) -> bytes:
        """The bytes of a file before the offset of its first directory."""
        mark = b"II" if self.order == "<" else b"MM"
        if self.is_big:
            return mark + struct.pack(f"{self.order}HHH", 43, 8, 0)
        return mark + struct.pack(f"{self.order}H", 42)


def byte_form(stream: BinaryIO) -> ByteForm:
    """The byte form of a TIFF; FileError if it is none."""
    stream.seek(0)
    head = stream.read(8)
    for order in "<>":
        for is_big in (False, True):
            form = ByteForm(order, is_big)
            if head.startswith(form.head):
                return form
    raise FileError(CUT)

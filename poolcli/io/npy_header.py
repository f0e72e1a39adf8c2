"""The header of an .npy: shape, dtype and order; nothing in it is executed."""

from __future__ import annotations

import ast
import re
import struct
from math import prod
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.header import Header
from poolcli.maps.array import Array
from poolcli.maps.layout import check_layout, default_layout, shape_words

MAGIC = b"\x93NUMPY"
_ACCEPTED = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
_REFUSED = {
    "O": "pickled Python objects, which are never loaded: save it as a plain numeric array",
    "c": "complex numbers, which have no order: "
    "save its real part, imaginary part or absolute value",
    "S": "text: save numbers",
    "U": "text: save numbers",
    "a": "text: save numbers",
    "T": "text: save numbers",
    "M": "dates: save them as numbers, .astype('int64')",
    "m": "time spans: save them as numbers, .astype('int64')",
    "V": "records without a number type: save one field of them",
    "f": "floats wider than 64 bits: save it with .astype('float64')",
    "g": "floats wider than 64 bits: save it with .astype('float64')",
}
_LONGEST_HEADER = 10_000  # NumPy's own limit: a longer one could exhaust the parser
_HEADER_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    MemoryError,
    RecursionError,
    struct.error,
)


class NpyHeader(NamedTuple):
    """What the header of an .npy says."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    order: Literal["C", "F"]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def layout(self, layout: str | None) -> str:
        """The layout that is asked for, or the usual one."""
        ndim = len(self.shape)
        return default_layout(ndim) if layout is None else check_layout(layout, ndim)

    def map_header(self, layout: str | None, name: str = "") -> Header:
        return Header(name, self.shape, self.dtype.newbyteorder("=").name, self.layout(layout))

    def shaped(self, values: Array) -> Array:
        return values.reshape(self.shape, order=self.order)


def read_checked_header(stream: BinaryIO, size: int) -> NpyHeader:
    """The header of a stream of `size` bytes; FileError if its array cannot be in them."""
    stream.read(len(MAGIC))
    header = read_header(stream)
    held = size - stream.tell()
    if header.nbytes > held:
        raise FileError(
            f"its header claims {shape_words(header.shape)} {header.dtype.name}, "
            f"{header.nbytes} bytes, the file holds {held}: it is cut short or damaged; "
            "save it again"
        )
    return header


def read_header(stream: BinaryIO) -> NpyHeader:
    """The header of a stream that is behind the magic number."""
    fields = _header_fields(stream)
    order: Literal["C", "F"] = "F" if fields.get("fortran_order") else "C"
    return NpyHeader(_shape(fields.get("shape")), _dtype(fields.get("descr")), order)


def _header_fields(stream: BinaryIO) -> dict[str, object]:
    try:
        text = re.sub(r"(?<=\d)L\b", "", _header_text(stream))  # Python 2 wrote long integers as 3L
        fields = ast.literal_eval(text.strip())
        if not isinstance(fields, dict):
            raise TypeError(fields)
    except PoolError:
        raise
    except _HEADER_ERRORS:
        raise FileError("its .npy header is damaged: save it again") from None
    return fields


def _header_text(stream: BinaryIO) -> str:
    major = stream.read(2)[0]
    width = {1: "<H", 2: "<I", 3: "<I"}[major]
    (length,) = struct.unpack(width, stream.read(struct.calcsize(width)))
    if length > _LONGEST_HEADER:
        raise ValueError(length)
    return stream.read(length).decode("utf-8" if major == 3 else "latin-1")


def _shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(
        type(length) is int and length >= 0 for length in shape
    ):
        raise FileError("its .npy header has no proper shape: save it again")
    if not shape:
        raise FileError("a single number (0 axes) has nothing to pool: give it at least one axis")
    if 0 in shape:
        raise FileError(
            f"an array of shape {shape_words(shape)} has no values: there is nothing to pool"
        )
    return shape


def _dtype(code: object) -> np.dtype[np.generic]:
    if not isinstance(code, str):
        raise FileError(
            "it holds records of several fields: save one field as a plain numeric array"
        )
    native = code[1:] if code[:1] in tuple("<>|=") else code
    if native not in _ACCEPTED:
        unknown = f"values of unknown type {code!r}: save numbers"
        raise FileError(f"it holds {_REFUSED.get(native[:1], unknown)}")
    return np.dtype(code)

"""One array as .npy: its header, its values, and nothing that could run code."""

from __future__ import annotations

import ast
import re
import struct
from io import BufferedReader, BytesIO
from math import prod
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.maps.array import Array
from poolcli.maps.layout import check_layout, default_layout, shape_words
from poolcli.resources import memory
from poolcli.resources.memory import Part

MAGIC = b"\x93NUMPY"
_PLAIN = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
_REFUSED = {
    "O": "pickled Python objects, which are never loaded: save it as a plain numeric array",
    "c": "complex numbers, which have no order: save its real part, imaginary part or absolute value",
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
_LONGEST_HEADER = 10_000  # NumPy's own limit: longer ones could exhaust the parser
_PIECE = 1 << 24  # bytes written at a time, so that what compresses them need not hold them all
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    MemoryError,
    RecursionError,
    struct.error,
)


class _Claim(NamedTuple):
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

    def header(self, layout: str | None, name: str = "") -> Header:
        return Header(name, self.shape, self.dtype.newbyteorder("=").name, self.layout(layout))


def peek_npy(stream: BinaryIO, size: int, layout: str | None, name: str = "") -> Header:
    """What `read_npy` would give, from the header alone; `size` is all the bytes the stream has."""
    return _checked(stream, size).header(layout, name)


class Disk(NamedTuple):
    """The file that holds a stream's bytes as they are, the first of them at `start`."""

    file: BinaryIO
    start: int = 0


def on_disk(stream: BinaryIO) -> Disk | None:
    """The file that a stream is, unless it is one in memory or in an archive."""
    return Disk(stream) if isinstance(stream, BufferedReader) else None


def read_npy(
    stream: BinaryIO, size: int, layout: str | None, disk: Disk | None = None
) -> tuple[Array, str]:
    """The array and its layout; a large one is left on the disk, in the byte order it has there."""
    claim = _checked(stream, size)
    letters = claim.layout(layout)
    nbytes = claim.nbytes
    if disk is not None and not memory.here().has_room(nbytes):
        values = _typed(memory.mapped(disk.file, disk.start + stream.tell(), nbytes), claim.dtype)
        return memory.contiguous(values.reshape(claim.shape, order=claim.order)), letters
    return _typed(_raw(stream, nbytes), claim.dtype).reshape(
        claim.shape, order=claim.order
    ), letters


def write_npy(stream: BinaryIO, data: Array) -> None:
    """The array in C order, by plain writes, so that a pipe will do; its header alone into a file that holds it."""
    data = memory.contiguous(data)
    stream.write(_head(data))
    if (part := own_file(data)) is None or part.stream is not stream:
        raw = data.reshape(-1).view(np.uint8).data
        for start in range(0, len(raw), _PIECE):
            stream.write(raw[start : start + _PIECE])


def own_file(data: Array) -> Part | None:
    """The file that holds the values of this array, if its header alone is missing."""
    return memory.part_of(data) if len(_head(data)) == memory.HEAD else None


def _head(data: Array) -> bytes:
    head = BytesIO()
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(data))
    return head.getvalue()


class IncomingArray:
    """The array of a stream that may have more behind it, in a pipe for one: `left` bytes are still to be read."""

    def __init__(self, stream: BinaryIO) -> None:
        """The stream is behind the magic number; FileError where no header follows."""
        self._stream = stream
        self._claim = _claim(stream)
        self.left = self._claim.nbytes

    def peek(self, layout: str | None) -> Header:
        """What `read` would give."""
        return self._claim.header(layout)

    def read(self, layout: str | None) -> tuple[Array, str]:
        """The array and its layout."""
        claim, letters = self._claim, self._claim.layout(layout)
        raw, self.left = _raw(self._stream, claim.nbytes), 0
        return _typed(raw, claim.dtype).reshape(claim.shape, order=claim.order), letters

    def skip(self) -> None:
        """Pass over what is left of it."""
        while self.left and (passed := len(self._stream.read(min(self.left, _PIECE)))):
            self.left -= passed


def _checked(stream: BinaryIO, size: int) -> _Claim:
    """What the header claims, once it is known that the stream can hold so much."""
    stream.read(len(MAGIC))
    claim = _claim(stream)
    held = size - stream.tell()
    if claim.nbytes > held:
        raise FileError(
            f"its header claims {shape_words(claim.shape)} {claim.dtype.name}, {claim.nbytes} bytes, "
            f"the file holds {held}: it is cut short or damaged; save it again"
        )
    return claim


def _claim(stream: BinaryIO) -> _Claim:
    fields = _fields(stream)
    order: Literal["C", "F"] = "F" if fields.get("fortran_order") else "C"
    return _Claim(_shape(fields.get("shape")), _dtype(fields.get("descr")), order)


def _fields(stream: BinaryIO) -> dict[str, object]:
    try:
        text = _header_text(stream)
        # Python 2 wrote its long integers as 3L.
        fields = ast.literal_eval(re.sub(r"(?<=\d)L\b", "", text).strip())
        if not isinstance(fields, dict):
            raise TypeError(fields)
    except _DAMAGE:
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
    plain = code[1:] if code[:1] in tuple("<>|=") else code
    if plain not in _PLAIN:
        raise FileError(
            f"it holds {_REFUSED.get(plain[:1], f'values of unknown type {code!r}: save numbers')}"
        )
    return np.dtype(code)


def _raw(stream: BinaryIO, nbytes: int) -> Array:
    raw = memory.empty((nbytes,), np.uint8)
    if _fill(stream, raw) < raw.size:
        raise FileError("the array is cut short: save it again")
    return raw


def _typed(raw: Array, dtype: np.dtype[np.generic]) -> Array:
    """Bytes as values; in this machine's order, unless they are on a disk that is only read."""
    if dtype.kind == "b":
        # A damaged file may hold a 7 where NumPy counts on 0 or 1.
        return (
            raw.view(np.bool_)
            if raw.max() <= 1
            else np.not_equal(raw, 0, out=memory.empty(raw.shape, np.bool_))
        )
    values: Array = raw.view(dtype)
    if dtype.isnative or not raw.flags.writeable:
        return values
    return values.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _fill(stream: BinaryIO, raw: Array) -> int:
    filled = 0
    while filled < raw.size:
        got: int = stream.readinto(raw[filled:].data)  # type: ignore[attr-defined]
        if not got:
            break
        filled += got
    return filled

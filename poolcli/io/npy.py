"""One array as .npy: its header and its values; nothing in it is executed."""

from __future__ import annotations

import ast
import re
import struct
from io import BufferedReader, BytesIO
from math import prod
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.header import Header, Peek
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout, shape_words
from poolcli.resources import memory
from poolcli.resources.limits import current
from poolcli.resources.memory import Part

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
_CHUNK = 1 << 24  # bytes written at a time: a zip that compresses them holds no more in memory
_HEADER_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    MemoryError,
    RecursionError,
    struct.error,
)


class _ArrayHeader(NamedTuple):
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


class DiskRange(NamedTuple):
    """An open file that holds the bytes of a stream from `start` on."""

    file: BinaryIO
    start: int = 0


# As a source ---------------------------------------------------------------------------------


def peek(stream: BinaryIO, layout: str | None) -> Peek:
    """The header of the array."""
    return Peek("npy", (peek_array(stream, _size(stream), layout),))


def read(stream: BinaryIO, layout: str | None) -> tuple[FeatureMap, ...]:
    """The array."""
    disk = DiskRange(stream) if isinstance(stream, BufferedReader) else None
    return (read_array(stream, _size(stream), layout, disk),)


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


def peek_array(stream: BinaryIO, size: int, layout: str | None, name: str = "") -> Header:
    """The header of the array in a stream of `size` bytes."""
    return _checked_header(stream, size).map_header(layout, name)


def read_array(
    stream: BinaryIO, size: int, layout: str | None, disk: DiskRange | None, name: str = ""
) -> FeatureMap:
    """The array in a stream of `size` bytes; a large one stays on the disk, if it is there."""
    header = _checked_header(stream, size)
    letters = header.layout(layout)
    if disk is None or current().memory.fits(header.nbytes):
        values = _typed(_read_bytes(stream, header.nbytes), header.dtype)
        return FeatureMap(header.shaped(values), letters, name=name)
    start = disk.start + stream.tell()
    values = _typed(memory.mapped(disk.file, start, header.nbytes), header.dtype)
    return FeatureMap(memory.contiguous(header.shaped(values)), letters, name=name)


class IncomingArray:
    """An array in a stream that may have more behind it: `left` bytes of it are not read yet."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header; the stream is behind the magic number."""
        self._stream = stream
        self._header = _read_header(stream)
        self.left = self._header.nbytes

    def header(self, layout: str | None) -> Header:
        """The header of the array."""
        return self._header.map_header(layout)

    def read(self, layout: str | None) -> FeatureMap:
        """The array."""
        header, letters = self._header, self._header.layout(layout)
        raw, self.left = _read_bytes(self._stream, header.nbytes), 0
        return FeatureMap(header.shaped(_typed(raw, header.dtype)), letters)

    def skip(self) -> None:
        """Read over what is left of it."""
        while self.left and (skipped := len(self._stream.read(min(self.left, _CHUNK)))):
            self.left -= skipped


# As a sink -----------------------------------------------------------------------------------


def write_npy(stream: BinaryIO, data: Array) -> None:
    """Write an array in C order, without seeking; only its header into a file of its values."""
    data = memory.contiguous(data)
    stream.write(_encoded_header(data))
    file = file_of_values(data)
    if file is not None and file.stream is stream:
        return
    raw = data.reshape(-1).view(np.uint8).data
    for start in range(0, len(raw), _CHUNK):
        stream.write(raw[start : start + _CHUNK])


def file_of_values(data: Array) -> Part | None:
    """The file that is an .npy of this array but for its header, if there is one."""
    return memory.part_of(data) if len(_encoded_header(data)) == memory.HEAD else None


def _encoded_header(data: Array) -> bytes:
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(data))
    return header.getvalue()


# Headers -------------------------------------------------------------------------------------


def _checked_header(stream: BinaryIO, size: int) -> _ArrayHeader:
    """The header of a stream of `size` bytes; FileError if its array cannot be in them."""
    stream.read(len(MAGIC))
    header = _read_header(stream)
    held = size - stream.tell()
    if header.nbytes > held:
        raise FileError(
            f"its header claims {shape_words(header.shape)} {header.dtype.name}, "
            f"{header.nbytes} bytes, the file holds {held}: it is cut short or damaged; "
            "save it again"
        )
    return header


def _read_header(stream: BinaryIO) -> _ArrayHeader:
    fields = _header_fields(stream)
    order: Literal["C", "F"] = "F" if fields.get("fortran_order") else "C"
    return _ArrayHeader(_shape(fields.get("shape")), _dtype(fields.get("descr")), order)


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


# Values --------------------------------------------------------------------------------------


def _read_bytes(stream: BinaryIO, nbytes: int) -> Array:
    raw = memory.empty((nbytes,), np.uint8)
    filled = 0
    while filled < nbytes:
        count: int = stream.readinto(raw[filled:].data)  # type: ignore[attr-defined]
        if not count:
            raise FileError("the array is cut short: save it again")
        filled += count
    return raw


def _typed(raw: Array, dtype: np.dtype[np.generic]) -> Array:
    """Bytes as values in native byte order; those of a mapped file keep the order they have."""
    if dtype.kind == "b":
        return _as_bools(raw)
    values: Array = raw.view(dtype)
    if dtype.isnative or not raw.flags.writeable:
        return values
    return values.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _as_bools(raw: Array) -> Array:
    """Bytes as bools; a damaged file may hold a 7 where NumPy relies on 0 or 1."""
    if raw.max() <= 1:
        return raw.view(np.bool_)
    return np.not_equal(raw, 0, out=memory.empty(raw.shape, np.bool_))

"""safetensors: named tensors, one after another behind a header of JSON.

The format is that of https://github.com/huggingface/safetensors, which needs no library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.io.raw_values import RawValues, size_of
from poolcli.io.source import Region
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout

_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "BF16": "<u2",  # the upper half of a float32
}
NAMES = {np.dtype(code).name: name for name, code in _DTYPES.items() if name != "BF16"}
_MOST_HEADER = 100_000_000  # bytes, as in the library
METADATA = "__metadata__"


class Tensor(NamedTuple):
    """A tensor that is not pooled: its dtype in the file, its shape, and its bytes."""

    dtype: str
    shape: tuple[int, ...]
    raw: bytes


def is_safetensors(stream: BinaryIO) -> bool:
    """Whether a stream begins with the length of a header, and an object of JSON."""
    head, size = stream.read(9), size_of(stream)
    return head[8:] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= size - 8


def open_source(stream: BinaryIO, layout: str | None) -> SafetensorsSource:
    """The tensors of one to five axes; the others are copied."""
    return SafetensorsSource(stream, layout)


class SafetensorsSource:
    """Tensors, any rows of which can be read."""

    format = "safetensors"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        self._stream = stream
        entries, metadata, start = _entries(stream)
        pooled = {name: entry for name, entry in entries.items() if _is_pooled(entry)}
        if not pooled:
            raise FileError("it has no tensor of one to five axes with numbers in it")
        others = {
            name: Tensor(entry.dtype, entry.shape, _bytes(stream, start, entry))
            for name, entry in entries.items()
            if name not in pooled
        }
        self._entries = list(pooled.values())
        self._values = [
            RawValues(start + each.begin, each.shape, np.dtype(_DTYPES[each.dtype]))
            for each in self._entries
        ]
        facts: dict[str, Any] = {"file_attributes": {"": metadata}} if metadata else {}
        whole = {**facts, "others": others} if others else facts
        self.headers = tuple(
            _header(name, entry, layout, facts if number else whole)
            for number, (name, entry) in enumerate(pooled.items())
        )

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A tensor, or a region of it; of bfloat16 as float32, which holds all of it."""
        header, values = self.headers[number], self._values[number].read(self._stream, region)
        if self._entries[number].dtype == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return FeatureMap(values, header.layout, None, header.name, header.facts)


class _Entry(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _entries(stream: BinaryIO) -> tuple[dict[str, _Entry], dict[str, str], int]:
    """What the header says of each tensor, the metadata, and where the values begin."""
    size = size_of(stream)
    length = int.from_bytes(stream.read(8), "little")
    if length > min(_MOST_HEADER, size - 8):
        raise FileError("its header is longer than the file: it is damaged; save it again")
    try:
        found = json.loads(stream.read(length))
        metadata = {str(key): str(value) for key, value in found.pop(METADATA, {}).items()}
        entries = {name: _entry(each) for name, each in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise FileError("its header is damaged: save it again") from None
    for name, entry in entries.items():
        _check(name, entry, size - 8 - length)
    ordered = sorted(entries.items(), key=lambda pair: pair[1].begin)
    return dict(ordered), metadata, 8 + length


def _entry(found: Mapping[str, Any]) -> _Entry:
    begin, end = found["data_offsets"]
    shape = tuple(found["shape"])
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise ValueError(shape)
    return _Entry(str(found["dtype"]), shape, begin, end)


def _check(name: str, entry: _Entry, held: int) -> None:
    itemsize = np.dtype(_DTYPES[entry.dtype]).itemsize if entry.dtype in _DTYPES else None
    is_whole = itemsize is None or entry.end - entry.begin == itemsize * prod(entry.shape)
    if not (entry.begin <= entry.end <= held and is_whole):
        raise FileError(f"tensor {name!r} does not fit its place in the file: save it again")


def _is_pooled(entry: _Entry) -> bool:
    return entry.dtype in _DTYPES and 1 <= len(entry.shape) <= 5 and 0 not in entry.shape


def _header(name: str, entry: _Entry, layout: str | None, facts: dict[str, Any]) -> Header:
    ndim = len(entry.shape)
    letters = check_layout(layout, ndim) if layout else default_layout(ndim)
    dtype = np.dtype(_DTYPES[entry.dtype]).name
    if entry.dtype == "BF16":
        dtype, facts = "float32", {**facts, "storage": {"dtype": "BF16"}}
    return Header(name, entry.shape, dtype, letters, None, facts)


def _bytes(stream: BinaryIO, start: int, entry: _Entry) -> bytes:
    stream.seek(start + entry.begin)
    return stream.read(entry.end - entry.begin)

"""One array as .npy that is being written: as a whole, or region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from threading import Lock
from typing import Any, BinaryIO

import numpy as np

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.raw_values import RawValues
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import LETTERS
from poolcli.resources import memory
from poolcli.resources.memory import Part

_CHUNK = 1 << 24  # bytes written at a time: a zip that compresses them holds no more in memory


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """An .npy of one array."""
    return NpySink(stream, headers)


def reopen_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """The same .npy, of which some regions have been written."""
    return NpySink(stream, headers, is_new=False)


class NpySink:
    """An array that is being written: as a whole, or in its regions to a file that has its size."""

    def __init__(self, stream: BinaryIO, headers: Sequence[Header], *, is_new: bool = True) -> None:
        self._stream, self._header, self._is_new = stream, headers[0], is_new
        self._whole: WholeSink | None = None
        self._lock = Lock()
        self._values: RawValues | None = None if is_new else self._place()

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region."""
        if values.shape == self._header.shape and self._values is None:
            write_npy(self._stream, array_of(self._map(values)))
            return
        with self._lock:
            if self._values is None and self._whole is None:
                self._begin()
            if self._values is None:
                assert self._whole is not None
                self._whole.write(number, region, values)
                return
            axes = axes_as_array(self._header)
            part = values.transpose(axes)
            self._values.write(self._stream, tuple(region[axis] for axis in axes), part)
            self._stream.flush()  # whoever is told that it is written may rely on that

    def reserve(self) -> None:
        """Make the file as large as it will be, for others to write regions of it."""
        self._begin()
        self._stream.flush()

    def finish(self) -> None:
        """Write an array that was collected."""
        if self._whole is not None:
            self._whole.finish()

    def _map(self, values: Array) -> FeatureMap:
        return FeatureMap(values, self._header.layout, self._header.picture)

    def _begin(self) -> None:
        """Give the file its header and its size; a stream that cannot seek gets the whole array."""
        if not is_new_file(self._stream):
            self._whole = WholeSink(
                [self._header], lambda maps: write_npy(self._stream, array_of(maps[0]))
            )
            return
        values = self._place()
        self._stream.write(
            _encoded_header(np.broadcast_to(np.zeros((), values.dtype), values.shape))
        )
        memory.reserve(self._stream, values.start + values.nbytes)
        self._values = values

    def _place(self) -> RawValues:
        """Where the values are in the file."""
        shape = tuple(self._header.shape[axis] for axis in axes_as_array(self._header))
        dtype = np.dtype(self._header.dtype)
        head = _encoded_header(np.broadcast_to(np.zeros((), dtype), shape))
        return RawValues(len(head), shape, dtype)


def chunk_shape(_: Format, header: Header, __: Mapping[str, Any]) -> tuple[int, ...]:
    """What is written together: a row."""
    last = axes_as_array(header)[-1]
    return tuple(size if axis == last else 1 for axis, size in enumerate(header.shape))


def axes_as_array(header: Header) -> list[int]:
    """The axes in the order that they are written in: channels first for an image."""
    layout = header.layout
    usual = layout if header.picture is None else sorted(layout, key=LETTERS.index)
    return [layout.index(letter) for letter in usual]


def is_new_file(stream: BinaryIO) -> bool:
    """Whether a stream is a file that can be written in any order, from its start on."""
    try:
        stream.fileno()
        return stream.seekable() and stream.tell() == 0
    except (AttributeError, OSError, ValueError):
        return False


def array_of(one: FeatureMap) -> Array:
    """The values; of an image with channels first, as arrays are read back."""
    if one.picture is None:
        return one.data
    usual = sorted(one.layout, key=LETTERS.index)
    return np.transpose(one.data, [one.layout.index(letter) for letter in usual])


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

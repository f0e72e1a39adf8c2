"""A file of safetensors that is being written: named tensors behind a header of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, BinaryIO

import numpy as np

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.npy_sink import is_new_file
from poolcli.io.raw_sink import RawBlock, RawLayout, RawSink, row_of
from poolcli.io.raw_values import RawValues
from poolcli.io.safetensors import METADATA, NAMES, Tensor
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.array import Array
from poolcli.maps.facts import Facts
from poolcli.maps.feature_map import FeatureMap

_ALIGNED = 8


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """A file with a tensor for each map."""
    if is_new_file(stream) and not any(map(_was_half, headers)):
        return RawSink(stream, _layout(headers))
    return WholeSink(headers, lambda maps: _write(stream, maps))


def reopen_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """The same file, of which some regions have been written."""
    return RawSink(stream, _layout(headers), is_new=False)


def chunk_shape(_: Format, header: Header, __: Mapping[str, Any]) -> tuple[int, ...] | None:
    """What is written together: a row; None for what was bfloat16, which its values decide."""
    return None if _was_half(header) else row_of(header.shape, range(len(header.shape)))


def _layout(headers: Sequence[Header]) -> RawLayout:
    others: Mapping[str, Tensor] = headers[0].facts.get("others", {})
    names = [each.name or f"arr_{number}" for number, each in enumerate(headers)]
    sizes = {name: each.form.nbytes for name, each in zip(names, headers, strict=True)}
    sizes |= {name: len(tensor.raw) for name, tensor in others.items()}
    kinds = {
        name: (NAMES[each.dtype], each.shape) for name, each in zip(names, headers, strict=True)
    }
    kinds |= {name: (tensor.dtype, tensor.shape) for name, tensor in others.items()}
    head = _head(headers[0].facts, kinds, sizes)
    starts = accumulate(sizes.values(), initial=len(head))
    places = dict(zip(sizes, starts, strict=False))
    blocks = [
        RawBlock(
            RawValues(places[name], each.shape, np.dtype(each.dtype).newbyteorder("<")),
            tuple(range(len(each.shape))),
        )
        for name, each in zip(names, headers, strict=True)
    ]
    rest = {places[name]: tensor.raw for name, tensor in others.items()}
    return RawLayout(blocks, {0: head, **rest}, len(head) + sum(sizes.values()))


def _write(stream: BinaryIO, maps: Sequence[FeatureMap]) -> None:
    tensors = dict(_tensors(maps))
    kinds = {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
    sizes = {name: len(tensor.raw) for name, tensor in tensors.items()}
    stream.write(_head(maps[0].facts, kinds, sizes))
    for tensor in tensors.values():
        stream.write(tensor.raw)


def _head(
    facts: Facts, kinds: Mapping[str, tuple[str, tuple[int, ...]]], sizes: Mapping[str, int]
) -> bytes:
    """What comes before the values of tensors of these dtypes, shapes and sizes."""
    header: dict[str, Any] = {}
    if metadata := facts.get("file_attributes", {}).get(""):
        header[METADATA] = {str(key): _text(value) for key, value in metadata.items()}
    begin = 0
    for name, (dtype, shape) in kinds.items():
        end = begin + sizes[name]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
        begin = end
    packed = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    packed += b" " * (-len(packed) % _ALIGNED)
    return len(packed).to_bytes(8, "little") + packed


def _was_half(header: Header) -> bool:
    was: bool = header.facts.get("storage", {}).get("dtype") == "BF16"
    return was and header.dtype == "float32"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _tensors(maps: Sequence[FeatureMap]) -> Iterator[tuple[str, Tensor]]:
    for number, one in enumerate(maps):
        yield one.name or f"arr_{number}", _tensor(one)
    yield from maps[0].facts.get("others", {}).items()


def _tensor(one: FeatureMap) -> Tensor:
    was_half = one.facts.get("storage", {}).get("dtype") == "BF16"
    values = np.ascontiguousarray(one.data)
    if was_half and values.dtype == np.float32 and _fits_half(values):
        upper = (values.view(np.uint32) >> 16).astype("<u2")
        return Tensor("BF16", values.shape, upper.tobytes())
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return Tensor(NAMES[values.dtype.name], values.shape, little.tobytes())


def _fits_half(values: Array) -> bool:
    """Whether float32 values are those of a bfloat16, whose lower bits are all zero."""
    return not (values.view(np.uint32) & 0xFFFF).any()


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a file cannot keep: the other data of another format, groups."""
    others, groups = header.facts.get("others", {}), header.facts.get("file_attributes", {})
    are_tensors = all(isinstance(each, Tensor) for each in others.values())
    lost = [] if are_tensors else ["others"]
    return (*lost, *(["file_attributes"] if groups.keys() - {""} else []))

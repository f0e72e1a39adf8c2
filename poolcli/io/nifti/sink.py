"""A map becomes a NIfTI volume, with the header that its file had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from poolcli.io import gzipped
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.nifti.source import HEADS, LAYOUTS, NAMES, damage_refused
from poolcli.io.npy_sink import is_new_file
from poolcli.io.raw_sink import RawBlock, RawLayout, RawSink, row_of
from poolcli.io.raw_values import RawValues
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import extra

_SLICES = ("slice_code", "slice_start", "slice_end", "slice_duration")  # of pixels along an axis


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A volume of one map; packed where `compressed` says so."""
    is_packed = options.get("compressed", False)
    if not is_packed and is_new_file(stream):
        return RawSink(stream, _layout(headers[0]))
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps[0], is_packed=is_packed)))


def reopen_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], __: Mapping[str, Any]
) -> Sink:
    """The same volume, of which some regions have been written."""
    return RawSink(stream, _layout(headers[0]), is_new=False)


def chunk_shape(_: Format, header: Header, options: Mapping[str, Any]) -> tuple[int, ...] | None:
    """What is written together: a row; None for a packed volume."""
    if options.get("compressed"):
        return None
    return row_of(header.shape, [header.layout.index(each) for each in _stored(header)])


def open_packed_sink(
    record: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A volume of one map, packed by gzip."""
    return open_sink(record, stream, headers, {"compressed": True, **options})


def _encoded(one: FeatureMap, *, is_packed: bool) -> bytes:
    layout = _layout(Header.of(one))
    (block,) = layout.blocks
    values = one.data.transpose(block.axes).astype(block.values.dtype, copy=False)
    file = layout.others[0] + values.tobytes()
    return gzipped.packed(file) if is_packed else file


def _stored(header: Header) -> str:
    """The letters of the axes in the order of the file, whose last one lies together."""
    return "".join(letter for letter in "CNDHW" if letter in header.layout)


def _layout(header: Header) -> RawLayout:
    """The header of a volume, and the place of its values."""
    head = _head(header)
    sizes = dict(zip(header.layout, header.shape, strict=True))
    letters = _stored(header)
    values = RawValues(
        len(head), tuple(sizes[each] for each in letters), np.dtype(header.dtype).newbyteorder("<")
    )
    block = RawBlock(values, tuple(header.layout.index(each) for each in letters))
    return RawLayout([block], {0: head}, len(head) + values.nbytes)


def _head(one: Header) -> bytes:
    """What comes before the values."""
    nibabel = extra("nifti", "writing .nii")
    letters = "".join(letter for letter in "WHDNC" if letter in one.layout)
    letters = LAYOUTS[5][: max(map(LAYOUTS[5].index, letters)) + 1]
    sizes = dict(zip(one.layout, one.shape, strict=True))
    shape = [sizes.get(letter, 1) for letter in letters]
    with damage_refused():
        header = _old_header(nibabel, one.facts.get("header", b""))
        kind = nibabel.Nifti2Image if _is_large(shape, header) else nibabel.Nifti1Image
        pixel = np.zeros((1,) * len(shape), one.dtype)
        image = kind(pixel, _affine(one, letters), header, dtype=pixel.dtype)
        _put_codes(image, header)
        image.header.set_zooms(_zooms(one, letters))
        _put_units(image.header, one)
        _put_extensions(nibabel, image.header, one.facts.get("extensions", ()))
        file = image.to_bytes()  # of one pixel, whose header is then made that of all
        made = kind.header_class.from_fileobj(BytesIO(file))
        start, length = made.get_data_offset(), int(made["sizeof_hdr"])
        made.set_data_shape(shape)
    return bytes(made.binaryblock + file[length:start])


def _is_large(shape: Sequence[int], header: Any) -> bool:
    return max(shape) > 32767 or int(header["sizeof_hdr"]) == 540


def _old_header(nibabel: Any, block: bytes) -> Any:
    """The header that the file had, without what is of its own pixels; a new one if it had none."""
    if not block:
        return nibabel.Nifti1Header()
    kind = nibabel.Nifti2Header if len(block) == 540 else nibabel.Nifti1Header
    header = kind(block).as_byteswapped("<")
    for name in _SLICES:
        header[name] = 0
    return header


def _affine(one: Header, letters: str) -> Any:
    """The matrix of voxels to millimetres; the sizes alone, if there is no other."""
    known = one.facts.get("affine")
    if known is not None and known.axes == "WHD":
        return np.vstack([np.array(known.matrix), [0, 0, 0, 1]])
    sizes = [size for size, letter in zip(_zooms(one, letters), letters, strict=True)][:3]
    origin = one.facts.get("origin", {})
    matrix = np.diag([*sizes, *[1.0] * (4 - len(sizes))])
    matrix[:3, 3] = [origin.get(letter, 0.0) for letter in "WHD"]
    return matrix


def _zooms(one: Header, letters: str) -> list[float]:
    spacing = one.facts.get("spacing", {})
    return [spacing.get(letter, PixelSize(1.0)).size for letter in letters]


def _put_codes(image: Any, old: Any) -> None:
    """What the matrix refers to: the scanner, a template ..., as it was."""
    affine = image.affine
    image.set_sform(affine, int(old["sform_code"]) or None)
    image.set_qform(affine, int(old["qform_code"]) or None)


def _put_units(header: Any, one: Header) -> None:
    spacing = one.facts.get("spacing", {})
    units = list(header.get_xyzt_units())
    for place, letter in enumerate("WN"):
        if letter in spacing:
            units[place] = NAMES.get(spacing[letter].unit, "unknown")
    header.set_xyzt_units(*units)


def _put_extensions(nibabel: Any, header: Any, extensions: Sequence[tuple[int, bytes]]) -> None:
    for code, content in extensions:
        header.extensions.append(nibabel.nifti1.Nifti1Extension(code, content))


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a volume cannot keep: another format's header, units that it does not know."""
    block = header.facts.get("header", b"")
    is_foreign = not isinstance(block, bytes) or len(block) not in HEADS
    affine = header.facts.get("affine")
    is_volume = affine is None or (affine.axes == "WHD" and len(affine.matrix) == 3)
    return (*(("header",) if is_foreign else ()), *(() if is_volume else ("affine",)))

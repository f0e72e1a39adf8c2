"""NIfTI-1 and -2 by nibabel (an extra): volumes with the size, place and direction of a voxel.

Values are scaled as the header says, so that they mean the same to every reducer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, BinaryIO, cast

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io import gzipped
from poolcli.io.damage import DECODER_ERRORS, check_unpacked, one_line
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.raw_values import native, size_of
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.maps.facts import Affine, PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, shape_words
from poolcli.resources.extras import extra

_HEADS = {348: (344, b"n+1\0"), 540: (4, b"n+2\0")}  # by the length of a header: where its magic is
_LAYOUTS = {1: "W", 2: "WH", 3: "WHD", 4: "WHDN", 5: "WHDNC"}
_UNITS = {"meter": "m", "mm": "mm", "micron": "µm", "sec": "s", "msec": "ms", "usec": "µs"}
_NAMES = {symbol: name for name, symbol in _UNITS.items()}
_SLICES = ("slice_code", "slice_start", "slice_end", "slice_duration")  # of pixels along an axis


def is_nifti(stream: BinaryIO) -> bool:
    """Whether a stream, packed or not, begins with the header of a NIfTI file."""
    return _order(gzipped.head_of(stream, 540)) is not None


def _order(head: bytes) -> str | None:
    """The byte order of a header; None if it is no NIfTI."""
    for order in ("little", "big"):
        length = int.from_bytes(head[:4], cast("Any", order))
        if length in _HEADS:
            place, magic = _HEADS[length]
            return order if head[place : place + 4] == magic else None
    return None


def open_source(stream: BinaryIO, layout: str | None) -> NiftiSource:
    """The volume of a file."""
    return NiftiSource(stream, layout)


class NiftiSource:
    """A volume, of which any region can be read."""

    format = "nifti"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        nibabel = extra("nifti", "a NIfTI file")
        _quiet()
        size = size_of(stream)
        values = gzipped.opened(stream)
        with _damage_refused():
            length = int.from_bytes(values.read(4), "little")
            values.seek(0)
            is_second = length in (540, int.from_bytes((540).to_bytes(4, "little"), "big"))
            kind = nibabel.Nifti2Image if is_second else nibabel.Nifti1Image
            holder = nibabel.FileHolder(fileobj=values)
            self._image = kind.from_file_map({"image": holder, "header": holder})
            self.headers = (_header(self._image, layout),)
            _check_size(self._image, size, is_packed=values is not stream)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """The volume, or a region of it."""
        header, proxy = self.headers[number], self._image.dataobj
        with _damage_refused():
            values = np.asarray(proxy[region] if region is not None else proxy)
        values = native(values, header.dtype)
        return FeatureMap(values, header.layout, None, "", header.facts)


def _quiet() -> None:
    """Keep nibabel from writing to stderr what it changes in odd headers."""
    logger = logging.getLogger("nibabel.global")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except PoolError:
        raise
    except Exception as error:
        if not isinstance(error, DECODER_ERRORS) and "nibabel" not in type(error).__module__:
            raise
        raise FileError(
            f"the NIfTI is cut short or damaged ({one_line(error)}): save it again"
        ) from error


def _check_size(image: Any, size: int, *, is_packed: bool) -> None:
    proxy = image.dataobj
    unpacked = prod(proxy.shape) * proxy.dtype.itemsize
    if is_packed:
        check_unpacked(unpacked, size)
    elif proxy.offset + unpacked > size:
        raise FileError(
            f"its header claims {shape_words(proxy.shape)} voxels, and they are not all there: "
            "save it again"
        )


def _header(image: Any, layout: str | None) -> Header:
    shape, proxy = tuple(map(int, image.shape)), image.dataobj
    if proxy.dtype.kind not in "biuf" or proxy.dtype.itemsize > 8:
        raise FileError(f"it holds {proxy.dtype}: save real numbers of at most 64 bits")
    if not shape or 0 in shape or len(shape) > 5:
        raise FileError(f"its shape is {shape_words(shape) or '()'}: save one to five axes")
    letters = check_layout(layout, len(shape)) if layout else _LAYOUTS[len(shape)]
    is_scaled = (proxy.slope, proxy.inter) != (1, 0)
    dtype = "float64" if is_scaled else proxy.dtype.newbyteorder("=").name
    return Header("", shape, dtype, letters, None, _facts(image, letters))


def _facts(image: Any, letters: str) -> dict[str, Any]:
    header = image.header
    space, time = (_UNITS.get(unit, "") for unit in header.get_xyzt_units())
    zooms = dict(zip(letters, map(float, header.get_zooms()), strict=True))
    found: dict[str, Any] = {
        "spacing": {
            letter: PixelSize(zoom, time if letter == "N" else space)
            for letter, zoom in zooms.items()
            if letter != "C"
        },
        "header": header.binaryblock,
    }
    if letters[:3] == "WHD":
        found["affine"] = Affine("WHD", tuple(tuple(map(float, row)) for row in image.affine[:3]))
    extensions = tuple((each.get_code(), each.get_content()) for each in header.extensions)
    if any(extensions):
        found["extensions"] = tuple((code, _as_bytes(content)) for code, content in extensions)
    return found


def _as_bytes(content: Any) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode()


# As a sink -----------------------------------------------------------------------------------


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A volume of one map; packed where `compressed` says so."""
    is_packed = options.get("compressed", False)
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps[0], is_packed=is_packed)))


def open_packed_sink(
    record: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A volume of one map, packed by gzip."""
    return open_sink(record, stream, headers, {"compressed": True, **options})


def _encoded(one: FeatureMap, *, is_packed: bool) -> bytes:
    nibabel = extra("nifti", "writing .nii")
    letters = "".join(letter for letter in "WHDNC" if letter in one.layout)
    letters = _LAYOUTS[5][: max(map(_LAYOUTS[5].index, letters)) + 1]
    axes = dict(zip(one.layout, one.data.shape, strict=True))
    order = [one.layout.index(letter) for letter in letters if letter in axes]
    shape = [axes.get(letter, 1) for letter in letters]
    data = one.data.transpose(order).reshape(shape)
    with _damage_refused():
        header = _old_header(nibabel, one.facts.get("header", b""))
        kind = nibabel.Nifti2Image if _is_large(shape, header) else nibabel.Nifti1Image
        image = kind(data, _affine(one, letters), header, dtype=data.dtype)
        _put_codes(image, header)
        image.header.set_zooms(_zooms(one, letters))
        _put_units(image.header, one)
        _put_extensions(nibabel, image.header, one.facts.get("extensions", ()))
        file = image.to_bytes()
    return gzipped.packed(file) if is_packed else bytes(file)


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


def _affine(one: FeatureMap, letters: str) -> Any:
    """The matrix of voxels to millimetres; the sizes alone, if there is no other."""
    known = one.facts.get("affine")
    if known is not None and known.axes == "WHD":
        return np.vstack([np.array(known.matrix), [0, 0, 0, 1]])
    sizes = [size for size, letter in zip(_zooms(one, letters), letters, strict=True)][:3]
    origin = one.facts.get("origin", {})
    matrix = np.diag([*sizes, *[1.0] * (4 - len(sizes))])
    matrix[:3, 3] = [origin.get(letter, 0.0) for letter in "WHD"]
    return matrix


def _zooms(one: FeatureMap, letters: str) -> list[float]:
    spacing = one.facts.get("spacing", {})
    return [spacing.get(letter, PixelSize(1.0)).size for letter in letters]


def _put_codes(image: Any, old: Any) -> None:
    """What the matrix refers to: the scanner, a template ..., as it was."""
    affine = image.affine
    image.set_sform(affine, int(old["sform_code"]) or None)
    image.set_qform(affine, int(old["qform_code"]) or None)


def _put_units(header: Any, one: FeatureMap) -> None:
    spacing = one.facts.get("spacing", {})
    units = list(header.get_xyzt_units())
    for place, letter in enumerate("WN"):
        if letter in spacing:
            units[place] = _NAMES.get(spacing[letter].unit, "unknown")
    header.set_xyzt_units(*units)


def _put_extensions(nibabel: Any, header: Any, extensions: Sequence[tuple[int, bytes]]) -> None:
    for code, content in extensions:
        header.extensions.append(nibabel.nifti1.Nifti1Extension(code, content))


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a volume cannot keep: another format's header, units that it does not know."""
    block = header.facts.get("header", b"")
    is_foreign = not isinstance(block, bytes) or len(block) not in _HEADS
    affine = header.facts.get("affine")
    is_volume = affine is None or (affine.axes == "WHD" and len(affine.matrix) == 3)
    return (*(("header",) if is_foreign else ()), *(() if is_volume else ("affine",)))

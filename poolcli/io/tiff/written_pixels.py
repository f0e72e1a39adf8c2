"""How the pixels of a map are written in a TIFF: as those it came from, or as is usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from poolcli.errors import FileError, RequestError
from poolcli.io.header import Header
from poolcli.io.mode import NATURAL
from poolcli.io.tiff import codecs, predictor, stored_samples
from poolcli.io.tiff.carried import COMPRESSIONS
from poolcli.io.tiff.page_pixels import Pixels
from poolcli.io.tiff.storage import NAME, Stored
from poolcli.io.tiff.tags import Compression, Extra, Photometric
from poolcli.maps.layout import shape_words

DTYPES = (
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64"),
)
_TILE = 256
_PREDICTED = (Compression.LZW, Compression.DEFLATE, Compression.ZSTD, Compression.LZMA)
_ALPHA = (int(Extra.ALPHA),)
_MODES: dict[str, tuple[int, tuple[int, ...]]] = {
    "LA": (Photometric.BLACK_IS_ZERO, _ALPHA),
    "LA;16": (Photometric.BLACK_IS_ZERO, _ALPHA),
    "P": (Photometric.PALETTE, ()),
    "RGB": (Photometric.RGB, ()),
    "RGB;16": (Photometric.RGB, ()),
    "RGBA": (Photometric.RGB, _ALPHA),
    "RGBA;16": (Photometric.RGB, _ALPHA),
    "CMYK": (Photometric.SEPARATED, ()),
    "YCbCr": (Photometric.YCBCR, ()),
    "LAB": (Photometric.CIELAB, ()),
}
_OF_MODE = (Photometric.PALETTE, Photometric.YCBCR)  # photometrics of these modes alone


class Axes(NamedTuple):
    """The axes of a map as a file has them.

    `order` are their letters, `sizes` their sizes, and the first `lead` are before those of a page.
    """

    order: str
    lead: int
    sizes: tuple[int, ...]

    @property
    def by_letter(self) -> dict[str, int]:
        """The sizes by their letters."""
        return dict(zip(self.order, self.sizes, strict=True))

    @property
    def inner(self) -> str:
        """The letters of the axes of a page."""
        return self.order[self.lead :]

    @property
    def samples(self) -> int:
        """The samples of a pixel."""
        return self.sizes[self.order.index("C")] if "C" in self.inner else 1

    @property
    def letters(self) -> str:
        """The letters of the axes before those of a page, without those of one pixel."""
        pairs = zip(self.order[: self.lead], self.sizes, strict=False)
        return "".join(letter for letter, size in pairs if size > 1)


def kept_storage(header: Header) -> Stored | None:
    """How the TIFF held its pixels that a map came from, if it came from one."""
    found = header.facts.get("storage", {}).get(NAME)
    return found if isinstance(found, Stored) else None


def axes_of(header: Header, kind: str) -> Axes:
    """The axes of a map in a file with this kind of description.

    ImageJ has an order for them, and OME a plane for each channel of an array.
    """
    letters = header.layout
    if not {"H", "W"} <= set(letters):
        raise FileError(
            f"a map of shape {shape_words(header.shape)} ({letters}) has no height and width, "
            "which a TIFF needs: write .npy"
        )
    sizes = dict(zip(letters, header.shape, strict=True))
    inner = _inner(header, sizes, is_stack=kind == "ome")
    usual = "NDC" if kind == "imagej" else letters
    lead = "".join(letter for letter in usual if letter in letters and letter not in inner)
    order = lead + inner
    return Axes(order, len(lead), tuple(sizes[letter] for letter in order))


def _inner(header: Header, sizes: Mapping[str, int], *, is_stack: bool) -> str:
    """The letters of the axes of a page."""
    letters, kept = header.layout, kept_storage(header)
    if "C" not in letters:
        return "HW"
    if letters.index("C") > letters.index("W"):
        return "HWC"
    if kept is not None and kept.is_planar and stored_samples.fits(kept, sizes["C"]):
        return "CHW"
    is_picture = (header.dtype, sizes["C"]) in NATURAL
    return "HWC" if is_picture and not is_stack and header.picture is None else "HW"


def pixels_of(header: Header, axes: Axes, options: Mapping[str, Any]) -> Pixels:
    """How the pages of a map are written; RequestError for options that do not fit."""
    check_picture(header)
    kept = kept_storage(header)
    sizes = axes.by_letter
    dtype = np.dtype(header.dtype)
    photometric, extra = _meaning(header, kept, axes)
    compression = _compression(header, kept, options)
    made = Pixels(
        height=sizes["H"],
        width=sizes["W"],
        samples=axes.samples,
        dtype=dtype,
        photometric=photometric,
        extra=extra,
        is_planar=_is_planar(kept, axes),
        compression=compression,
        predictor=_predictor(kept, compression, dtype, options),
        tile=_tile(header, options, sizes),
        palette=_palette(header, kept) if photometric == Photometric.PALETTE else (),
        level=options.get("quality" if compression == Compression.JPEG else "level"),
    )
    if compression == Compression.JPEG:
        _check_jpeg(made)
    return made


def _meaning(header: Header, kept: Stored | None, axes: Axes) -> tuple[int, tuple[int, ...]]:
    """The photometric, and what the samples beyond the colours are."""
    mode = header.mode
    if kept is not None and stored_samples.fits(kept, axes.samples) and _is_kept(kept, mode):
        return kept.photometric, kept.extra
    if (mode in _MODES and axes.samples > 1) or mode == "P":
        return _MODES[mode]
    if axes.samples == 1:
        return Photometric.BLACK_IS_ZERO, ()
    natural = NATURAL.get((header.dtype, axes.samples), "") if header.picture is None else ""
    if natural in _MODES:
        return _MODES[natural]
    return Photometric.BLACK_IS_ZERO, (int(Extra.UNSPECIFIED),) * (axes.samples - 1)


def _is_kept(kept: Stored, mode: str) -> bool:
    """Whether values of a mode have the photometric of the file that they came from."""
    if kept.photometric in _OF_MODE:
        return _MODES.get(mode, (None,))[0] == kept.photometric
    return kept.photometric != Photometric.MASK


def _is_planar(kept: Stored | None, axes: Axes) -> bool:
    if axes.samples == 1:
        return False
    return axes.inner == "CHW" or bool(kept and kept.is_planar)


def _palette(header: Header, kept: Stored | None) -> tuple[int, ...]:
    """The palette in 16 bits a colour; that of the file it came from, if it is the same."""
    triples = np.frombuffer((header.picture and header.picture.palette) or b"", np.uint8)
    table = np.zeros((256, 3), np.uint16)
    entries = triples.reshape(-1, 3)[:256]
    table[: len(entries)] = entries
    old = np.array(kept.palette if kept else (), np.uint16).reshape(3, -1)
    made = table.T * np.uint16(257)
    if old.size and old.shape[1] <= 256 and (old >> 8 == table.T[:, : old.shape[1]]).all():
        made[:, : old.shape[1]] = old
    return tuple(made.ravel().tolist())


def _compression(header: Header, kept: Stored | None, options: Mapping[str, Any]) -> int:
    """The compression asked for, or that of the input where it loses nothing, or deflate."""
    if "compression" in options:
        return int(options["compression"])
    name = header.facts.get("compression")
    found = kept.compression if kept else COMPRESSIONS.get(str(name), Compression.DEFLATE)
    if found == Compression.OLD_DEFLATE:
        found = Compression.DEFLATE
    return found if found in codecs.WRITTEN else Compression.DEFLATE


def _predictor(
    kept: Stored | None, compression: int, dtype: np.dtype[Any], options: Mapping[str, Any]
) -> int:
    if compression not in _PREDICTED or dtype.kind == "b":
        if options.get("predictor"):
            raise RequestError(
                "tiff option predictor is for numbers compressed by lzw, deflate, zstd or lzma: "
                "leave it out"
            )
        return predictor.NONE
    usual = predictor.FLOATS if dtype.kind == "f" else predictor.DIFFERENCES
    if "predictor" in options:
        return usual if options["predictor"] else predictor.NONE
    return usual if kept is not None and kept.predictor != predictor.NONE else predictor.NONE


def _tile(
    header: Header, options: Mapping[str, Any], sizes: Mapping[str, int]
) -> tuple[int, int] | None:
    """Height and width of a tile: multiples of 16, and no more than the image needs."""
    wanted = options.get("tiled")
    chunks = header.facts.get("chunks", {})
    if wanted is False or (wanted is None and not {"H", "W"} <= chunks.keys()):
        return None
    sides = [(wanted if wanted is not True else _TILE) or chunks[letter] for letter in "HW"]
    pairs = zip(sides, "HW", strict=True)
    high, wide = (-(-min(side, sizes[letter]) // 16) * 16 for side, letter in pairs)
    return high, wide


def check_picture(header: Header) -> None:
    """FileError for a picture that a TIFF has no photometric for."""
    if header.mode == "HSV":
        raise FileError("TIFF holds no HSV (mode HSV): write .npy")


def _check_jpeg(pixels: Pixels) -> None:
    is_picture = pixels.photometric in (Photometric.BLACK_IS_ZERO, Photometric.RGB)
    if pixels.dtype != np.uint8 or pixels.extra or not is_picture or pixels.is_planar:
        raise RequestError("tiff option compression=jpeg is for 8-bit gray and RGB: leave it out")

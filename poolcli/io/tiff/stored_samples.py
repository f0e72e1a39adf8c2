"""Samples as a TIFF stores them, and the values of a map: what a photometric means."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.errors import FileError
from poolcli.io.mode import ALPHA_STACK, NATURAL, STACK
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.storage import Stored, colours_of, extra_samples
from poolcli.io.tiff.tags import Compression, Extra, Photometric, Tag
from poolcli.maps.array import Array
from poolcli.maps.picture import Picture

_SIGNED_COLOURS = (Photometric.CIELAB,)  # whose a* and b* are signed, whatever the format says
_DEEP = {(mode, "uint16"): f"{mode};16" for mode in ("LA", "RGB", "RGBA")}
_GRAY = (Photometric.WHITE_IS_ZERO, Photometric.BLACK_IS_ZERO)


def check_pooled(page: Page) -> None:
    """FileError for samples that make no sense once they are pooled."""
    if page.photometric == Photometric.MOSAIC:
        raise FileError("it is the mosaic of a sensor, not an image: develop it first")
    if page.compression == Compression.OLD_JPEG:
        raise FileError(
            "it holds a JPEG of TIFF 6.0, whose places no two writers agree on: "
            "`tiffcp -c lzw OLD.tif NEW.tif` makes a plain one of it"
        )
    if page.photometric == Photometric.YCBCR and page.compression != Compression.JPEG:
        by = page.directory.wholes(Tag.YCBCR_SUBSAMPLING)
        if by != (1, 1) and page.samples > 1:
            raise FileError("its colours have fewer pixels than its brightness: save it as RGB")
    if page.photometric == Photometric.PALETTE and not _is_palette(page):
        raise FileError("its palette is damaged or has more than alpha beside it: save its colours")


def _is_palette(page: Page) -> bool:
    table = page.directory.numbers(Tag.COLOUR_MAP)
    entries = len(table) if table.dtype == np.uint16 else 0
    has_alpha = page.samples == 2 and page.bits == 8 and not page.is_planar
    return (page.samples == 1 or has_alpha) and page.bits <= 8 and entries >= 3 << page.bits


def count_of(page: Page) -> int:
    """The samples of a pixel of the values: four where a palette has alpha beside it."""
    return 4 if page.photometric == Photometric.PALETTE and page.samples == 2 else page.samples


def dtype_of(page: Page) -> np.dtype[Any]:
    """The dtype of the values of a page."""
    if page.photometric == Photometric.PALETTE:
        return np.dtype(np.uint8)
    return page.dtype


def picture_of(page: Page, *, is_stack: bool) -> Picture:
    """What the values of a page mean, or those of a stack of its kind."""
    if page.photometric == Photometric.PALETTE:
        has_alpha = page.samples > 1
        return Picture("RGBA") if has_alpha else Picture("P", palette=_palette(page))
    return Picture(_mode(page, is_stack=is_stack))


def _palette(page: Page) -> bytes:
    """The palette as triples of bytes: a TIFF has 16 bits a colour."""
    entries = page.directory.numbers(Tag.COLOUR_MAP)[: 3 << page.bits].reshape(3, -1)
    bytes_ = entries >> 8 if entries.max(initial=0) > 255 else entries
    return np.ascontiguousarray(bytes_.T).astype(np.uint8).tobytes()


def _mode(page: Page, *, is_stack: bool) -> str:
    """A colour mode for one picture with colours, a gray one for one plane, else a stack."""
    extra = extra_samples(page)
    is_last = not page.is_planar or is_colour_image(page)
    has_alpha = extra[-1:] == (Extra.ALPHA,) and is_last and page.dtype.kind in "uf"
    if is_stack or (page.is_planar and not is_colour_image(page)):
        return ALPHA_STACK if has_alpha else STACK
    name = dtype_of(page).name
    if page.samples == 1 and page.photometric in (*_GRAY, Photometric.MASK):
        return NATURAL.get((name, 0), STACK)
    mode = _colour_mode(page, photometric_as_read(page))
    if mode is not None and name == "uint8":
        return mode
    return _DEEP.get((mode or "", name), ALPHA_STACK if has_alpha else STACK)


_COLOUR_MODES: dict[tuple[int, tuple[int, ...]], str] = {
    (Photometric.BLACK_IS_ZERO, (Extra.ALPHA,)): "LA",
    (Photometric.RGB, ()): "RGB",
    (Photometric.RGB, (Extra.ALPHA,)): "RGBA",
    (Photometric.SEPARATED, ()): "CMYK",
    (Photometric.YCBCR, ()): "YCbCr",
    (Photometric.CIELAB, ()): "LAB",
}


def is_colour_image(page: Page) -> bool:
    """Whether its samples are colours and alpha, which a map has last whatever the file has."""
    return _colour_mode(page, page.photometric) is not None and page.samples > 1


def _colour_mode(page: Page, photometric: int) -> str | None:
    """The mode of its colours with 8 bits a sample; None for other samples."""
    extra = extra_samples(page)
    is_whole = page.samples == colours_of(photometric) + len(extra)
    return _COLOUR_MODES.get((photometric, extra)) if is_whole else None


def photometric_as_read(page: Page) -> int:
    """The photometric of what the decoder gives: JPEG's YCbCr comes as RGB."""
    if page.photometric == Photometric.YCBCR and page.compression == Compression.JPEG:
        return Photometric.RGB
    return page.photometric


def to_values(samples: Array, page: Page) -> Array:
    """The values of stored samples, which have the last axes of `page.shape`."""
    if page.photometric == Photometric.WHITE_IS_ZERO:
        samples = inverted(samples, page.bits)
    if page.photometric == Photometric.PALETTE:
        return _of_palette(samples.astype(np.uint8), page)
    if page.bits in (2, 4) and page.photometric in _GRAY:
        return samples * np.uint8(255 // ((1 << page.bits) - 1))
    if page.photometric in _SIGNED_COLOURS:
        return with_unsigned_colours(samples, axis=-3 if page.is_planar else -1)
    return samples


def _of_palette(samples: Array, page: Page) -> Array:
    """Indices; or colours with the alpha that is beside their indices."""
    if page.samples == 1:
        return samples
    colours = Picture("P", palette=_palette(page)).colours()
    return np.concatenate([colours[samples[..., 0]], samples[..., 1:]], axis=-1)


def inverted(samples: Array, bits: int) -> Array:
    """Samples of which 0 is white as those of which 0 is black, or back."""
    if samples.dtype.kind == "b":
        return ~samples
    if samples.dtype.kind != "u":
        return samples
    return np.array((1 << bits) - 1, samples.dtype) - samples


def with_unsigned_colours(samples: Array, axis: int) -> Array:
    """L*a*b* with a* and b* counted from the middle of the range, so that they compare, or back."""
    if samples.dtype.kind != "u":
        return samples
    middle = 1 << (8 * samples.dtype.itemsize - 1)
    flips = np.zeros(samples.shape[axis], samples.dtype)
    flips[1:3] = middle
    return samples ^ flips.reshape(-1, *(1,) * (-1 - axis))


def to_samples(values: Array, kind: Stored) -> Array:
    """Values as they are stored, their samples last."""
    if kind.photometric == Photometric.WHITE_IS_ZERO:
        return inverted(values, 8 * values.dtype.itemsize)
    if kind.photometric in _SIGNED_COLOURS:
        return with_unsigned_colours(values, axis=-1)
    return values


def fits(kind: Stored, samples: int) -> bool:
    """Whether pixels of so many samples can be stored like this."""
    return kind.colours + len(kind.extra) == samples

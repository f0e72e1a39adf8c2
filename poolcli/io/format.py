"""The table of formats that are written: what each holds, and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, NamedTuple

from poolcli.errors import RequestError
from poolcli.resources.extras import extra


class WholeNumber(NamedTuple):
    """A whole number between two limits, as the value of an option."""

    low: int
    high: int

    def __call__(self, text: str) -> int:
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


class Choice(NamedTuple):
    """One of a few words, each of which stands for a value, as the value of an option."""

    values: tuple[tuple[str, Any], ...]

    def __call__(self, text: str) -> Any:
        found = dict(self.values)
        if text.lower() not in found:
            raise ValueError(text)
        return found[text.lower()]

    def __str__(self) -> str:
        return "one of " + ", ".join(word for word, _ in self.values)


_SWITCH = Choice(
    (("true", True), ("false", False), ("yes", True), ("no", False), ("1", True), ("0", False))
)
_SUBSAMPLING = Choice((("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)))
_COMPRESSION = Choice(
    (
        ("none", "raw"),
        ("lzw", "tiff_lzw"),
        ("deflate", "tiff_adobe_deflate"),
        ("packbits", "packbits"),
        ("jpeg", "jpeg"),
    )
)
_JPEG_2000 = {"rate": WholeNumber(1, 1000)}
_LOSSLESS = Choice(tuple(pair for pair in _COMPRESSION.values if pair[0] != "jpeg"))


@dataclass(frozen=True)
class Format:
    """A kind of file that is written.

    The first of `suffixes` is the usual one. `pillow` is Pillow's name, None if Pillow does not
    write it. `modes` of `Picture`, and PA (a palette with alpha), are held as they are. `keeps` is
    the metadata it holds: icc, exif, dpi. `save` has its options, `largest` the longest side in
    pixels, `extra` the extra that brings its library.
    """

    name: str
    suffixes: tuple[str, ...]
    pillow: str | None
    modes: tuple[str, ...]
    note: str
    holds_pages: bool = False
    keeps: tuple[str, ...] = ()
    save: Mapping[str, WholeNumber | Choice] = field(default_factory=dict, hash=False)
    largest: int = 2**31 - 1
    extra: str = ""
    is_folder: bool = False

    def options(self, save: Mapping[str, str]) -> dict[str, Any]:
        """The values of options given as texts; RequestError for what this format does not take."""
        if self.extra:
            extra(self.extra, f"writing {self.suffixes[0]}")
        return {name: self._option(name, text) for name, text in save.items()}

    def _option(self, name: str, text: str) -> Any:
        if name not in self.save:
            raise RequestError(
                f"{self.name} has no option {name!r}; {_hint(name, tuple(self.save))}"
            )
        try:
            return self.save[name](text)
        except ValueError:
            raise RequestError(
                f"{self.name} option {name} is {self.save[name]}, not {text!r}"
            ) from None


FORMATS = (
    Format(
        "png",
        (".png", ".apng"),
        "PNG",
        ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "LA;16", "RGB;16", "RGBA;16"),
        "lossless; frames from an animation",
        holds_pages=True,
        keeps=("icc", "exif", "dpi"),
        save={"compress_level": WholeNumber(0, 9), "optimize": _SWITCH},
    ),
    Format(
        "jpeg",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "JPEG",
        ("L", "RGB", "CMYK", "YCbCr"),
        "lossy; quality 95 and subsampling 4:4:4 unless told",
        keeps=("icc", "exif", "dpi"),
        save={
            "quality": WholeNumber(1, 100),
            "subsampling": _SUBSAMPLING,
            "progressive": _SWITCH,
            "optimize": _SWITCH,
        },
        largest=65500,
    ),
    Format(
        "tiff",
        (".tiff", ".tif"),
        "TIFF",
        ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
        "lossless; pages; keeps the compression; quality is for compression=jpeg",
        holds_pages=True,
        keeps=("icc", "exif", "dpi"),
        save={"compression": _COMPRESSION, "quality": WholeNumber(1, 100)},
    ),
    Format(
        "ome",
        (".ome.tiff", ".ome.tif"),
        None,
        ("RGB;16", "RGBA;16", "ND"),
        "named axes, any depth, the size of a pixel; needs poolcli[tiff]",
        holds_pages=True,
        keeps=("icc", "dpi"),
        save={"compression": _LOSSLESS},
        extra="tiff",
    ),
    Format(
        "webp",
        (".webp",),
        "WEBP",
        ("RGB", "RGBA"),
        "lossless unless a quality is given; frames",
        holds_pages=True,
        keeps=("icc", "exif"),
        save={"quality": WholeNumber(0, 100), "lossless": _SWITCH, "method": WholeNumber(0, 6)},
        largest=16383,
    ),
    Format(
        "bmp", (".bmp", ".dib"), "BMP", ("1", "L", "P", "RGB"), "lossless; no alpha", keeps=("dpi",)
    ),
    Format(
        "gif",
        (".gif",),
        "GIF",
        ("L", "P", "PA", "LA", "RGB", "RGBA"),
        "frames; exact up to 256 colours; a pixel is transparent or not",
        holds_pages=True,
        save={"optimize": _SWITCH},
        largest=65535,
    ),
    Format(
        "ppm",
        (".ppm", ".pgm", ".pbm", ".pnm"),
        "PPM",
        ("1", "L", "RGB", "I;16"),
        "lossless; PBM, PGM or PPM by what the map holds",
    ),
    Format(
        "tga",
        (".tga", ".icb", ".vda", ".vst"),
        "TGA",
        ("1", "L", "LA", "P", "RGB", "RGBA"),
        "lossless; keeps the compression",
        save={"compression": Choice((("none", None), ("rle", "tga_rle")))},
        largest=65535,
    ),
    Format("pcx", (".pcx",), "PCX", ("1", "L", "P", "RGB"), "lossless; no alpha", largest=65535),
    Format(
        "sgi",
        (".sgi", ".rgb", ".rgba", ".bw"),
        "SGI",
        ("L", "RGB", "RGBA"),
        "lossless",
        largest=65535,
    ),
    Format("qoi", (".qoi",), "QOI", ("RGB", "RGBA"), "lossless"),
    Format(
        "jp2",
        (".jp2", ".jpx", ".jpf"),
        "JPEG2000",
        ("L", "LA", "RGB", "RGBA", "I;16"),
        "JPEG 2000; lossless unless a rate of compression is given",
        save=_JPEG_2000,
    ),
    Format(
        "j2k",
        (".j2k", ".j2c", ".jpc"),
        "JPEG2000",
        ("L", "LA", "RGB", "RGBA", "I;16"),
        "JPEG 2000 without a container",
        save=_JPEG_2000,
    ),
    Format(
        "avif",
        (".avif", ".avifs"),
        "AVIF",
        ("RGB", "RGBA"),
        "lossy; quality 100 and subsampling 4:4:4 unless told; frames",
        holds_pages=True,
        keeps=("icc", "exif"),
        save={
            "quality": WholeNumber(0, 100),
            "subsampling": Choice(tuple((word, word) for word, _ in _SUBSAMPLING.values)),
            "speed": WholeNumber(0, 10),
        },
        largest=65535,
    ),
    Format("npy", (".npy",), None, (), "one array, any dtype and layout"),
    Format(
        "npz",
        (".npz",),
        None,
        (),
        "several named arrays",
        holds_pages=True,
        save={"compressed": _SWITCH},
    ),
    Format(
        "zarr",
        (".zarr", ".ome.zarr"),
        None,
        (),
        "OME-Zarr: a folder of chunks; one array with its levels; needs poolcli[zarr]",
        save={
            "version": Choice((("0.4", "0.4"), ("0.5", "0.5"))),
            "chunk": WholeNumber(1, 1 << 20),
        },
        extra="zarr",
        is_folder=True,
    ),
)


def format_named(word: str) -> Format:
    """The format a name or a suffix means, in capitals or not.

    >>> format_named(".JPG").name
    'jpeg'
    """
    plain = word.lower().removeprefix(".")
    for known in FORMATS:
        if plain == known.name or f".{plain}" in known.suffixes:
            return known
    raise RequestError(f"no format {word!r}; {_hint(plain, _names())}")


def split_name(name: str) -> tuple[str, str]:
    """The stem and the suffix of a file's name; a suffix of two parts is one where a format has it.

    >>> split_name("cells.ome.tif"), split_name("v1.2.png")
    (('cells', '.ome.tif'), ('v1.2', '.png'))
    """
    long = [suffix for known in FORMATS for suffix in known.suffixes if suffix.count(".") > 1]
    suffix = next(
        (suffix for suffix in long if name.lower().endswith(suffix)), PurePath(name).suffix
    )
    return name[: len(name) - len(suffix)], name[len(name) - len(suffix) :]


def _names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(suffix[1:] for known in FORMATS for suffix in known.suffixes))


def _hint(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if close := get_close_matches(word, known, 1):
        return f"did you mean {close[0]}?"
    return "there are " + ", ".join(known) if known else "there are none"

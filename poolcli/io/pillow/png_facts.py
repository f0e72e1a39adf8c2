"""What the chunks of a PNG say beside its pixels: light, text, the shape of a pixel, a date."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from struct import error as StructError  # noqa: N812 - it names an exception
from struct import pack, unpack
from typing import Any, BinaryIO

from poolcli.io.pillow.further_blocks import behind
from poolcli.io.pillow.png_chunks import SIGNATURE, chunk, find_chunks

_LARGEST = 1 << 24  # bytes of a chunk, or of the text that it is packed from
_SCALE = 100_000  # of gAMA and cHRM
_XMP = "XML:com.adobe.xmp"
_PROFILES = "Raw profile type "  # texts of ImageMagick that hold EXIF, XMP or an ICC profile
# Chunks that Pillow reads: the pixels, and facts that it gives.
_STRUCTURE = (
    *(b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
    *(b"iCCP", b"eXIf"),
)
_JOINED = ("text", "further_data")  # facts that several chunks add to
_PACKED = 1000  # characters of a text from which on it is compressed


class Translated(str):
    """A text of an iTXt chunk, with its language and its keyword in that language."""

    __slots__ = ("keyword", "language")
    language: str
    keyword: str


def _translated(text: str, language: str, keyword: str) -> Translated:
    one = Translated(text)
    one.language, one.keyword = language, keyword
    return one


# Reading -------------------------------------------------------------------------------------


Found = Iterator[tuple[str, Any]]


def png_facts(stream: BinaryIO) -> dict[str, Any]:
    """The facts that are in chunks of their own; chunks that are not read are named."""
    found: dict[str, Any] = {}
    for kind, size in find_chunks(stream):
        for name, value in _chunk_facts(stream, kind, size):
            found[name] = found.get(name, ()) + value if name in _JOINED else value
        if kind == b"IEND":
            break
    if "further_data" in found:
        found["further_data"] = tuple(dict.fromkeys(found["further_data"]))
    return found


def _chunk_facts(stream: BinaryIO, kind: bytes, size: int) -> Found:
    name = kind.decode("latin-1")
    if kind == b"IEND":
        yield from (("further_data", (each,)) for each in behind(stream, stream.tell() + 4))
    elif kind in _READERS:
        try:
            yield from tuple(_READERS[kind](_content(stream, size)))
        except (ValueError, StructError, zlib.error, UnicodeError):
            yield "further_data", (f"damaged {name}",)
    elif kind not in _STRUCTURE and kind.isalpha():
        yield "further_data", (name,)


def _content(stream: BinaryIO, size: int) -> bytes:
    if size > _LARGEST:
        raise ValueError(size)
    return stream.read(size)


def _gamma(data: bytes) -> Found:
    (gamma,) = unpack(">I", data)
    if gamma:
        yield "gamma", gamma / _SCALE


def _chromaticities(data: bytes) -> Found:
    yield "chromaticities", tuple(value / _SCALE for value in unpack(">8I", data))


def _srgb(data: bytes) -> Found:
    yield "srgb", unpack("B", data)[0]


def _cicp(data: bytes) -> Found:
    yield "cicp", tuple(unpack("4B", data))


def _shape_of_pixels(data: bytes) -> Found:
    across, down, unit = unpack(">IIB", data)
    if unit == 0 and across and down:
        yield "aspect", (float(across), float(down))


def _date(data: bytes) -> Found:
    year, *rest = unpack(">H5B", data)
    yield "date", "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(year, *rest)


def _plain_text(data: bytes) -> Found:
    keyword, _, text = data.partition(b"\0")
    yield from _text(keyword.decode("latin-1"), text.decode("latin-1"))


def _packed_text(data: bytes) -> Found:
    keyword, _, packed = data.partition(b"\0")
    yield from _text(keyword.decode("latin-1"), _inflated(packed[1:]).decode("latin-1"))


def _utf8_text(data: bytes) -> Found:
    keyword, _, rest = data.partition(b"\0")
    language, translated, text = rest[2:].split(b"\0", 2)
    value = _inflated(text) if rest[0] else text
    if keyword.decode("latin-1") == _XMP:
        yield "xmp", value
        return
    names = language.decode("latin-1"), translated.decode()
    yield from _text(keyword.decode("latin-1"), _translated(value.decode(), *names))


def _text(keyword: str, text: str) -> Found:
    """A text; what ImageMagick has packed as one is what it holds."""
    if not keyword.startswith(_PROFILES):
        yield "text", ((keyword, text),)
        return
    kind = keyword.removeprefix(_PROFILES)
    if kind in ("exif", "APP1", "xmp"):
        raw = bytes.fromhex("".join(text.split("\n")[3:]))
        is_exif = raw.startswith((b"Exif\0\0", b"II", b"MM"))
        yield ("exif", raw.removeprefix(b"Exif\0\0")) if is_exif else ("xmp", raw)
    else:
        yield "further_data", (keyword,)


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(data, _LARGEST)
    if inflater.unconsumed_tail:
        raise ValueError("a text of more than 16 MB")
    return plain


_READERS: Mapping[bytes, Callable[[bytes], Found]] = {
    b"gAMA": _gamma,
    b"cHRM": _chromaticities,
    b"sRGB": _srgb,
    b"cICP": _cicp,
    b"pHYs": _shape_of_pixels,
    b"tIME": _date,
    b"tEXt": _plain_text,
    b"zTXt": _packed_text,
    b"iTXt": _utf8_text,
}


# Writing -------------------------------------------------------------------------------------


def with_chunks(file: bytes, facts: Mapping[str, Any]) -> bytes:
    """A PNG with the chunks that these facts need; colours first, as they must be."""
    start = len(SIGNATURE) + 25  # behind IHDR
    added = [chunk(kind, data) for kind, data in _chunks(facts, has_icc=b"iCCP" in file[:4096])]
    return b"".join([file[:start], *added, file[start:]]) if added else file


def _chunks(facts: Mapping[str, Any], *, has_icc: bool) -> Iterator[tuple[bytes, bytes]]:
    if "gamma" in facts:
        yield b"gAMA", pack(">I", _scaled(facts["gamma"]))
    if "chromaticities" in facts:
        yield b"cHRM", pack(">8I", *map(_scaled, facts["chromaticities"]))
    if "srgb" in facts and not has_icc:  # one of them alone is allowed (PNG, 11.3.2.5)
        yield b"sRGB", pack("B", facts["srgb"])
    if "cicp" in facts:
        yield b"cICP", bytes(facts["cicp"])
    if "aspect" in facts and "dpi" not in facts:
        yield b"pHYs", pack(">IIB", *_whole(facts["aspect"]), 0)
    if "date" in facts:
        yield b"tIME", _packed_date(facts["date"])
    if "xmp" in facts:
        yield b"iTXt", _XMP.encode() + bytes(5) + facts["xmp"]
    for keyword, text in facts.get("text", ()):
        yield _text_chunk(keyword.encode("latin-1", "replace")[:79], text)


def _scaled(value: float) -> int:
    return min(round(value * _SCALE), 2**31 - 1)


def _whole(pair: tuple[float, float]) -> tuple[int, int]:
    """The same relation in whole numbers."""
    scale = 1 if all(value.is_integer() for value in pair) else 1000 / min(pair)
    across, down = (max(1, min(round(value * scale), 2**31 - 1)) for value in pair)
    return across, down


def _packed_date(date: str) -> bytes:
    day, _, time = date.partition("T")
    return pack(">H5B", *map(int, day.split("-")), *map(int, time.split(":")))


def _text_chunk(keyword: bytes, text: str) -> tuple[bytes, bytes]:
    names = f"{text.language}\0{text.keyword}" if isinstance(text, Translated) else "\0"
    is_long = len(text) >= _PACKED
    try:
        if isinstance(text, Translated):
            raise UnicodeError  # noqa: TRY301 - it stays one
        latin = text.encode("latin-1")
    except UnicodeError:
        body = zlib.compress(text.encode()) if is_long else text.encode()
        return b"iTXt", b"%b\0%c\0%b\0%b" % (keyword, is_long, names.encode(), body)
    if is_long:
        return b"zTXt", keyword + b"\0\0" + zlib.compress(latin)
    return b"tEXt", keyword + b"\0" + latin

"""PNG of every kind is read as the specification says; a plain decoder is the twin."""

import io
import struct
import zlib

import numpy as np
import png_twin
import pytest
from handmade import chunk
from png_twin import CHANNELS, KINDS
from round_trips import assert_peek_agrees, back, image_map, refusal, rng, written

from poolcli.errors import FileError
from poolcli.io import peek, read

SIZES = [(1, 1), (3, 5), (9, 17), (16, 8)]
LEVELS = np.random.default_rng(3).integers(0, 256, (256, 3), np.uint8)


def samples(colour, depth, size, seed=0):
    shape = (*size, CHANNELS[colour])
    return rng(seed).integers(0, 1 << depth, shape).astype(np.uint16)


def palette(depth):
    return chunk(b"PLTE", LEVELS[: 1 << depth].tobytes())


def key(colour, depth, values):
    """tRNS: the first pixel's colour; for a palette alpha for some, or for one entry."""
    if colour == 3:
        return chunk(b"tRNS", bytes([255, 0, 7, 99][: 1 << depth]))
    return chunk(b"tRNS", values[0, 0].astype(">u2").tobytes())


def as_rgba(one):
    """The values as RGBA of 8 or 16 bits."""
    one = one.expanded()
    deep = "16" in one.picture.mode
    values = one.data.astype(np.uint16) * (255 if one.picture.mode == "1" else 1)
    values = values.reshape(*values.shape[:2], -1)
    alpha = np.full(values.shape[:2], 65535 if deep else 255)
    if one.picture.has_alpha:
        values, alpha = values[..., :-1], values[..., -1]
    return np.dstack([np.broadcast_to(values, (*alpha.shape, 3)), alpha]).astype(np.uint16)


def file_of(colour, depth, size, interlaced=False, with_key=False):
    values = samples(colour, depth, size)
    before = palette(depth) if colour == 3 else b""
    before += key(colour, depth, values) if with_key else b""
    return png_twin.encode(values, colour, depth, interlaced, before)


@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "interlaced"])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_every_kind(colour, depth, interlaced):
    for size in SIZES:
        for with_key in (False, True)[: 1 + (colour < 4)]:
            raw = file_of(colour, depth, size, interlaced, with_key)
            (one,) = read(io.BytesIO(raw))
            np.testing.assert_array_equal(as_rgba(one), png_twin.shown(raw))
            assert_peek_agrees(io.BytesIO(raw))


@pytest.mark.parametrize("mode", ["I;16", "LA;16", "RGB;16", "RGBA;16"])
def test_sixteen_bits_come_back(mode):
    channels = {"I;16": (), "LA;16": (2,), "RGB;16": (3,), "RGBA;16": (4,)}[mode]
    for size in (*SIZES, (200, 300)):
        values = rng().integers(0, 65536, (*size, *channels), np.uint16)
        (again,) = back(image_map(mode, values, dpi=(72.0, 72.0), icc=None), "png")
        np.testing.assert_array_equal(again.data, values)
        assert again.picture.mode == mode
    raw = written(image_map(mode, values), "png", save={"compress_level": "0"})
    assert len(raw) > values.nbytes


def test_sixteen_bits_are_as_other_readers_see_them():
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    values = np.cumsum(rng().integers(0, 300, (40, 50, 3), np.uint16), 1, dtype=np.uint16)
    raw = written(image_map("RGB;16", values), "png")
    np.testing.assert_array_equal(imagecodecs.png_decode(raw), values)
    (again,) = read(io.BytesIO(imagecodecs.png_encode(values)))
    np.testing.assert_array_equal(again.data, values)


def test_sixteen_bits_where_they_do_not_fit():
    deep = image_map("RGB;16", np.zeros((4, 4, 3), np.uint16), duration=9)
    with pytest.raises(FileError, match=r"JPEG holds no 16-bit colour .*write .png"):
        written(deep, "jpg")
    assert back(deep, "jpg", scale="minmax")[0].data.dtype == np.uint8
    with pytest.raises(FileError, match=r"16: write .tiff"):
        written([deep, deep], "png")


# ---- damage


@pytest.mark.parametrize("size", [(2, 2), (9, 8), (120, 80), (1100, 1000)], ids=str)
def test_missing_rows(size):
    pixels = np.zeros((*size, 3), np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", size[1], size[0], 8, 2, 0, 0, 0)
    )
    end = chunk(b"IEND", b"")
    whole = head + chunk(b"IDAT", zlib.compress(rows)) + end
    np.testing.assert_array_equal(read(io.BytesIO(whole))[0].data, pixels)
    half = head + chunk(b"IDAT", zlib.compress(rows[: len(rows) // 2])) + end
    assert "of its rows are missing" in refusal(half)
    packed = zlib.compress(rows)
    assert "of its rows are missing" in refusal(head + chunk(b"IDAT", packed[:4]) + end)
    assert "IEND, is missing" in refusal(head + chunk(b"IDAT", packed))
    assert "IDAT is cut short" in refusal(whole[: len(head) + 14])
    wrong = bytearray(whole)
    wrong[whole.index(b"IEND") - 5] ^= 1
    assert "IDAT is cut short or has a wrong checksum" in refusal(bytes(wrong))
    assert peek(io.BytesIO(wrong)).maps[0].shape == pixels.shape


@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "interlaced"])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_the_last_byte_is_missed(colour, depth, interlaced):
    for size in SIZES:
        raw = file_of(colour, depth, size, interlaced)
        start, stop = raw.index(b"IDAT") - 4, raw.index(b"IEND") - 4
        rows = zlib.decompress(raw[start + 8 : stop - 4])
        shorter = chunk(b"IDAT", zlib.compress(rows[:-1]))
        assert "damaged" in refusal(raw[:start] + shorter + raw[stop:])
        longer = chunk(b"IDAT", zlib.compress(rows + b"more"))
        np.testing.assert_array_equal(
            as_rgba(read(io.BytesIO(raw[:start] + longer + raw[stop:]))[0]), png_twin.shown(raw)
        )


def test_a_transparent_colour_of_more_bits_than_a_sample():
    values = samples(0, 4, (5, 5))
    wide = chunk(b"tRNS", (values[0, 0] | 0x7F0).astype(">u2").tobytes())
    raw = png_twin.encode(values, 0, 4, before=wide)
    np.testing.assert_array_equal(as_rgba(read(io.BytesIO(raw))[0]), png_twin.shown(raw))
    values = samples(2, 8, (5, 5))
    wide = chunk(b"tRNS", (values[0, 0] | 0x300).astype(">u2").tobytes())
    raw = png_twin.encode(values, 2, 8, before=wide)
    np.testing.assert_array_equal(as_rgba(read(io.BytesIO(raw))[0]), png_twin.shown(raw))

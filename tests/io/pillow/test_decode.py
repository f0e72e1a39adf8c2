"""Images that Pillow leaves to us: keys, palettes, 16 bits, odd modes, bombs."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from handmade import chunk, png, tiff
from PIL import Image
from round_trips import assert_peek_agrees, back, image_map, pixels, rgba, saved, written

from poolcli.errors import FileError
from poolcli.io import (
    default_format,
    peek,
    read,
)


def test_short_palettes_and_their_alpha():
    raw = png(
        3, 1, 8, 3, b"\0\0\1\5", chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6])) + chunk(b"tRNS", b"\x80")
    )
    (one,) = read(io.BytesIO(raw))
    assert one.data.tolist() == [[0, 1, 5]]
    assert one.picture.palette == bytes([1, 2, 3, 4, 5, 6]) + bytes(12)
    assert one.picture.palette_alpha == b"\x80" + b"\xff" * 5
    assert len(peek(io.BytesIO(raw)).maps[0].picture.palette) == 6
    assert_peek_agrees(io.BytesIO(raw))
    (again,) = back(one, "png")
    assert (again.picture.palette, again.picture.palette_alpha) == (
        one.picture.palette,
        one.picture.palette_alpha,
    )
    assert np.array_equal(again.data, one.data)
    for word in ("webp", "tiff", "gif"):
        shown = rgba(back(one, word)[0])
        assert np.array_equal(shown[..., :3], rgba(one)[..., :3])
    with pytest.raises(FileError, match="BMP holds no alpha"):
        written(one, "bmp")


def test_a_single_transparent_index_stays_in_a_gif():
    one = image_map("P", palette_alpha=bytes([255] * 7 + [0] + [255] * 248))
    for word in ("gif", "png"):
        (again,) = back(one, word)
        assert np.array_equal(again.data, one.data)
        assert (again.picture.palette, again.picture.palette_alpha) == (
            one.picture.palette,
            one.picture.palette_alpha,
        )


@pytest.mark.parametrize(("depth", "key"), [(1, 1), (2, 1), (4, 1), (8, 17)])
def test_a_transparent_gray_becomes_alpha(depth, key):
    raw = png(
        8 // depth, 1, depth, 0, bytes([0, 0b00010001]), chunk(b"tRNS", struct.pack(">H", key))
    )
    (one,) = read(io.BytesIO(raw))
    samples = [0b00010001 >> shift & (1 << depth) - 1 for shift in range(8 - depth, -1, -depth)]
    assert one.picture.mode == "LA"
    assert one.data[0, :, 0].tolist() == [sample * 255 // ((1 << depth) - 1) for sample in samples]
    assert one.data[0, :, 1].tolist() == [0 if sample == key else 255 for sample in samples]
    assert_peek_agrees(io.BytesIO(raw))


def test_a_transparent_colour_becomes_alpha():
    raw = png(
        2, 1, 8, 2, bytes([0, 1, 2, 3, 1, 2, 4]), chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    )
    assert read(io.BytesIO(raw))[0].data.tolist() == [[[1, 2, 3, 0], [1, 2, 4, 255]]]
    assert_peek_agrees(io.BytesIO(raw))


def test_sixteen_bit_gray():
    raw = png(2, 1, 16, 0, b"\0" + struct.pack(">HH", 258, 65535))
    (one,) = read(io.BytesIO(raw))
    assert (one.data.dtype, one.data.tolist(), one.picture.mode) == (
        np.uint16,
        [[258, 65535]],
        "I;16",
    )
    for order in "<>":
        raw = tiff(2, 1, 16, struct.pack(f"{order}HH", 258, 65535), order)
        assert read(io.BytesIO(raw))[0].data.tolist() == [[258, 65535]]
        assert_peek_agrees(io.BytesIO(raw))
    white_is_zero = tiff(2, 1, 16, struct.pack("<HH", 258, 65535), t262=0)
    assert read(io.BytesIO(white_is_zero))[0].data.tolist() == [[65535 - 258, 0]]
    (pgm,) = read(io.BytesIO(b"P5 2 1 65535\n" + struct.pack(">HH", 258, 65535)))
    assert (pgm.data.dtype, pgm.data.tolist()) == (np.uint16, [[258, 65535]])


def test_signed_and_float_tiff():
    raw = tiff(2, 1, 16, struct.pack("<hh", -5, 32767), t339=2)
    assert read(io.BytesIO(raw))[0].data.tolist() == [[-5, 32767]]
    assert_peek_agrees(io.BytesIO(raw))
    for order in "<>":
        raw = tiff(2, 1, 32, struct.pack(f"{order}ff", -0.5, 1e30), order, t339=3)
        assert (
            read(io.BytesIO(raw))[0].data.tolist() == np.array([[-0.5, 1e30]], np.float32).tolist()
        )
    unsigned = tiff(2, 1, 32, struct.pack("<II", 5, 2**31 - 1))
    assert read(io.BytesIO(unsigned))[0].data.tolist() == [[5, 2**31 - 1]]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_eight_bit_jpeg_2000(mode):
    raw = saved(Image.fromarray(pixels(mode)), "JPEG2000")
    assert np.array_equal(read(io.BytesIO(raw))[0].data, pixels(mode))
    assert_peek_agrees(io.BytesIO(raw))


def test_sixteen_bits_in_either_byte_order():
    values = pixels("I;16", 3, 4)
    for mode, order in (("I;16", "<u2"), ("I;16B", ">u2")):
        raw = saved(Image.frombytes(mode, (4, 3), values.astype(order).tobytes()), "TIFF")
        (one,) = read(io.BytesIO(raw))
        assert one.picture.mode == "I;16"
        assert_peek_agrees(io.BytesIO(raw))
        assert np.array_equal(one.data, values)


def test_mpo_is_its_first_picture():
    first, second = Image.new("RGB", (8, 6), "red"), Image.new("RGB", (4, 3), "blue")
    raw = saved(first, "MPO", save_all=True, append_images=[second])
    (one,) = read(io.BytesIO(raw))
    seen = peek(io.BytesIO(raw))
    assert (one.data.shape, seen.format, default_format(seen.format, seen.maps).name) == (
        (6, 8, 3),
        "jpeg",
        "jpeg",
    )
    assert_peek_agrees(io.BytesIO(raw))

"""Orientation, EXIF, profiles and resolution."""

from __future__ import annotations

import io

import numpy as np
import pytest
from handmade import chunk, png
from PIL import Image, ImageOps
from round_trips import assert_peek_agrees, back, image_map, pixels, saved, written

from poolcli.io import (
    peek,
    read,
)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("word", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_and_reset(turn, word):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turn, "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    image = Image.fromarray(pixels("RGB", 16, 24))
    options = {"WEBP": {"lossless": True}}.get(word, {"dpi": (100, 50)})
    raw = saved(image, word, exif=exif.tobytes(), **options)
    (one,) = read(io.BytesIO(raw))
    assert np.array_equal(
        one.data, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    )
    header = peek(io.BytesIO(raw)).maps[0]
    assert header.orientation == turn
    assert_peek_agrees(io.BytesIO(raw))
    if word != "WEBP":
        assert np.allclose(one.facts["dpi"], (100, 50) if turn < 5 else (50, 100), atol=0.1)
    kept = Image.Exif()
    kept.load(one.facts["exif"])
    assert kept.get(0x0112, 1) == 1
    assert kept[0x010F] == "Maker"
    for again_as in ("png", "jpg", "tiff", "webp"):
        again = Image.open(io.BytesIO(written(one, again_as))).getexif()
        assert (again.get(0x0112, 1), again[0x010F]) == (1, "Maker")
        assert again.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"


def test_exif_behind_the_pixels_of_a_png():
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = png(2, 1, 8, 0, b"\0\1\2", behind=chunk(b"eXIf", exif.tobytes()[6:]))
    assert read(io.BytesIO(raw))[0].data.tolist() == [[1], [2]]
    assert peek(io.BytesIO(raw)).maps[0].shape == (2, 1)


def test_damaged_exif_costs_no_picture():
    raw = png(2, 1, 8, 0, b"\0\1\2", chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"))
    (one,) = read(io.BytesIO(raw))
    assert one.data.tolist() == [[1, 2]]
    assert_peek_agrees(io.BytesIO(raw))


def test_structure_tags_do_not_travel_from_exif_into_a_tiff():
    exif = Image.Exif()
    exif[262], exif[258], exif[0x0131] = 0, 1, "soft"
    one = image_map("L", exif=exif.tobytes())
    (again,) = back(one, "tiff")
    assert np.array_equal(again.data, one.data)
    assert b"soft" in again.facts["exif"]


@pytest.mark.parametrize("word", ["png", "jpg", "tiff", "webp"])
def test_profile_and_dots_are_kept(word):
    one = image_map("RGB", icc=b"profile" * 40, dpi=(300.0, 150.0))
    (again,) = back(one, word)
    assert again.facts["icc"] == one.facts["icc"]
    if word != "webp":
        assert np.allclose(again.facts["dpi"], (300, 150), atol=0.1)


def test_a_profile_for_gray_does_not_go_with_colours():
    assert back(image_map("L", icc=b"gray"), "webp")[0].facts == {}
    assert back(image_map("L", icc=b"gray"), "png")[0].facts["icc"] == b"gray"
    assert back(image_map("P", icc=b"rgb"), "jpg")[0].facts["icc"] == b"rgb"


def test_facts_never_break_a_write():
    one = image_map("RGB", exif=b"Exif\0\0" + bytes(70_000), dpi=(1e9, 1.0), icc=b"x" * 100)
    for word in ("png", "jpg", "tiff", "webp", "bmp"):
        assert back(one, word)[0].data.shape == one.data.shape

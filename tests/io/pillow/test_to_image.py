"""Maps as images: what a format holds, and scales."""

from __future__ import annotations

import io

import numpy as np
import pytest
from round_trips import back, image_map, pixels, rgba, rng, written

from poolcli.errors import FileError, RequestError
from poolcli.io import (
    format_named,
    write,
)
from poolcli.maps.feature_map import FeatureMap


def test_gif_colours_are_exact_while_they_fit():
    few = rng().integers(0, 256, (255, 3), dtype=np.uint8)[rng(1).integers(0, 255, (20, 20))]
    assert np.array_equal(rgba(back(image_map("RGB", few), "gif")[0])[..., :3], few)
    alpha = np.dstack([few, np.where(rng(2).random((20, 20)) < 0.3, 0, 255).astype(np.uint8)])
    shown = rgba(back(image_map("RGBA", alpha), "gif")[0])
    assert np.array_equal(shown[..., 3], alpha[..., 3])
    assert np.array_equal(shown[alpha[..., 3] > 0], alpha[alpha[..., 3] > 0])
    many = back(image_map("RGB", pixels("RGB", 64, 64)), "gif")[0]
    assert np.abs(rgba(many)[..., :3].astype(int) - pixels("RGB", 64, 64)).mean() < 40


def test_all_clear_gif():
    shown = rgba(back(image_map("RGBA", np.zeros((4, 4, 4), np.uint8)), "gif")[0])
    assert not shown[..., 3].any()


@pytest.mark.parametrize(
    ("mode", "word", "words"),
    [
        ("RGBA", "jpg", r"JPEG holds no alpha \(mode RGBA\): write .png"),
        ("LA", "jpg", "JPEG holds no alpha"),
        ("I;16", "jpg", "JPEG holds no 16-bit gray .*--scale"),
        ("F", "jpg", "float32 map has no pixel range"),
        ("I", "png", "int32 map has no pixel range"),
        ("CMYK", "png", r"PNG holds no CMYK .*: write .jpg or .tiff"),
        ("LAB", "webp", "WEBP holds no LAB .*: write .tiff"),
        ("HSV", "tiff", "TIFF holds no HSV .*: write .npy"),
        ("RGBA", "bmp", "BMP holds no alpha"),
        ("RGBA", "ppm", "PPM holds no alpha"),
        ("I;16", "gif", "GIF holds no 16-bit"),
    ],
)
def test_what_a_format_does_not_hold(mode, word, words):
    with pytest.raises(FileError, match=words):
        written(image_map(mode), word)


def test_opaque_alpha_is_no_alpha():
    data = pixels("RGBA")
    data[..., 3] = 255
    assert np.array_equal(back(image_map("RGBA", data), "bmp")[0].data, data[..., :3])


def test_sides_have_limits():
    with pytest.raises(FileError, match="1x16384 pixels are more than WEBP holds"):
        written(image_map("L", np.zeros((1, 16384), np.uint8)), "webp")


@pytest.mark.parametrize(
    ("shape", "layout", "mode"),
    [
        ((4, 5), "HW", "L"),
        ((1, 4, 5), "CHW", "L"),
        ((1, 1, 4, 5), "NCHW", "L"),
        ((2, 4, 5), "CHW", "LA"),
        ((1, 3, 4, 5), "NCHW", "RGB"),
        ((4, 5, 4), "HWC", "RGBA"),
        ((1, 1), "HW", "L"),
        ((5, 4), "WH", "L"),
    ],
)
def test_arrays_as_images(shape, layout, mode):
    data = rng().integers(0, 256, shape, dtype=np.uint8)
    (again,) = back(FeatureMap(data, layout), "png")
    assert again.picture.mode == mode
    order = [
        layout.index(letter)
        for letter in "HWC"
        if letter in layout and (letter != "C" or mode != "L")
    ]
    expected = data.transpose(order + [axis for axis in range(data.ndim) if axis not in order])
    assert np.array_equal(again.data, expected.reshape(again.data.shape))


@pytest.mark.parametrize(
    ("dtype", "word", "mode"),
    [
        ("?", "png", "1"),
        ("u2", "png", "I;16"),
        ("u2", "tiff", "I;16"),
        ("i4", "tiff", "I"),
        ("f4", "tiff", "F"),
    ],
)
def test_dtypes_that_are_images(dtype, word, mode):
    data = (rng().random((4, 5)) * 3 - 1).astype(dtype)
    (again,) = back(FeatureMap(data, "HW"), word)
    assert again.picture.mode == mode
    assert np.array_equal(again.data, data)


@pytest.mark.parametrize(
    ("shape", "layout", "words"),
    [
        (
            (64, 4, 5),
            "CHW",
            r"64x4x5 \(CHW\) has 64 channels, an image takes 1 channel .*write .npy",
        ),
        ((8, 3, 4, 5), "NCHW", r"8x3x4x5 \(NCHW\) is no picture"),
        ((9,), "L", "is no picture"),
        ((3, 4, 5), "DHW", "is no picture"),
        ((2, 9), "NC", "is no picture"),
        ((1, 9), "NC", "no height and width"),
    ],
)
def test_maps_that_are_no_images(shape, layout, words):
    with pytest.raises(FileError, match=words):
        written(FeatureMap(np.ones(shape, np.uint8), layout), "png")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i8", "u4", "u8"])
def test_values_without_a_pixel_range_ask_for_scale(dtype):
    one = FeatureMap(np.array([[0, 1], [2, 100]], dtype), "HW")
    with pytest.raises(
        FileError, match=rf"{np.dtype(dtype).name} map has no pixel range: .*--scale minmax.*\.npy"
    ):
        written(one, "png")
    assert back(one, "png", scale="none")[0].data.tolist() == [[0, 1], [2, 100]]
    assert back(one, "png", scale="minmax")[0].data.tolist() == [[0, 3], [5, 255]]


def test_scales():
    values = np.array([[np.nan, np.inf, -np.inf, 0.5, 1.5, 300, -2]])
    assert back(FeatureMap(values, "HW"), "png", scale="none")[0].data.tolist() == [
        [0, 255, 0, 0, 2, 255, 0]
    ]
    assert back(FeatureMap(values, "HW"), "png", scale="minmax")[0].data.tolist() == [
        [0, 255, 0, 2, 3, 255, 0]
    ]
    huge = np.array([[-1.7e308, 0, 1.7e308]])
    assert back(FeatureMap(huge, "HW"), "png", scale="minmax")[0].data.tolist() == [[0, 128, 255]]
    for flat in (np.full((2, 2), 7.0), np.full((2, 2), np.nan), np.full((2, 2), 2**62)):
        assert not back(FeatureMap(flat, "HW"), "png", scale="minmax")[0].data.any()
    with pytest.raises(RequestError, match="minmax or none"):
        written(FeatureMap(values, "HW"), "png", scale="max")


def test_scale_leaves_pixels_alone_and_helps_images_that_lost_their_range():
    assert np.array_equal(back(image_map("L"), "png", scale="minmax")[0].data, pixels("L"))
    photo = image_map("CMYK").with_data(pixels("CMYK").astype(np.float32))
    with pytest.raises(FileError, match="float32 map with 4 channels has no pixel range"):
        written(photo, "png")
    (again,) = back(photo, "tiff", scale="none")
    assert again.picture.mode == "CMYK"
    assert np.array_equal(again.data, pixels("CMYK"))
    assert back(image_map("I;16"), "jpg", scale="minmax")[0].data.dtype == np.uint8


def test_a_refused_write_writes_nothing():
    stream = io.BytesIO()
    with pytest.raises(FileError):
        write([image_map("RGBA")], stream, format_named("jpg"))
    assert stream.getvalue() == b""

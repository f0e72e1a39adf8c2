"""Colours of images, and scales of colours, against Pillow and arithmetic by hand."""

import numpy as np
import pytest
from PIL import Image, ImageCms
from pooled_images import noise
from round_trips import through_file

from poolcli.analysis.drawing.colour import CHECKER, NAN, cubehelix
from poolcli.analysis.drawing.render import render


def test_cubehelix_grows_evenly_in_brightness():
    brightness = cubehelix() @ [0.30, 0.59, 0.11]  # the weights that Green 2011 begins from
    assert (np.diff(brightness) > 0).all()
    inside = cubehelix()[(cubehelix() > 0).all(1) & (cubehelix() < 255).all(1)]
    assert len(inside) > 200  # the others are cut at the ends of a byte
    np.testing.assert_allclose(
        inside @ [0.30, 0.59, 0.11], brightness[1:-1][: len(inside)], atol=12
    )
    np.testing.assert_allclose(brightness, np.arange(256), atol=6)


def test_cubehelix_goes_from_black_to_white_past_green_and_pink():
    table = cubehelix().astype(int)
    assert table[0].tolist() == [0, 0, 0]
    assert table[-1].tolist() == [255, 255, 255]
    assert table[100].argmax() == 1
    assert table[170].argmax() == 0
    assert np.abs(table - NAN).sum(1).min() > 100  # no value looks missing


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P"])
def test_colours_are_those_of_the_image(mode):
    image = Image.fromarray(noise(20, 30, 3)).convert(mode)
    drawing = render(through_file(image))
    np.testing.assert_array_equal(drawing.pixels, np.asarray(image.convert("RGB")))
    assert (drawing.words, drawing.limits, drawing.corners) == ("", None, ((0, 0),))


def test_cmyk_is_light_that_ink_lets_through():
    inks = noise(5, 7, 4)
    drawing = render(through_file(Image.fromarray(inks, "CMYK"), "TIFF"))
    light = (255.0 - inks[..., :3]) * (255.0 - inks[..., 3:]) / 255
    np.testing.assert_allclose(drawing.pixels, light, atol=1)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_lets_the_ground_through(mode):
    image = Image.fromarray(noise(20, 30, 4)).convert(mode)
    rgba = np.asarray(image.convert("RGBA"), float)
    share = rgba[..., 3:] / 255
    flat = render(through_file(image), background=(10, 20, 30)).pixels
    np.testing.assert_allclose(flat, rgba[..., :3] * share + (1 - share) * [10, 20, 30], atol=0.51)
    clear = Image.new(mode, (48, 60))
    squares = render(through_file(clear)).pixels
    assert {tuple(pixel) for pixel in squares.reshape(-1, 3).tolist()} == set(CHECKER)
    assert tuple(squares[0, 0]) == tuple(squares[4, 4]) != tuple(squares[0, 4])


def test_a_palette_with_transparent_entries():
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    drawing = render(through_file(image, transparency=1), background=(1, 2, 3))
    assert drawing.pixels.tolist() == [[[255, 0, 0], [1, 2, 3]]]


def test_sixteen_bits_go_from_the_smallest_to_the_largest():
    image = Image.fromarray(np.array([[1000, 2000], [3000, 1500]], np.uint16))
    drawing = render(through_file(image))
    assert drawing.pixels[..., 0].tolist() == [[0, 128], [255, 64]]
    assert (drawing.pixels == drawing.pixels[..., :1]).all()
    assert (drawing.words, drawing.limits) == ("1000 .. 3000", (1000.0, 3000.0))
    assert render(through_file(image), limits=(0, 65535)).pixels.max() == round(3000 / 257)


def test_float_images_are_gray_and_tell_what_is_missing():
    values = np.array([[0, 0.5], [np.nan, np.inf]], np.float32)
    drawing = render(through_file(Image.fromarray(values), "TIFF"))
    assert drawing.words == "0 .. 0.5, 1 NaN"
    assert drawing.pixels.tolist() == [[[0] * 3, [255] * 3], [list(NAN), [255] * 3]]


def test_a_profile_changes_what_is_seen():
    lab = ImageCms.createProfile("LAB")
    wide = through_file(
        Image.fromarray(noise(4, 4, 3)), icc_profile=ImageCms.ImageCmsProfile(lab).tobytes()
    )
    plain = through_file(Image.fromarray(wide.data))
    np.testing.assert_array_equal(
        render(wide).pixels, plain.data
    )  # a profile that fits no RGB is left out
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    near = render(through_file(Image.fromarray(wide.data), icc_profile=srgb)).pixels
    np.testing.assert_allclose(near, plain.data.astype(float), atol=2)


def test_lab_becomes_colours():
    gray = through_file(Image.fromarray(np.full((2, 2, 3), (128, 0, 0), np.uint8), "LAB"), "TIFF")
    pixels = render(gray).pixels.astype(int)
    assert np.ptp(pixels) <= 3  # a = b = 0 is gray,
    assert abs(pixels.mean() - 119) <= 3  # and L* = 50 is 119 in sRGB

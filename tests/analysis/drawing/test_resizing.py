"""Pictures made smaller."""

import numpy as np

from poolcli.analysis.drawing.resizing import shrunk


def test_areas_are_averaged(rng):
    pixels = rng.integers(0, 256, (8, 12, 3), np.uint8)
    mean = np.rint(pixels.reshape(4, 2, 4, 3, 3).mean((1, 3)))
    np.testing.assert_array_equal(shrunk(pixels, (4, 4)), mean)


def test_few_bright_pixels_stay_bright(rng):
    pixels = rng.integers(0, 9, (100, 100, 3), np.uint8)  # a noisy night
    for number in range(12):
        pixels[8 * number, 8 * number] = 255, 20 * number, 0
    small = shrunk(pixels, (10, 10))
    for number in range(12):
        assert small[8 * number // 10, 8 * number // 10, 0] == 255
    assert (small[..., 0] < 9).sum() >= 88


def test_ink_on_paper_stays_dark():
    pixels = np.full((100, 100, 3), 240, np.uint8)
    pixels[::50, ::50] = 10
    assert (shrunk(pixels, (10, 10)) == 10).all(-1).sum() == 4


def test_one_colour_stays_that_colour():
    pixels = np.full((30, 20, 3), 77, np.uint8)
    assert (shrunk(pixels, (3, 2)) == 77).all()

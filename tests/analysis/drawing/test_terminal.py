"""What a terminal is sent is read back into pixels, and compared with those that went in."""

import numpy as np
import pytest
from screens import block_pixels, kitty_pixels, opaque, shared_colour, sixel_pixels

from poolcli.analysis.drawing.screen import Screen
from poolcli.analysis.drawing.terminal import encoded, nearest256


def noise(height, width, few=256):
    """Pixels of at most so many colours, with a hole in a corner."""
    rng = np.random.default_rng([height, width, few])
    table = rng.integers(0, 256, (few, 4), np.uint8)
    pixels = table[rng.integers(0, few, (height, width))]
    pixels[..., 3] = 255
    pixels[:3, :5] = 0
    return pixels


@pytest.mark.parametrize("height", [8, 9, 2, 1])
def test_half_blocks_are_the_pixels(height):
    pixels = noise(height, 13)
    shown, texts = block_pixels(encoded(pixels, Screen("half")))
    np.testing.assert_array_equal(shown[:height], pixels)
    assert not shown[height:].any()
    assert texts == []


def test_the_256_colours_are_the_nearest_of_those_terminals_share():
    pixels = noise(30, 30)
    shown, _ = block_pixels(encoded(pixels, Screen("half256")))
    table = np.array([shared_colour(index) for index in range(16, 256)])
    seen = pixels[..., 3] > 0
    away = np.square(pixels[seen][:, None, :3].astype(int) - table).sum(-1)
    np.testing.assert_array_equal(
        np.square(shown[seen][:, :3].astype(int) - pixels[seen][:, :3]).sum(-1), away.min(1)
    )
    np.testing.assert_array_equal(shown[..., 3], pixels[..., 3])
    assert [shared_colour(index) for index in nearest256(table).tolist()] == [
        tuple(row) for row in table.tolist()
    ]


def test_letters_grow_with_brightness():
    levels = np.linspace(0, 255, 10).astype(np.uint8)
    ramp = opaque(np.repeat(np.repeat(levels[None, :, None], 3, axis=2), 2, axis=0))
    assert encoded(ramp, Screen("text")) == " .:-=+*#%@\n"
    ramp[..., 3] = 0
    assert encoded(ramp, Screen("text")) == "\n"


@pytest.mark.parametrize(("height", "width"), [(20, 30), (7, 300), (13, 1)])
def test_sixels_are_the_pixels(height, width):
    pixels = noise(height, width, few=200)
    text = encoded(pixels, Screen("sixel", cell=(10, 20)))
    shown = sixel_pixels(text)
    np.testing.assert_array_equal(shown[:height, :width, 3], pixels[..., 3])
    np.testing.assert_allclose(
        shown[:height, :width].astype(int), pixels, atol=2
    )  # sixel counts to 100
    assert not shown[height:].any()
    rows = -(-height // 20)
    assert text.startswith("\n" * rows + f"\x1b[{rows}A\x1b7\x1bP")
    assert text.endswith(f"\x1b\\\x1b8\x1b[{rows}B")


def test_sixels_of_a_photograph_are_near_it():
    across, down = np.meshgrid(np.arange(200), np.arange(150))
    smooth = opaque(np.stack([across, down, (across + down) // 2], -1).astype(np.uint8))
    shown = sixel_pixels(encoded(smooth, Screen("sixel", cell=(10, 10))))
    assert np.abs(shown.astype(int) - smooth).mean() < 6


@pytest.mark.parametrize("size", [(20, 30), (90, 333)])
def test_kitty_gets_the_pixels(size):
    pixels = noise(*size)
    shown, keys = kitty_pixels(encoded(pixels, Screen("kitty", cell=(10, 20))))
    np.testing.assert_array_equal(shown[: size[0], : size[1]], pixels)
    assert not shown[size[0] :].any()
    assert shown.shape[:2] == (20 * int(keys["r"]), 10 * int(keys["c"]))

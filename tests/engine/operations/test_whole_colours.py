"""The mode of images counts whole colours."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

import poolcli
from poolcli.engine.operations.whole_colours import WholeColours
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.pipeline.parser import parse

RED, CYAN, BLUE, BLACK = (255, 0, 0), (0, 255, 255), (0, 0, 255), (0, 0, 0)


def few_colours(dtype, channels, seed=0):
    """Pixels of few colours, near both ends of the dtype."""
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        colours = random.normal(size=(4, channels)).astype(dtype)
    else:
        top = int(np.iinfo(dtype).max)
        colours = random.choice([0, 1, top - 1, top], (4, channels)).astype(dtype)
    return colours[random.integers(0, 4, (8, 9))]


def by_hand(pixels, kernel, counts=lambda colour: True, empty=None):
    rows, columns = pixels.shape[0] // kernel, pixels.shape[1] // kernel
    out = np.empty((rows, columns, pixels.shape[-1]), pixels.dtype)
    for row, column in np.ndindex(rows, columns):
        cell = pixels[row * kernel :, column * kernel :][:kernel, :kernel]
        colours = [tuple(colour) for colour in cell.reshape(-1, cell.shape[-1])]
        found = Counter(colour for colour in colours if counts(colour))
        best = min(found, key=lambda colour: (-found[colour], colour)) if found else empty
        out[row, column] = best
    return out


def pooled(pixels, mode, **options):
    text = " ".join(["mode -k 2", *(f"--{name} {value}" for name, value in options.items())])
    *_, (result,) = parse(text).walk(FeatureMap(pixels, "HWC", Picture(mode)))
    return result.data


def test_the_colour_that_most_pixels_have():
    image = Image.fromarray(np.array([[RED, RED], [CYAN, BLUE]], np.uint8))
    assert poolcli.pool(image, "mode").tolist() == [[[255, 0, 0]]]
    assert poolcli.pool(image, "mode", per_channel=True).tolist() == [[[0, 0, 0]]]
    assert poolcli.pool(np.asarray(image), "mode", layout="HWC").tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize(
    ("mode", "dtype", "channels"),
    [
        ("RGB", np.uint8, 3),
        ("CMYK", np.uint8, 4),
        ("RGB;16", np.uint16, 3),
        ("CMYK", np.uint16, 4),
        ("RGB", np.float32, 3),
        ("RGB", np.int16, 3),
    ],
)
def test_every_kind_of_colours(mode, dtype, channels):
    for seed in range(5):
        pixels = few_colours(dtype, channels, seed)
        np.testing.assert_array_equal(pooled(pixels, mode), by_hand(pixels, 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_pixel_is_nodata_where_all_of_its_channels_are(dtype):
    pixels = np.array([[RED, BLACK, BLACK, BLACK], [BLACK, BLACK, BLACK, BLACK]], dtype)
    assert pooled(pixels, "RGB", nodata=0).tolist() == [[[255, 0, 0], [0, 0, 0]]]
    assert pooled(pixels, "RGB", nodata=0, emit="count").tolist() == [[[1] * 3, [0] * 3]]


def test_nan_of_a_channel():
    pixels = np.array([[(1, 2, np.nan), (3, 4, 5)], [(3, 4, 5), (6, 7, 8)]], np.float32)
    assert np.isnan(pooled(pixels, "RGB")).all()
    assert pooled(pixels, "RGB", nan="ignore").tolist() == [[[3, 4, 5]]]


def test_clear_pixels_have_no_colour():
    clear, red = (*CYAN, 0), (*RED, 255)
    image = Image.fromarray(np.array([[clear, clear], [clear, red]], np.uint8))
    assert poolcli.pool(image, "mode").tolist() == [[[255, 0, 0, 0]]]


def test_flat_windows_and_indices():
    pixels = few_colours(np.uint8, 3)
    image = Image.fromarray(pixels)
    flat = poolcli.pool(image, "mode", levels=(1, 2))
    whole = poolcli.pool(image, "mode", adaptive=1).ravel()
    quarters = poolcli.pool(image, "mode", adaptive=2)
    expected = [*whole.tolist(), *quarters.transpose(2, 0, 1).ravel().tolist()]
    assert flat.tolist() == expected
    values, indices = poolcli.pool(image, "mode", kernel=2, return_indices=True)
    np.testing.assert_array_equal(indices[..., 0], indices[..., 2])
    np.testing.assert_array_equal(pixels.reshape(-1, 3)[indices[..., 0]], values)


def test_operations_are_of_whole_colours_for_images_alone():
    step = parse("mode -k 2").steps[0]
    form = FeatureMap(few_colours(np.uint8, 3), "HWC", Picture("RGB")).form
    assert isinstance(step.operation_on(form), WholeColours)
    assert not isinstance(step.operation_on(form._replace(mode="ND")), WholeColours)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("border", ["edge", "7", "0"])
def test_borders_are_colours(dtype, border):
    pixels = few_colours(dtype, 3)
    how = {"mode": "edge"} if border == "edge" else {"constant_values": int(border)}
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), **how)
    text = f"mode -k 3 -s 3 -p 1 --border {border}"
    *_, (result,) = parse(text).walk(FeatureMap(pixels, "HWC", Picture("RGB")))
    np.testing.assert_array_equal(result.data, by_hand(padded, 3))

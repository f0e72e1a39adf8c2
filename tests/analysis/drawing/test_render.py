"""Maps are drawn as planes side by side."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pooled_images import noise
from round_trips import through_file

from poolcli import io as files
from poolcli.analysis.drawing.colour import NAN, cubehelix
from poolcli.analysis.drawing.render import BETWEEN, render
from poolcli.maps.feature_map import FeatureMap

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.*[gy]")), ids=lambda path: path.name)
def test_every_sample_is_drawn(path):
    if path.suffix == ".py":
        return
    for fmap in files.read(path):
        drawing = render(fmap)
        assert drawing.pixels.dtype == np.uint8
        assert np.ptp(drawing.pixels) > 100


def drawn(shape, layout, **more):
    return render(FeatureMap(np.arange(float(np.prod(shape))).reshape(shape), layout), **more)


def test_channels_lie_side_by_side_on_one_scale():
    drawing = drawn((4, 5, 5), "CHW")
    assert drawing.pixels.shape == (11, 11, 3)
    assert drawing.corners == ((0, 0), (0, 6), (6, 0), (6, 6))
    assert (drawing.pixels[5] == BETWEEN).all()
    assert (drawing.pixels[:, 5] == BETWEEN).all()
    for channel, (row, column) in enumerate(drawing.corners):
        values = np.arange(channel * 25, channel * 25 + 25).reshape(5, 5)
        expected = cubehelix()[np.rint(values / 99 * 255).astype(int)]
        np.testing.assert_array_equal(drawing.pixels[row : row + 5, column : column + 5], expected)


@pytest.mark.parametrize(
    ("shape", "layout", "panels", "words"),
    [
        ((5, 5), "HW", 1, "0 .. 24"),
        ((64, 5, 5), "CHW", 16, "0 .. 399, first 16 of 64 channels"),
        ((3, 5, 5, 64), "NHWC", 16, None),
        ((8, 3, 5, 5), "NCHW", 15, "0 .. 374, first 5 of 8 in the batch"),
        ((40, 5, 5), "DHW", 16, None),
        ((2, 3, 4, 5, 5), "NCDHW", 12, "0 .. 299, first of 2 in the batch"),
    ],
)
def test_what_is_left_out_is_told(shape, layout, panels, words):
    drawing = drawn(shape, layout)
    assert len(drawing.corners) == panels
    assert words in (None, drawing.words)


def test_slices_are_spread_over_the_depth():
    values = np.repeat(np.arange(40.0), 4).reshape(40, 2, 2)
    drawing = render(FeatureMap(values, "DHW"), most=3)
    assert drawing.words == "0 .. 39, 3 of 40 slices"
    assert [drawing.pixels[corner].tolist() for corner in drawing.corners] == cubehelix()[
        [0, 131, 255]
    ].tolist()
    assert (
        render(FeatureMap(values, "DHW"), most=1, limits=(0, 20)).pixels == 255
    ).all()  # the middle one alone


def test_a_batch_goes_down_and_its_channels_across():
    assert drawn((2, 3, 4, 4), "NCHW").corners == ((0, 0), (0, 5), (0, 10), (5, 0), (5, 5), (5, 10))


def test_lines_are_strips():
    one = drawn((64,), "L")
    assert (one.pixels.shape, one.tall) == ((4, 64, 3), 4)
    assert (one.pixels == cubehelix()[np.rint(np.arange(64) / 63 * 255).astype(int)]).all()
    many = drawn((8, 64), "CL")
    assert (many.pixels.shape, many.tall, many.corners) == ((8, 64, 3), 1, ((0, 0),))
    assert drawn((3, 21), "NC").pixels.shape == (3 * 2 + 2, 21, 3)  # what a spatial pyramid leaves


def test_values_that_are_hard_to_scale():
    assert render(FeatureMap(np.full((2, 2), 7), "HW")).words == "7 .. 7"
    huge = render(FeatureMap(np.array([[-1.7e308, 0, 1.7e308]]), "HW")).pixels
    assert huge.tolist() == [cubehelix()[[0, 128, 255]].tolist()]
    nothing = render(FeatureMap(np.full((1, 2), np.nan, np.float32), "HW"))
    assert (nothing.words, nothing.pixels.tolist()) == ("no finite value, 2 NaN", [[list(NAN)] * 2])
    ends = render(FeatureMap(np.array([[-np.inf, 1, 2, np.inf]]), "HW"))
    assert ends.pixels[0].tolist() == cubehelix()[[0, 0, 255, 255]].tolist()
    assert render(FeatureMap(np.array([[False, True]]), "HW")).words == "0 .. 1"
    wide = np.array([[0, 2**64 - 1]], np.uint64)
    assert render(FeatureMap(wide, "HW")).pixels[0].tolist() == [[0] * 3, [255] * 3]


def test_an_image_that_is_no_longer_one_is_drawn_as_values():
    photo = through_file(Image.fromarray(noise(6, 6, 3)))
    halves = FeatureMap(photo.data / np.float32(2), photo.layout, photo.picture)
    drawing = render(halves)
    assert len(drawing.corners) == 3
    assert drawing.limits == (halves.data.min(), halves.data.max())
    crops = FeatureMap(np.stack([photo.data] * 2), "NHWC", photo.picture)
    np.testing.assert_array_equal(render(crops).pixels[:, :6], photo.data)


def test_the_map_is_left_alone():
    values = np.arange(16.0).reshape(4, 4)
    values.flags.writeable = False
    render(FeatureMap(values[::-1], "HW"))

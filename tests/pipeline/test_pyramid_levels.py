"""Which levels a pyramid has: their number, and the kernel of each."""

from itertools import islice

import numpy as np
import pytest

import poolcli
from poolcli.errors import OptionTypeError, RequestError, ShapeError
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import Form
from poolcli.pipeline.parser import parse
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.pipeline.pyramid_levels import powers, towards_isotropy, until_small

X = np.random.default_rng(0).integers(0, 5, (9, 70, 50)).astype(np.uint8)


def shapes(**options):
    return [level.shape for level in poolcli.pool(X, "pyramid", op="mode", **options)]


def test_until_height_and_width_are_small():
    assert shapes(smallest=20, layout="DHW") == [(5, 35, 25), (3, 18, 13)]
    assert shapes(smallest=18) == [(9, 35, 25), (9, 18, 13)]
    assert shapes(smallest=17) == [(9, 35, 25), (9, 18, 13), (9, 9, 7)]


def test_one_level_at_least():
    assert shapes(smallest=10_000) == [(9, 35, 25)]


def test_depth_may_stay_long():
    assert list(until_small(powers((1, 2, 2)), (1000, 40, 30), 10)) == [(1, 2, 2), (1, 4, 4)]


@pytest.mark.parametrize("kernel", [2, (1, 2, 2), (3, 1, 2)])
def test_levels_are_those_of_their_kernels(kernel):
    levels = poolcli.pool(X, "pyramid", op="mode", kernel=kernel, levels=3, layout="DHW")
    for number, level in enumerate(levels, start=1):
        size = np.broadcast_to(kernel, 3) ** number
        expected = poolcli.pool(X, "mode", kernel=tuple(size), ceil_mode=True, layout="DHW")
        assert np.array_equal(level, expected)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((1, 1), [(2, 2), (4, 4)]),
        ((4, 1, 1), [(1, 2, 2), (1, 4, 4), (2, 8, 8)]),
        ((3, 1, 1), [(1, 2, 2), (1, 4, 4), (2, 8, 8)]),
        ((1.4, 1), [(2, 2), (4, 4)]),
        ((0.25, 1, 1), [(2, 1, 1), (4, 1, 1), (8, 2, 2)]),
    ],
)
def test_larger_pixels_wait_for_smaller_ones(sizes, expected):
    assert list(islice(towards_isotropy(sizes), len(expected))) == expected


@pytest.mark.parametrize("scale", [1e-9, 0.1, 3.7])
def test_isotropy_does_not_depend_on_the_unit(scale):
    sizes = (2.0, 0.5, 0.7)
    scaled = [size * scale for size in sizes]
    pairs = zip(
        islice(towards_isotropy(sizes), 6), islice(towards_isotropy(scaled), 6), strict=True
    )
    assert all(a == b for a, b in pairs)


def test_it_prints_as_what_it_is_parsed_from():
    for text in (
        "pyramid --op mode --smallest 64 -k 1x2x2",
        "pyramid --op mode --levels 2 --isotropic=2x0.5x0.5",
        "pyramid --op max --isotropic",
    ):
        assert str(parse(text)) == text
        assert parse(str(parse(text))) == parse(text)


def test_sizes_are_those_of_the_facts_at_its_step():
    facts = {"spacing": {letter: PixelSize(1.0, "\u00b5m") for letter in "DHW"}}
    form = Form((8, 64, 64), np.dtype("u1"), "DHW")
    pipeline = with_pixel_sizes(parse("max -k 4x1x1 | pyramid --op max --isotropic"), facts, form)
    assert str(pipeline.steps[1]) == "pyramid --op max --isotropic=4x1x1"


def test_units_are_made_one():
    facts = {"spacing": {"H": PixelSize(500.0, "nm"), "W": PixelSize(2.0, "\u00b5m")}}
    form = Form((8, 8), np.dtype("u1"), "HW")
    (step,) = with_pixel_sizes(parse("pyramid --op max --isotropic --levels 1"), facts, form).steps
    assert [str(part["kernel"]) for part in step.parts_of(form)] == ["(2, 1)"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"levels": 2, "smallest": 9}, RequestError, "both say how many levels"),
        ({"kernel": 2, "isotropic": (1, 1)}, RequestError, "both say how an axis is pooled"),
        ({"kernel": 1}, RequestError, "makes no level smaller"),
        ({"isotropic": True}, RequestError, "needs the sizes of pixels"),
        ({"isotropic": (1, 2, 3)}, ShapeError, "has 3 sizes of pixels, and the map 2"),
        ({"isotropic": (1, 0)}, RequestError, "takes the size of a pixel along each axis"),
        ({"isotropic": object()}, OptionTypeError, "takes the size of a pixel along each axis"),
        ({"smallest": 0}, RequestError, "takes a whole number from 1 up"),
        ({"smallest": 9, "kernel": (1, 2)}, ShapeError, "no level of 70x50 is so small"),
    ],
)
def test_refused(options, error, words):
    with pytest.raises(error, match=words):
        poolcli.pool(X, "pyramid", op="max", **options)

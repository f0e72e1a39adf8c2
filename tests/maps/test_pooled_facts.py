"""The rules of carried facts: numbers worked out by hand, and laws that hold for all of them."""

from fractions import Fraction

import numpy as np
import pytest
from fact_values import exif, values_for, xmp

import poolcli
from poolcli.maps.facts import FACTS, Affine, Coordinates, PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.fits_wcs import Card
from poolcli.maps.pooled_facts import carried, lost
from poolcli.maps.sampling import composed, sampling_of


def after(pipeline, facts, shape=(8, 12), layout="HW"):
    """The facts of a result; and those that the plan says."""
    fmap = FeatureMap(np.zeros(shape, np.float32), layout, facts=facts)
    parsed = poolcli.parse(pipeline)
    *_, (made,) = parsed.walk(fmap)
    planned = facts
    for stage in parsed.plan(fmap.form):
        planned = carried(planned, stage.sampling)
    assert planned == made.facts
    return made.facts


@pytest.mark.parametrize(
    ("pipeline", "size", "origin"),
    [
        ("max -k 2", (1.0, 1.0), (20.25, 30.25)),
        ("max -k 2x3", (1.0, 1.5), (20.25, 30.5)),
        ("avg -k 3 -s 2 -p 1", (1.0, 1.0), (20.0, 30.0)),
        ("avg -k 3 -s 2 -p 1:0x0:1", (1.0, 1.0), (20.0, 30.5)),
        ("avg -k 3 -s 2 -p same", (1.0, 1.0), (20.5, 30.5)),
        ("max -k 2 -d 3", (1.0, 1.0), (20.75, 30.75)),
        ("avg -k 5 -s 3 --ceil-mode", (1.5, 1.5), (21.0, 31.0)),
        ("avg -k 3 -s 2 -p 1 --border reflect", (1.0, 1.0), (20.0, 30.0)),
        ("avg --adaptive 4", (1.0, 1.5), (20.25, 30.5)),
        ("avg --global", (4.0, 6.0), (21.75, 32.75)),
        ("sample -s 3", (1.5, 1.5), (20.0, 30.0)),
        ("blur -s 2", (1.0, 1.0), (20.0, 30.0)),
        ("restore --output-size 16x24", (0.25, 0.25), (19.875, 29.875)),
        ("max -k 2 | avg -k 2", (2.0, 2.0), (20.75, 30.75)),
        ("max -k 2 | restore", (0.5, 0.5), (20.0, 30.0)),
        ("fuse 'max -k 2' 'avg -k 2' --merge concat", (1.0, 1.0), (20.25, 30.25)),
    ],
)
def test_sizes_and_origins(pipeline, size, origin):
    facts = {
        "spacing": {"H": PixelSize(0.5, "µm"), "W": PixelSize(0.5, "µm")},
        "origin": {"H": 20.0, "W": 30.0},
    }
    made = after(pipeline, facts)
    assert tuple(made["spacing"][letter].size for letter in "HW") == size
    assert tuple(made["origin"][letter] for letter in "HW") == origin


def test_what_needs_equal_distances_is_dropped_without_them():
    values = values_for("HW", (8, 12))
    made = after("max --adaptive 3x5", values)
    gone = {"spacing", "origin", "affine", "geotransform", "control_points", "coordinates"}
    assert gone <= set(lost(values, made))
    assert set(lost(values, made)) <= gone | {"channels", "further_data"}
    # along one axis alone they are equal
    assert after("max --adaptive 4x5", values)["spacing"].keys() == {"H"}
    assert "spacing" in lost(values, after("max --adaptive 4x5", values))
    assert "spacing" in lost(values, after("fuse 'max -k 2' 'avg -k 3 -s 2 -p 1:0'", values))


def test_a_geotransform_keeps_its_corner():
    facts = {"geotransform": (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)}
    assert after("avg -k 2", facts)["geotransform"] == (5e5, 20.0, 0.0, 4e6, 0.0, -20.0)
    assert after("max -k 3 -s 1", facts)["geotransform"] == (500010.0, 10.0, 0, 3999990.0, 0, -10.0)
    turned = {"geotransform": (0.0, 1.0, 2.0, 0.0, 3.0, 4.0)}
    assert after("sample -s 2", turned)["geotransform"] == (-1.5, 2.0, 4.0, -3.5, 6.0, 8.0)


def test_an_affine_and_control_points():
    facts = {
        "affine": Affine("WH", ((2.0, 0.0, 100.0), (0.0, 3.0, 200.0))),
        "control_points": ((0.0, 0.0, 7.0, 8.0, 0.0), (4.0, 6.0, 9.0, 8.0, 0.0)),
    }
    made = after("avg -k 2", facts)
    assert made["affine"].matrix == ((4.0, 0.0, 101.0), (0.0, 6.0, 201.5))
    assert [point[:2] for point in made["control_points"]] == [(0.0, 0.0), (2.0, 3.0)]


def test_coordinates_are_those_of_the_centres():
    facts = {"coordinates": {"H": Coordinates("y", (0.0, 1.0, 10.0, 11.0, 20.0, 21.0, 0.5, 1.5))}}
    assert after("avg -k 2", facts)["coordinates"]["H"].values == (0.5, 10.5, 20.5, 1.0)
    beyond = after("max -k 3 -s 2 -p 1:1 --ceil-mode", facts)["coordinates"]["H"].values
    assert beyond[:2] == (0.0, 10.0)
    holes = {"coordinates": {"H": Coordinates("y", (0.0, float("nan"), *map(float, range(6))))}}
    assert np.isnan(after("avg -k 2", holes)["coordinates"]["H"].values[0])


def test_dots_per_inch_change_with_the_shape_of_a_pixel_alone():
    facts = {"dpi": (300.0, 300.0), "aspect": (1.0, 1.0)}
    assert after("avg -k 2", facts) == facts
    assert after("avg -k 1x2", facts) == {"dpi": (150.0, 300.0), "aspect": (0.5, 1.0)}


def test_blocks_say_the_new_size():
    made = after("avg -k 2", {"exif": exif(12, 8), "xmp": xmp(12, 8)})
    assert made == {"exif": exif(6, 4), "xmp": xmp(6, 4)}
    block = bytearray(exif(12, 8))
    assert after("avg -k 2", {"exif": bytes(block[:20])})["exif"] == bytes(block[:20])


def test_names_of_channels_stay_while_there_are_as_many():
    facts = {"channels": ("a", "b", "c"), "dimensions": {"C": "band", "H": "y", "W": "x"}}
    shape = (3, 8, 12)
    assert after("avg -k 2", facts, shape, "CHW") == facts
    made = after("fuse 'max -k 2' 'avg -k 2' --merge concat", facts, shape, "CHW")
    assert "channels" not in made
    assert after("avg --levels 1,2", facts, (1, *shape), "NCHW") == {"dimensions": {"C": "band"}}


def test_no_rule_changes_a_value_in_place_or_fails_on_axes_that_go():
    values = values_for("DHW", (4, 8, 12))
    before = repr(values)
    for pipeline in ("max -k 2", "avg --global", "max --adaptive 3", "avg --levels 1,2"):
        layout, shape = ("NCDHW", (1, 2, 4, 8, 12)) if "levels" in pipeline else ("DHW", (4, 8, 12))
        made = after(pipeline, values, shape, layout)
        assert made.keys() <= FACTS.keys()
    assert repr(values) == before


def test_two_samplings_are_one():
    size = (("L", (24,)), ("L", (12,))), (("L", (12,)), ("L", (4,)))
    places = ([Fraction(2)], [Fraction(1, 2)], [True]), ([Fraction(3)], [Fraction(1)], [True])
    first, second = (sampling_of(*pair, place) for pair, place in zip(size, places, strict=True))
    facts = {"spacing": {"L": PixelSize(0.1)}, "origin": {"L": 5.0}}
    one = carried(carried(facts, first), second)
    other = carried(facts, composed(first, second))
    assert one["origin"]["L"] == pytest.approx(other["origin"]["L"], rel=1e-15)
    assert composed(first, second)["L"][2:] == (Fraction(6), Fraction(5, 2))


def with_number(value, number):
    """A value with this number in place of each of its own."""
    if isinstance(value, float):
        return number
    if isinstance(value, dict):
        return {name: with_number(each, number) for name, each in value.items()}
    if isinstance(value, tuple):
        made = [with_number(each, number) for each in value]
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return value


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e308])
def test_numbers_that_are_none_are_lost_or_kept(number):
    """A damaged header has them; whatever a fact holds, its rule gives a value or nothing."""
    values = values_for("HW", (8, 12)) | {
        "rpc": (1.0,) * 92,
        "wcs": ("WH", (Card("CRPIX1", 1.0), Card("CDELT1", 2.0), Card("CD1_1", 2.0))),
    }
    for name, value in values.items():
        facts = {name: with_number(value, number)}
        for text in ("max -k 1", "avg -k 3 -s 2 -p 1", "avg --adaptive 3"):
            for stage in poolcli.parse(text).plan(FeatureMap(np.zeros((8, 12)), "HW").form):
                assert carried(facts, stage.sampling).keys() <= {name}

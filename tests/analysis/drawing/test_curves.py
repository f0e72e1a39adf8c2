"""Lines as curves, before and after on one axis."""

from fractions import Fraction

import numpy as np
import pytest

from poolcli.analysis.drawing.curves import (
    BACKGROUND,
    COLOURS,
    colour_names,
    curve_of,
    is_curve,
    plots,
)
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.sampling import AxisSampling

GREY, YELLOW = COLOURS["grey"], COLOURS["yellow"]


def line(values):
    return FeatureMap(np.array(values, np.float64), "L")


def rows_of(pixels, column, colour):
    return np.flatnonzero((pixels[:, column] == colour).all(-1)).tolist()


def test_a_straight_line_goes_through_every_pixel():
    curve = curve_of(line(range(9)), 9)
    pixels, words = plots([curve], (9, 9))
    assert words == "0 .. 8"
    for column in range(9):
        assert 8 - column in rows_of(pixels, column, GREY)
    assert ((pixels == GREY).all(-1) | (pixels == BACKGROUND).all(-1)).all()


def test_a_peak_between_columns_is_kept(rng):
    values = np.zeros(1000)
    values[577] = 1
    pixels, _ = plots([curve_of(line(values), 1000)], (20, 40))
    assert rows_of(pixels, 23, GREY) == list(range(20))


def test_results_lie_where_their_sampling_says():
    before = curve_of(line(np.zeros(101)), 101)
    sampling = {"L": AxisSampling(101, 3, Fraction(10), Fraction(5))}
    after = curve_of(line([1, 1, 1]), 101, sampling)
    assert after.positions.tolist() == [5, 15, 25]
    pixels, _ = plots([before, after], (10, 101))
    seen = [bool(rows_of(pixels, column, YELLOW)) for column in range(101)]
    assert seen == [5 <= column <= 25 for column in range(101)]


def test_cells_are_spread_where_nothing_says():
    assert curve_of(line([0, 0]), 8).positions.tolist() == [1.5, 5.5]


def test_a_gap_for_nan_and_one_plot_for_each_channel():
    data = np.zeros((1, 2, 30))
    data[0, 0, 10:20] = np.nan
    data[0, 1] = 1
    pixels, words = plots([curve_of(FeatureMap(data, "NCL"), 30)], (21, 30))
    assert words == "0 .. 1"
    assert rows_of(pixels, 15, GREY) == [10]  # the upper end of the second plot
    assert len(rows_of(pixels, 5, GREY)) == 2


def test_what_has_no_curve():
    assert is_curve(line([1, 2]))
    assert not is_curve(line([1]))
    assert not is_curve(FeatureMap(np.zeros((4, 4)), "HW"))
    pixels, words = plots([curve_of(line([np.nan, np.nan]), 2)], (8, 8))
    assert ((pixels == BACKGROUND).all(), words) == (True, "0 .. 0")


def test_many_channels_are_counted():
    many = FeatureMap(np.zeros((9, 30)), "CL")
    assert plots([curve_of(many, 30)], (40, 30))[1] == "0 .. 0, first 4 of 9 channels"


@pytest.mark.parametrize("count", [1, 3, 9])
def test_colours_come_again_when_they_are_used_up(count):
    names = colour_names(count)
    assert (len(names), names[0]) == (count, "grey")
    assert "grey" not in names[1:]

"""The place of a large map where results can be told from it."""

import numpy as np

from poolcli.analysis.drawing.crop import Crop, crop_for
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.parser import parse


def hw(values):
    return FeatureMap(values, "HW")


def pooled(values, text="avg -k 4"):
    return hw(parse(text)(values, "HW"))


def test_the_busiest_place_is_chosen_on_whole_cells(rng):
    values = np.zeros((400, 600), np.float32)
    values[301:311, 101:111] = rng.random((10, 10))
    crop = crop_for([hw(values), pooled(values)], (42, 63))
    assert (crop.rows[0] % 4, crop.columns[0] % 4) == (0, 0)
    assert (np.diff(crop.rows), np.diff(crop.columns)) == (40, 60)
    assert crop.rows[0] <= 301
    assert crop.rows[1] >= 311
    assert crop.columns[0] <= 101
    assert crop.columns[1] >= 111
    part, small = crop.of(hw(values)), crop.of(pooled(values))
    np.testing.assert_allclose(pooled(part.data).data, small.data)


def test_of_what_fits_or_does_not_lie_over_it_there_is_none(rng):
    values = rng.random((40, 60))
    assert crop_for([hw(values), pooled(values)], (40, 60)) is None
    assert crop_for([hw(values), pooled(values, "avg --global")], (10, 10)) is None
    assert crop_for([hw(values)], (10, 10)) is None


def test_images_are_cropped_over_all_channels(rng):
    values = rng.integers(0, 9, (100, 100, 3), np.uint8)
    values[60:64, 20:24, 2] = rng.integers(0, 255, (4, 4))
    fmap = FeatureMap(values, "HWC")
    crop = crop_for([fmap, FeatureMap(parse("max -k 2")(values, "HWC"), "HWC")], (20, 20))
    assert crop.of(fmap).data.shape == (20, 20, 3)


def test_a_crop_says_where_it_is():
    assert str(Crop((0, 2), (1, 5), (9, 8))) == "rows 0:2, columns 1:5 of 9x8"

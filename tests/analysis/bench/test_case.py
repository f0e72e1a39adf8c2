"""A case pools into an array that exists, an array as well as an image."""

import numpy as np
import pytest

from poolcli.analysis.bench.case import case_of
from poolcli.analysis.bench.noise import noise
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.pipeline.parser import parse


@pytest.mark.parametrize("picture", [None, Picture("RGBA")])
def test_the_timed_call_writes_the_result_into_one_array(picture):
    (step,) = parse("avg -k 3 -s 2").steps
    case = case_of(step, FeatureMap(noise((9, 8, 4), np.dtype("uint8")), "HWC", picture))
    expected = case.pool()
    timed = case.pooling(expected)
    first = timed()
    assert timed() is first is not expected
    np.testing.assert_array_equal(first, expected)

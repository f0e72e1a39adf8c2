"""The mask of a file is a mask of every step, and its results have one."""

import numpy as np
import pytest

import poolcli
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.file_mask import FileMask
from poolcli.pipeline.masked_pipeline import masked

VALID = np.zeros((8, 8), bool)
VALID[:3, 1:] = True
VALUES = np.arange(64, dtype=np.uint8).reshape(8, 8)


def any_valid(valid, kernel):
    size = len(valid) // kernel
    return valid.reshape(size, kernel, size, kernel).any((1, 3))


def test_every_step_has_the_mask_of_its_input():
    pipeline, mask = masked(poolcli.parse("max -k 2 | max -k 2"), FileMask(lambda: VALID))
    first = mask.after_step({})
    np.testing.assert_array_equal(first.valid, any_valid(VALID, 2))
    second = first.after_step({})
    np.testing.assert_array_equal(second.valid, any_valid(VALID, 4))
    assert second.after_step({}) is None
    found = pipeline(VALUES)
    expected = np.where(VALID, VALUES, 0).reshape(2, 4, 2, 4).max((1, 3))
    np.testing.assert_array_equal(found, np.where(second.valid, expected, 0))


def test_the_fact_follows_the_steps():
    pipeline, mask = masked(poolcli.parse("avg -k 2 | max -k 2"), FileMask(lambda: VALID))
    fmap = FeatureMap(VALUES, "HW", facts={"mask": mask})
    (first,), (second,) = pipeline.walk(fmap)
    assert first.facts["mask"].valid.shape == (4, 4)
    assert second.facts["mask"].valid.shape == (2, 2)


def test_each_level_has_a_mask():
    pipeline, mask = masked(poolcli.parse("pyramid --op avg --levels 3"), FileMask(lambda: VALID))
    fmap = FeatureMap(VALUES, "HW", facts={"mask": mask})
    (levels,) = pipeline.walk(fmap)
    for kernel, level in zip((2, 4, 8), levels, strict=True):
        found = level.facts["mask"]
        np.testing.assert_array_equal(found.valid, any_valid(VALID, kernel))
        cells = np.ma.array(VALUES, mask=~VALID).reshape(8 // kernel, kernel, 8 // kernel, kernel)
        means = cells.mean((1, 3)).filled(0).astype(np.float32)
        np.testing.assert_allclose(level.data[found.valid], means[found.valid])
        assert found.after_step({}) is None


@pytest.mark.parametrize(
    "text",
    ["fuse 'max -k 2' 'avg -k 2' --merge max", "max | pyramid --op avg", "avg --levels 1,2"],
)
def test_what_takes_no_mask_leaves_all_as_it_was(text):
    pipeline, mask = poolcli.parse(text), FileMask(lambda: VALID)
    assert masked(pipeline, mask) == (pipeline, mask)


def test_an_unusable_mask_is_only_told_of():
    pipeline, mask = poolcli.parse("max -k 2"), FileMask()
    assert masked(pipeline, mask) == (pipeline, mask)
    assert mask.after_step({}) is None

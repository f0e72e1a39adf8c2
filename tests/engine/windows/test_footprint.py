"""Footprints: which taps of a kernel count, and the boxes that they are cut into."""

from itertools import product

import numpy as np
import pytest
import twin
from hypothesis import given
from hypothesis.extra import numpy as arrays

import poolcli
from poolcli.engine.windows.footprint import SHAPES, Footprint

KERNELS = [(1,), (4,), (3, 3), (4, 4), (5, 3), (7, 7), (1, 6), (3, 4, 5), (5, 5, 5)]


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_the_taps_of_its_definition(name):
    for kernel in KERNELS:
        taps = twin.footprint(name, kernel)
        if taps.any():
            np.testing.assert_array_equal(Footprint.named(name, kernel).taps, taps)
        else:
            with pytest.raises(poolcli.ShapeError, match=f"{name} of a kernel of"):
                Footprint.named(name, kernel)


def test_a_shape_without_a_tap_is_refused():
    with pytest.raises(poolcli.ShapeError, match="disk of a kernel of 2x2 has no tap"):
        poolcli.pool(np.ones((4, 4)), "max", footprint="disk")


@given(arrays.arrays(np.bool_, arrays.array_shapes(min_dims=1, max_dims=3, max_side=7)))
def test_boxes_part_and_cover_the_taps(taps):
    if not taps.any():
        return
    footprint = Footprint.of(taps)
    np.testing.assert_array_equal(footprint.taps, taps)
    for boxes, overlap in ((footprint.parts, False), (footprint.cover, True)):
        counts = np.zeros(taps.shape, int)
        for box in boxes:
            counts[box] += 1
        np.testing.assert_array_equal(counts > 0, taps)
        assert overlap or counts.max() == 1
    assert len(footprint.cover) <= len(footprint.parts) * taps.size


def test_a_disk_is_few_boxes():
    disk = Footprint.named("disk", (31, 31))
    assert (disk.count, len(disk.parts), len(disk.cover)) == (709, 19, 10)


@pytest.mark.parametrize("name", SHAPES)
def test_a_footprint_needs_as_many_axes_as_the_map(name):
    taps = Footprint.named(name, (3, 3)).taps
    with pytest.raises(poolcli.ShapeError, match="`footprint` has the size 3x3, and the map 1"):
        poolcli.pool(np.ones(9), "max", footprint=taps)
    for kernel, stride in product((3, (3, 3)), (None, 1)):
        given_taps = poolcli.pool(np.eye(9), "max", kernel=kernel, stride=stride, footprint=taps)
        named = poolcli.pool(np.eye(9), "max", kernel=kernel, stride=stride, footprint=name)
        np.testing.assert_array_equal(given_taps, named)

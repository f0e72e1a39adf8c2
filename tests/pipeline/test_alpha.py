"""Colours and alpha, pooled apart and joined."""

import numpy as np

from poolcli.engine.operations.pixels import ValueRules
from poolcli.maps.frame import Frame
from poolcli.pipeline.alpha import join_flat, split

PLANES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
FRAME = Frame(None, 4, (2, 3))


def test_split_alpha_weighted_colours_by_alpha():
    (colours, inks, _, weights), (alpha, cover, _, none) = split(
        PLANES, FRAME, ValueRules(np.uint8), weighted=True
    )
    np.testing.assert_array_equal(colours, PLANES[:3])
    np.testing.assert_array_equal(alpha, PLANES[3:])
    np.testing.assert_array_equal(weights, np.broadcast_to(PLANES[3], (3, 2, 3)))
    assert (inks.channels, cover.channels, none) == (3, 1, None)


def test_split_leaves_out_what_is_invisible():
    planes = PLANES.copy()
    planes[3, 0] = 0
    (*_, weights), _ = split(planes, FRAME, ValueRules(np.uint8), weighted=False)
    np.testing.assert_array_equal(weights[0], [[0, 0, 0], [1, 1, 1]])


def test_split_cuts_the_mask_and_frees_alpha_of_it():
    mask = np.ones((4, 2, 3), bool)
    rules = ValueRules(np.uint8, nodata=(0,), mask=mask)
    (_, _, own, _), (_, _, alpha, _) = split(PLANES, FRAME, rules, weighted=False)
    assert own.mask.shape == (3, 2, 3)
    assert (own.nodata, alpha.nodata, alpha.mask) == ((0,), (), None)


def test_join_flat():
    channels = np.array([0, 1, 2, 0, 1, 2])
    assert join_flat(np.array([1, 2, 3, 4]), np.array([8, 9]), channels).tolist() == [
        1,
        2,
        8,
        3,
        4,
        9,
    ]

"""Which axes are pooled: `layout`, `axes`, `channel_axis`."""

import numpy as np
import pytest

import poolcli
from poolcli.api.axes import Arrangement, arrangement, axis_numbers
from poolcli.maps.feature_map import FeatureMap

IMAGE = np.random.default_rng(8).random((8, 12, 3))


@pytest.mark.parametrize(
    ("ndim", "axes", "channel_axis", "layout"),
    [
        (1, (0,), None, "L"),
        (2, (0, 1), None, "HW"),
        (2, (1, 0), None, "WH"),
        (2, (-1,), None, "CL"),
        (3, None, -1, "HWC"),
        (3, None, 0, "CHW"),
        (3, (0, 1), None, "HWC"),
        (3, (1, 2), 0, "CHW"),
        (4, (1, 2), None, "NHWC"),
        (4, (1, 2), 0, "CHWN"),
        (4, None, -1, "DHWC"),
        (5, (-3, -2, -1), None, "NCDHW"),
    ],
)
def test_layout_of(ndim, axes, channel_axis, layout):
    assert arrangement(ndim, None, axes, channel_axis) == Arrangement(layout)


@pytest.mark.parametrize(
    ("x", "named", "layout"),
    [
        (IMAGE, {"channel_axis": -1}, "HWC"),
        (IMAGE, {"axes": (0, 1)}, "HWC"),
        (IMAGE, {"axes": [-3, 1], "channel_axis": 2}, "HWC"),
        (IMAGE, {"axes": np.int64(1), "channel_axis": 0}, "CLN"),
        (IMAGE[..., 0], {"axes": (1, 0)}, "WH"),
    ],
)
def test_same_as_layout(x, named, layout):
    for options in ({"kernel": 2}, {"adaptive": 2, "levels": None}):
        result = poolcli.pool(x, "max", **named, **options)
        np.testing.assert_array_equal(result, poolcli.pool(x, "max", layout=layout, **options))


def test_sizes_are_in_the_order_of_axes():
    result = poolcli.pool(IMAGE, "max", axes=(1, 0), kernel=(4, 2))
    assert result.shape == (4, 3, 3)


@pytest.mark.parametrize("axes", [(0, 3), (3, 0), (-2, -1), (1,)])
def test_more_leading_axes_than_a_layout_has(axes, rng):
    x = rng.random((4, 2, 3, 6, 5))
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    one = np.array(
        [poolcli.pool(each, "avg") for each in moved.reshape(-1, *moved.shape[-len(axes) :])]
    )
    expected = np.moveaxis(
        one.reshape(*moved.shape[: -len(axes)], *one.shape[1:]), range(-len(axes), 0), axes
    )
    np.testing.assert_array_equal(poolcli.pool(x, "avg", axes=axes), expected)


def test_a_mask_moves_with_its_axes(rng):
    x = rng.random((4, 2, 3, 6, 5))
    mask = rng.random(x.shape) > 0.3
    mask[::2, ..., ::2, :] = True  # no window is empty
    result = poolcli.pool(x, "sum", axes=(0, 3), mask=mask)
    filled = np.where(mask, x, 0)
    np.testing.assert_allclose(result, poolcli.pool(filled, "sum", axes=(0, 3)))


def test_indices_of_moved_axes(rng):
    x = rng.random((4, 2, 3, 6, 5))
    values, indices = poolcli.pool(x, "max", axes=(0, 3), return_indices=True)
    assert values.shape == indices.shape == (2, 2, 3, 3, 5)
    planes = np.moveaxis(x, (0, 3), (-2, -1)).reshape(2, 3, 5, -1)
    cells = np.moveaxis(indices, (0, 3), (-2, -1)).reshape(2, 3, 5, -1)
    picked = np.take_along_axis(planes, cells, axis=-1).reshape(2, 3, 5, 2, 3)
    np.testing.assert_array_equal(np.moveaxis(picked, (-2, -1), (0, 3)), values)


def test_flat_results_keep_the_merged_axes_in_front():
    assert poolcli.pool(np.ones((2, 3, 4, 6, 5)), "max", axes=(3, 4), levels=(1, 2)).shape == (
        2,
        3,
        20,
    )


def test_boxes_need_the_axis_of_samples():
    x, boxes = np.ones((2, 3, 4, 6, 5)), [[0, 0, 0, 3, 3]]
    with pytest.raises(poolcli.ShapeError, match="boxes need the axes N and C"):
        poolcli.pool(x, "max", axes=(3, 4), boxes=boxes, output_size=1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layout": "HWC", "axes": 0}, poolcli.RequestError, "`layout` names all axes"),
        ({"layout": "HWC", "channel_axis": 2}, poolcli.RequestError, "`layout` names all axes"),
        ({"axes": (0, -3)}, poolcli.RequestError, "names an axis twice"),
        ({"axes": 3}, poolcli.RequestError, "`axes` 3 is out of bounds"),
        ({"channel_axis": -4}, poolcli.RequestError, "`channel_axis` -4 is out of bounds"),
        ({"axes": (0, 1), "channel_axis": 1}, poolcli.RequestError, "`channel_axis` is axis 1"),
        ({"axes": ()}, poolcli.RequestError, "1 to 3 axes are pooled"),
        ({"axes": 1.0}, poolcli.OptionTypeError, "an axis is a whole number"),
        ({"axes": True}, poolcli.OptionTypeError, "an axis is a whole number"),
        ({"axes": "y"}, poolcli.RequestError, "no dimension of this name"),
    ],
)
def test_contradictions(options, error, message):
    with pytest.raises(error, match=message):
        poolcli.pool(IMAGE, "max", **options)


def test_too_many_axes_for_a_channel_axis_alone():
    with pytest.raises(poolcli.RequestError, match="these are 4: give `axes`, too"):
        poolcli.pool(np.ones((2, 2, 2, 2, 2)), "max", channel_axis=0)


def test_axis_numbers():
    assert axis_numbers(("y", -1, np.int8(0)), ("t", "y", "x")) == (1, -1, 0)
    assert axis_numbers("x", ("t", "y", "x")) == (2,)


def test_restoring_undoes_arranging(rng):
    x = rng.random((2, 3, 4, 5, 6))
    how = arrangement(5, None, (3, 1), None)
    made = FeatureMap(how.arranged(x), how.layout)
    np.testing.assert_array_equal(how.restored(made, x.shape), x)

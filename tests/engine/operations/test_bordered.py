"""Borders under every reducer: the same as pooling a map that `numpy.pad` has padded."""

import nasty
import numpy as np
import pytest
from PIL import Image
from placed import REDUCERS

import poolcli

EDGES = ("edge", "reflect", "symmetric", "wrap", 3)
WINDOWS = [
    {"kernel": 3, "stride": 1, "padding": (1, 1)},
    {"kernel": 2, "stride": 3, "padding": (4, 2), "dilation": 2},
    {"kernel": 4, "stride": 2, "padding": (11, 14), "ceil_mode": True},
]


def padded(x, axes, pads, edge):
    """The map with a border along its last axes."""
    how = {"mode": edge} if isinstance(edge, str) else {"constant_values": edge}
    return np.pad(x, [(0, 0)] * (x.ndim - axes) + [pads] * axes, **how)


def options_of(windows, axes):
    return {**windows, "padding": (windows["padding"],) * axes}


@pytest.mark.parametrize("blocks", ["one", "many"])
@pytest.mark.parametrize("op", REDUCERS)
def test_a_border_is_a_padded_map_that_is_never_made(op, blocks, monkeypatch):
    if blocks == "many":
        monkeypatch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
    for shape, dtype in (((9,), "float32"), ((2, 7, 10), "uint8"), ((5, 6, 4), "float64")):
        x = np.abs(nasty.scrambled(shape, np.float64)).astype(dtype)
        axes, layout = (1, "L") if x.ndim == 1 else (2, "CHW")
        for edge in EDGES:
            for windows in WINDOWS:
                given = options_of(windows, axes)
                found = poolcli.pool(x, op, layout=layout, border=edge, **given)
                padding = given.pop("padding")
                whole = poolcli.pool(padded(x, axes, padding[0], edge), op, layout=layout, **given)
                cells = tuple(map(slice, found.shape))
                if op == "stochastic":  # what is drawn depends on the number of cells
                    assert found.shape == whole[cells].shape
                else:
                    np.testing.assert_array_equal(found, whole[cells])


@pytest.mark.parametrize("edge", EDGES)
def test_an_index_names_the_pixel_that_the_border_repeats(edge):
    x = np.random.default_rng(0).integers(0, 9, (2, 6, 7)).astype(np.uint8)
    for op in ("max", "min", "median", "mode"):
        own = {"interpolation": "lower"} if op == "median" else {}
        given = {"kernel": 3, "stride": 1, **own}
        _, found = poolcli.pool(
            x, op, padding=2, border=edge, return_indices=True, layout="CHW", **given
        )
        whole = padded(x, 2, (2, 2), edge)
        _, places = poolcli.pool(whole, op, return_indices=True, layout="CHW", **given)
        numbers = padded(np.arange(42).reshape(6, 7), 2, (2, 2), -1 if edge == 3 else edge)
        np.testing.assert_array_equal(found, numbers.ravel()[places])


def test_each_axis_has_its_own_border_and_the_last_has_the_corners():
    x = np.arange(12).reshape(3, 4)
    found = poolcli.pool(x, "max", kernel=1, stride=1, padding=1, border=(7, "wrap"))
    rows = np.pad(x, [(1, 1), (0, 0)], constant_values=7)
    np.testing.assert_array_equal(found, np.pad(rows, [(0, 0), (1, 1)], mode="wrap"))
    found = poolcli.pool(x, "max", kernel=1, stride=1, padding=1, border=(7, -2))
    np.testing.assert_array_equal(found, np.pad(rows, [(0, 0), (1, 1)], constant_values=-2))
    panorama = poolcli.pool(x, "avg", kernel=3, stride=2, padding="same", border="clip:wrap")
    np.testing.assert_allclose(panorama[0], [3, (2 + 3 + 0 + 6 + 7 + 4) / 6])


@pytest.mark.parametrize("op", ["avg", "max", "median", "mode", "sum", "std"])
def test_pixels_that_do_not_count_do_not_count_in_the_border(op):
    x = np.arange(1.0, 31.0).reshape(5, 6)
    mask = np.ones_like(x)
    mask[0, 1] = mask[4, 4] = 0
    hidden = np.where(mask > 0, x, np.nan)
    given = {"kernel": 3, "stride": 1}
    for edge in ("reflect", "wrap"):
        expected = poolcli.pool(padded(hidden, 2, (2, 2), edge), op, nan="ignore", **given)
        for rules, values in (({"mask": mask}, x), ({"nan": "ignore"}, hidden)):
            found = poolcli.pool(values, op, padding=2, border=edge, **rules, **given)
            np.testing.assert_array_equal(found, expected)


def test_a_constant_counts_unless_it_is_nodata():
    x = np.array([5.0, 7.0])
    given = {"kernel": 3, "stride": 1, "padding": 1, "border": 0}
    assert poolcli.pool(x, "avg", **given).tolist() == [4, 4]
    assert poolcli.pool(x, "avg", nodata=0, **given).tolist() == [6, 6]
    assert poolcli.pool(x, "avg", mask=[1, 0], **given).tolist() == [2.5, 2.5]
    nan = {**given, "border": np.nan}
    assert np.isnan(poolcli.pool(x, "avg", **nan)).all()
    assert poolcli.pool(x, "avg", nan="ignore", **nan).tolist() == [6, 6]
    masked = np.ma.masked_equal([5.0, 7.0], 7)
    assert poolcli.pool(masked, "avg", **given).tolist() == [2.5, 2.5]


def test_a_border_beside_a_divisor_is_pixels_and_no_padding():
    x = np.array([3.0, 6.0])
    given = {"kernel": 3, "stride": 1, "padding": 1, "border": "edge"}
    expected = [4.0, 5.0]
    assert poolcli.pool(x, "avg", **given).tolist() == expected
    assert poolcli.pool(x, "avg", count_include_pad=True, **given).tolist() == expected
    assert poolcli.pool(x, "avg", divisor=2, **given).tolist() == [6.0, 7.5]


@pytest.mark.parametrize("bands", [4, 2])
@pytest.mark.parametrize(
    ("op", "own"),
    [
        ("avg", {}),
        ("max", {}),
        ("sum", {"dtype": "uint16"}),
        ("avg", {"linear": True}),
        ("median", {}),
    ],
)
def test_the_border_of_an_image_has_its_alpha(op, own, bands):
    x = np.random.default_rng(1).integers(0, 256, (6, 7, bands), np.uint8)
    given = {"kernel": 3, "stride": 1, **own}
    for edge in ("reflect", 0, 255):
        how = {"mode": edge} if isinstance(edge, str) else {"constant_values": edge}
        whole = Image.fromarray(np.pad(x, [(1, 1), (1, 1), (0, 0)], **how))
        found = poolcli.pool(Image.fromarray(x), op, padding=1, border=edge, **given)
        np.testing.assert_array_equal(found, poolcli.pool(whole, op, **given))


def test_a_constant_is_a_number_of_the_map():
    with pytest.raises(poolcli.ValueRuleError, match="`border` 300 is no uint8 value"):
        poolcli.pool(np.zeros((3, 3), np.uint8), "max", padding=1, kernel=3, border=300)
    scaled = poolcli.pool(
        np.array([2.0, 4.0]),
        "max",
        kernel=2,
        stride=1,
        padding=1,
        border=0.5,
        normalize="minmax",
    )
    assert scaled.tolist() == [0.5, 1, 1]


def test_weights_lie_over_the_border():
    x = np.arange(1.0, 5.0)
    weights = np.array([1.0, 2.0, 1.0])
    given = {"weights": weights, "stride": 1}
    found = poolcli.pool(x, "weighted", padding=1, border="reflect", **given)
    np.testing.assert_array_equal(
        found, poolcli.pool(np.pad(x, 1, mode="reflect"), "weighted", **given)
    )

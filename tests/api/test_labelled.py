"""DataArrays: dimensions and coordinates of results."""

import numpy as np
import pytest

import poolcli

xarray = pytest.importorskip("xarray", reason="xarray is not installed")

VALUES = np.random.default_rng(2).random((3, 8, 12))


@pytest.fixture
def scene():
    coordinates = {
        "band": ["r", "g", "b"],
        "y": np.linspace(70, 0, 8),
        "x": np.cumsum(np.arange(12.0)),
        "lat": (("y", "x"), VALUES[0]),
        "row": ("y", list("abcdefgh")),
        "height": 2.5,
        "gain": ("band", [1.0, 2.0, 3.0]),
    }
    dims = ("band", "y", "x")
    return xarray.DataArray(VALUES, coordinates, dims, "scene", {"unit": "K"})


def test_dims_name_and_attributes_stay(scene):
    pooled = poolcli.pool(scene, "avg", kernel=2)
    assert isinstance(pooled, xarray.DataArray)
    assert (pooled.dims, pooled.name, pooled.attrs) == (scene.dims, "scene", {"unit": "K"})
    np.testing.assert_array_equal(pooled, poolcli.pool(VALUES, "avg", kernel=2))


def test_coordinates_are_the_means_of_windows(scene):
    pooled = poolcli.pool(scene, "max", kernel=(2, 3))
    assert pooled.y.values.tolist() == [65, 45, 25, 5]
    expected = np.cumsum(np.arange(12.0)).reshape(4, 3).mean(1)
    np.testing.assert_allclose(pooled.x, expected)
    assert set(pooled.coords) == {"band", "y", "x", "height", "gain"}


@pytest.mark.parametrize(
    "options",
    [
        {"kernel": 3, "stride": 2, "padding": 1},
        {"kernel": (3, 2), "stride": (1, 2), "dilation": (2, 1), "padding": ((2, 0), (0, 1))},
        {"kernel": 5, "padding": "same", "ceil_mode": True},
        {"adaptive": (3, 5)},
        {"global_": True},
    ],
)
def test_agrees_with_pooling_the_coordinate_itself(scene, options):
    pooled = poolcli.pool(scene, "max", **options)
    for name in ("y", "x"):
        plane = xarray.broadcast(scene[name], scene[0])[0].transpose("y", "x").values
        means = poolcli.pool(plane, "avg", **options)
        along = means[:, 0] if name == "y" else means[0]
        np.testing.assert_allclose(pooled[name], along)


def test_a_border_has_no_coordinates(scene):
    options = {"kernel": 3, "stride": 2, "padding": "same"}
    bordered = poolcli.pool(scene, "max", border="wrap", **options)
    disk = poolcli.pool(scene, "max", footprint="disk", **options)
    (stage,) = poolcli.plan("max -k 3 -s 2 -p same", scene.shape)
    for at, name in enumerate(("y", "x")):
        centres = float(stage.centre[at]) + 2 * np.arange(bordered.sizes[name])
        values = scene[name].values
        expected = np.interp(centres, np.arange(len(values)), values)
        np.testing.assert_allclose(bordered[name], expected)
        np.testing.assert_allclose(disk[name], expected)


def test_times():
    days = np.array("2024-02-28", "M8[ns]") + np.arange(6) * np.timedelta64(1, "D")
    series = xarray.DataArray(np.arange(6.0), {"time": days}, ("time",))
    pooled = poolcli.pool(series, "sum", kernel=2)
    middles = np.array(["2024-02-28T12", "2024-03-01T12", "2024-03-03T12"], "M8[ns]")
    np.testing.assert_array_equal(pooled.time, middles)


def test_axes_by_name(scene):
    pooled = poolcli.pool(scene, "max", axes="x", kernel=4)
    assert pooled.sizes == {"band": 3, "y": 8, "x": 3}
    assert {"y", "row"} <= set(pooled.coords)
    assert poolcli.pool(scene, "max", channel_axis="band").sizes == {"band": 3, "y": 4, "x": 6}


@pytest.mark.parametrize(
    ("reducer", "options", "y"),
    [
        ("sample", {"stride": (4, 3)}, [70, 30]),
        ("blur", {"stride": 4}, [70, 30]),
        ("weighted", {"weights": np.ones((4, 4))}, [55, 15]),
        ("restore", {"output_size": (16, 24)}, None),
        ("max", {"fractional": 3}, None),
    ],
)
def test_other_operations(scene, reducer, options, y):
    pooled = poolcli.pool(scene, reducer, **options)
    assert pooled.y.size == pooled.shape[1]
    assert y is None or pooled.y.values.tolist() == y
    assert (np.diff(pooled.y) <= 0).all()


def test_results_without_the_axes():
    scene = xarray.DataArray(np.ones((2, 3, 4, 4)), {"t": [1, 2]}, ("t", "c", "y", "x"))
    flat = poolcli.pool(scene, "max", levels=(1, 2))
    assert flat.sizes == {"t": 2, "c": 15}
    assert "t" in flat.coords
    boxes = poolcli.pool(scene, "max", boxes=[[0, 0, 0, 3, 3]] * 2, output_size=2)
    assert boxes.sizes == {"t": 2, "c": 3, "y": 2, "x": 2}
    assert not boxes.coords


def test_more_leading_axes(scene):
    deep = scene.expand_dims({"run": 2, "time": 2})
    pooled = poolcli.pool(deep, "max", axes=("y", "x"))
    assert pooled.sizes == {"run": 2, "time": 2, "band": 3, "y": 4, "x": 6}


def test_isotropic_pyramid():
    coordinates = {"z": [0.0, 2.0, 4.0], "y": np.arange(64) / 2, "x": 10 - np.arange(64) / 2}
    stack = xarray.DataArray(np.zeros((3, 64, 64)), coordinates, ("z", "y", "x"))
    options = {"op": "max", "isotropic": True, "smallest": 8, "layout": "DHW"}
    levels = poolcli.pool(stack, "pyramid", **options)
    assert [level.shape for level in levels] == [(3, 32, 32), (3, 16, 16), (2, 8, 8)]
    assert levels[1].y.values.tolist() == [0.75 + 2 * cell for cell in range(16)]
    with pytest.raises(ValueError, match="no size of a pixel along D"):
        poolcli.pool(stack.drop_vars("z"), "pyramid", **options)


def test_pyramid(scene):
    levels = poolcli.pool(scene, "pyramid", op="max", levels=2)
    assert [level.y.values.tolist() for level in levels] == [[65, 45, 25, 5], [55, 15]]

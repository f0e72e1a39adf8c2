"""What a store says beside its values comes back, changed as pooling changes it."""

import numpy as np
import pytest

from poolcli.io import peek

zarr = pytest.importorskip("zarr", reason="zarr is not installed")

AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]
OMERO = {"channels": [{"label": "DAPI", "color": "0000FF", "window": {"start": 0, "end": 9}}]}


def timelapse(path, *, version=2, top=(), own=None):
    """An image with a size, an origin, channels, and what poolcli does not know."""
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    array = group.create_array("0", shape=(3, 8, 8), chunks=(1, 4, 4), dtype="uint16")
    array[...] = np.arange(192, dtype=np.uint16).reshape(3, 8, 8)
    steps = own or [
        {"type": "scale", "scale": [7, 0.5, 0.5]},
        {"type": "translation", "translation": [0, 20, 30]},
    ]
    image = {
        "name": "cells",
        "axes": AXES,
        "datasets": [{"path": "0", "coordinateTransformations": steps}],
        "metadata": {"method": "none"},
    }
    if top:
        image["coordinateTransformations"] = list(top)
    ome = {"omero": OMERO, "unknown": {"kept": [1, 2]}}
    if version == 3:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image], **ome}
    else:
        group.attrs.update({"multiscales": [{"version": "0.4", **image}], **ome})


def told(path):
    """The image of a store, and what else OME says."""
    attributes = dict(zarr.open_group(str(path), mode="r").attrs)
    ome = attributes.get("ome", attributes)
    return ome["multiscales"][0], ome


def transformations(image):
    scale, translation = image["datasets"][0]["coordinateTransformations"]
    return scale["scale"], translation["translation"]


@pytest.mark.parametrize("version", [2, 3])
def test_scale_translation_units_and_all_else(cli, tmp_path, version):
    timelapse(tmp_path / "a.zarr", version=version)
    ran = cli("avg", "-k", 2, "a.zarr", "--strict")
    assert ran.code == 0, ran.err
    image, ome = told(tmp_path / "a-avg.zarr")
    assert transformations(image) == ([7, 1, 1], [0, 20.25, 30.25])
    assert image["axes"] == AXES
    assert (image["name"], image["metadata"]) == ("cells", {"method": "none"})
    assert (ome["omero"], ome["unknown"]) == (OMERO, {"kept": [1, 2]})
    store = zarr.open_group(str(tmp_path / "a-avg.zarr"), mode="r")
    assert store.metadata.zarr_format == version  # as the input's


@pytest.mark.parametrize(
    ("words", "scale", "translation"),
    [
        (("max", "-k", 3, "-s", 2, "-p", 1), [7, 1, 1], [0, 20, 30]),
        (("max", "-k", 3, "-s", 1, "-d", 2), [7, 0.5, 0.5], [0, 21, 31]),
        (("run", "max -k 2 | avg -k 2"), [7, 2, 2], [0, 20.75, 30.75]),
        (("sample", "-s", 4), [7, 2, 2], [0, 20, 30]),
        (("blur",), [7, 1, 1], [0, 20, 30]),
        (("avg", "--global"), [7, 4, 4], [0, 21.75, 31.75]),
        (("avg", "--adaptive", 4), [7, 1, 1], [0, 20.25, 30.25]),
        (("fuse", "max -k 2", "avg -k 2", "--merge", "max"), [7, 1, 1], [0, 20.25, 30.25]),
        (("max", "-k", "2x3", "-s", "4x1"), [7, 2, 0.5], [0, 20.25, 30.5]),
    ],
)
def test_steps_move_the_origin(cli, tmp_path, words, scale, translation):
    timelapse(tmp_path / "a.zarr")
    assert cli(*words, "a.zarr", "-o", "b.zarr", "--strict").code == 0
    assert transformations(told(tmp_path / "b.zarr")[0]) == (scale, translation)


def test_no_equal_distances_have_no_size(cli, tmp_path):
    timelapse(tmp_path / "a.zarr")
    ran = cli("max", "--adaptive", 3, "a.zarr", "-o", "b.zarr")
    assert "without size of a pixel, origin" in ran.text
    assert transformations(told(tmp_path / "b.zarr")[0]) == ([7, 1, 1], [0, 0, 0])
    assert cli("max", "--adaptive", 3, "a.zarr", "-o", "c.zarr", "--strict").code == 1


def test_transformations_of_all_levels_stay(cli, tmp_path):
    top = [{"type": "scale", "scale": [7, 1, 1]}, {"type": "translation", "translation": [3, 1, 1]}]
    own = [{"type": "scale", "scale": [1, 0.5, 0.5]}]
    timelapse(tmp_path / "a.zarr", top=top, own=own)
    facts = peek(tmp_path / "a.zarr").maps[0].facts
    assert {letter: pixel.size for letter, pixel in facts["spacing"].items()} == {
        "N": 7,
        "H": 0.5,
        "W": 0.5,
    }
    assert facts["origin"] == {"N": 3, "H": 1, "W": 1}
    assert cli("avg", "-k", 2, "a.zarr", "-o", "b.zarr", "--strict").code == 0
    image, _ = told(tmp_path / "b.zarr")
    assert image["coordinateTransformations"] == top
    assert transformations(image) == ([1, 1, 1], [0, 0.25, 0.25])


def test_labels_beside_an_image_are_told(cli, tmp_path):
    timelapse(tmp_path / "a.zarr")
    timelapse(tmp_path / "a.zarr" / "labels" / "cells")
    zarr.open_group(str(tmp_path / "a.zarr" / "labels"), mode="a", zarr_format=2)
    ran = cli("blur", "a.zarr")
    assert (ran.code, "without label images" in ran.text) == (0, True)
    assert cli("max", "a.zarr", "-o", "x.zarr", "--strict").code == 0
    assert cli("mode", "a.zarr::labels/cells", "-o", "m.zarr", "--strict").code == 0


@pytest.mark.parametrize("version", [2, 3])
def test_arrays_stay_arrays_with_their_attributes_and_storage(cli, tmp_path, version):
    filters = {3: {"compressors": zarr.codecs.GzipCodec(level=3), "shards": (8, 16)}}
    array = zarr.create_array(
        str(tmp_path / "a.zarr"),
        shape=(16, 16),
        chunks=(4, 8),
        dtype="int16",
        fill_value=-1,
        attributes={"units": "K", "_FillValue": 7},
        zarr_format=version,
        **filters.get(version, {}),
    )
    array[...] = np.arange(256, dtype=np.int16).reshape(16, 16)
    ran = cli("max", "-k", 2, "a.zarr", "--strict")
    assert ran.code == 0, ran.err
    made = zarr.open_array(str(tmp_path / "a-max.zarr"), mode="r")
    assert made.metadata.zarr_format == version
    assert dict(made.attrs) == {"units": "K", "_FillValue": 7}
    assert (made.dtype, made.chunks, made.fill_value) == (np.int16, (4, 8), -1)
    assert made.compressors == array.compressors
    assert made.shards == ((8, 8) if version == 3 else None)


@pytest.mark.parametrize("version", [2, 3])
def test_dimensions_and_coordinates_as_xarray_has_them(cli, tmp_path, version):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    data = np.arange(48, dtype=np.float32).reshape(2, 4, 6)
    coordinates = {
        "time": ("time", [0, 5], {"axis": "T"}),
        "lat": ("lat", [50.0, 49.0, 48.0, 47.0], {"units": "degrees_north"}),
        "lon": ("lon", [7.0, 7.5, 8.0, 8.5, 9.0, 9.5]),
    }
    field = xarray.DataArray(data, coordinates, ("time", "lat", "lon"), attrs={"units": "K"})
    field.to_dataset(name="t2m").assign_attrs(title="a field").to_zarr(
        tmp_path / "a.zarr", zarr_format=version, consolidated=False
    )
    ran = cli("avg", "-k", 2, "a.zarr", "--strict")
    assert ran.code == 0, ran.err
    made = xarray.open_zarr(tmp_path / "a-avg.zarr", consolidated=False)
    assert made.attrs == {"title": "a field"}
    assert made.t2m.dims == ("time", "lat", "lon")
    assert made.t2m.attrs == {"units": "K"}
    np.testing.assert_array_equal(made.lat, [49.5, 47.5])
    np.testing.assert_array_equal(made.lon, [7.25, 8.25, 9.25])
    np.testing.assert_array_equal(made.time, [0, 5])
    assert made.lat.attrs == {"units": "degrees_north"}
    np.testing.assert_array_equal(made.t2m, field.coarsen(lat=2, lon=2).mean())


def test_named_axes_pool_in_three_dimensions(cli, tmp_path):
    timelapse(tmp_path / "a.zarr")
    assert cli("max", "-k", "2x2x2", "a.zarr", "--layout", "DHW", "-o", "b.zarr").code == 0
    assert peek(tmp_path / "b.zarr").maps[0].shape == (1, 4, 4)


def test_the_planes_that_viewers_show_first(cli, tmp_path):
    path = tmp_path / "a.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    array = group.create_array("0", shape=(4, 9, 8, 8), chunks=(1, 1, 8, 8), dtype="uint16")
    array[...] = 1
    axes = [{"name": "t", "type": "time"}, *({"name": name, "type": "space"} for name in "zyx")]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1] * 4}]}]
    omero = {**OMERO, "rdefs": {"defaultT": 3, "defaultZ": 8, "model": "color"}}
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    group.attrs.update({"multiscales": [image], "omero": omero})
    for words, expected in ((("-k", "2x2x2"), 3), (("-k", "3x2x2"), 2), (("--global",), 0)):
        assert cli("avg", *words, "a.zarr", "-o", "b.zarr", "--overwrite", "--strict").code == 0
        _, ome = told(tmp_path / "b.zarr")
        assert ome["omero"]["rdefs"] == {"defaultT": 3, "defaultZ": expected, "model": "color"}

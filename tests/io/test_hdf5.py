"""HDF5 and NetCDF-4, as h5py and xarray write and read them."""

import io
import json

import numpy as np
import pytest
from round_trips import refusal

from poolcli.io import opened, peek, read

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
pytestmark = pytest.mark.complete
DTYPES = ("?", "u1", "i1", "u2", ">i2", "u4", "i4", "u8", "i8", "f2", "f4", ">f8")


def values(dtype="f4", shape=(3, 6, 8), seed=0):
    made = np.random.default_rng(seed).integers(0, 100, shape)
    return (made % 2 if dtype == "?" else made).astype(dtype)


def halved(data):
    *lead, h, w = data.shape
    return data.reshape(*lead, h // 2, 2, w // 2, 2)


def pooled(cli, source="a.h5", target="b.h5", *words):
    ran = cli(*(words or ("max", "-k", 2)), source, "-o", target, "--report", "jsonl")
    assert ran.code == 0, ran.err
    return json.loads(ran.text)["dropped"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(cli, tmp_path, dtype):
    data = values(dtype)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = data
    assert pooled(cli) == []
    (one,) = read(tmp_path / "a.h5")
    np.testing.assert_array_equal(one.data, data)
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["x"][()], halved(data).max((2, 4)))
        assert file["x"].dtype == data.dtype.newbyteorder("=")


def test_groups_attributes_filters_and_other_data(cli, tmp_path):
    compound = np.array([(1, 2.5), (3, 4.5)], [("a", "i4"), ("b", "f8")])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["title"] = "a title"
        group = file.create_group("run/one")
        group.attrs["number"] = np.int16(7)
        packed = {"compression": "gzip", "compression_opts": 3, "shuffle": True}
        dataset = group.create_dataset("x", data=values("i4"), chunks=(1, 3, 4), **packed)
        dataset.attrs["units"] = "K"
        dataset.attrs["scale_factor"] = np.float32(0.1)
        dataset.attrs["valid_range"] = np.array([0, 99], "i2")
        file["when"] = "2024-01-01"
        file["names"] = ["a", "bc", "déf"]
        file["scalar"] = np.float32(2.5)
        file["table"] = compound
        file["none"] = np.zeros((0, 3))
        file["run/six"] = values("f4", (1, 1, 1, 2, 4, 4))
    assert pooled(cli) == []
    with h5py.File(tmp_path / "b.h5") as file:
        dataset = file["run/one/x"]
        np.testing.assert_array_equal(dataset[()], halved(values("i4")).max((2, 4)))
        assert (dataset.compression, dataset.compression_opts, dataset.shuffle) == ("gzip", 3, True)
        assert dataset.chunks == (1, 3, 4)
        assert dataset.attrs["units"] == "K"
        assert dataset.attrs["scale_factor"].dtype == np.float32
        assert dataset.attrs["valid_range"].dtype == np.int16
        assert file.attrs["title"] == "a title"
        assert file["run/one"].attrs["number"] == 7
        assert file["when"].asstr()[()] == "2024-01-01"
        assert file["names"].asstr()[()].tolist() == ["a", "bc", "déf"]
        assert file["scalar"][()] == np.float32(2.5)
        np.testing.assert_array_equal(file["table"][()], compound)
        assert file["none"].shape == (0, 3)
        assert file["run/six"].shape == (1, 1, 1, 2, 4, 4)
    assert "other data of the file" in pooled(cli, "a.h5", "c.npz")


def test_one_of_several_and_regions(cli, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/x"], file["y"] = values(), values("i2", (8, 8))
    assert [one.name for one in peek(tmp_path / "a.h5").maps] == ["g/x", "y"]
    assert cli("max", "-k", 2, "a.h5::g/x", "-o", "x.npy").code == 0
    assert np.load(tmp_path / "x.npy").shape == (3, 3, 4)
    region = np.s_[1:3, 0:2, 3:8]
    with opened(tmp_path / "a.h5") as source:
        np.testing.assert_array_equal(source.read(0, region).data, values()[region])


def xarray_file(tmp_path):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    pytest.importorskip("h5netcdf", reason="h5netcdf is not installed")
    temperature = xarray.DataArray(
        values("f4", (2, 6, 8)),
        dims=("time", "lat", "lon"),
        coords={
            "time": ("time", np.array([0.0, 6.0]), {"units": "hours since 2024-01-01"}),
            "lat": ("lat", np.linspace(-50, 50, 6), {"units": "degrees_north"}),
            "lon": ("lon", np.linspace(0, 70, 8).astype("f4"), {"units": "degrees_east"}),
        },
        attrs={"units": "K", "grid_mapping": "crs"},
    )
    made = xarray.Dataset(
        {"t": temperature, "crs": ((), 0, {"grid_mapping_name": "latitude_longitude"})},
        attrs={"Conventions": "CF-1.11"},
    )
    made["mean"] = ("time", np.array([1.0, 2.0]))
    made["t"].encoding["_FillValue"] = np.float32(-999)
    made.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    return xarray, made


def test_a_dataset_of_xarray_opens_in_xarray(cli, tmp_path):
    xarray, before = xarray_file(tmp_path)
    assert pooled(cli, "a.nc", "b.nc") == []
    with xarray.open_dataset(tmp_path / "b.nc", engine="h5netcdf", decode_times=False) as after:
        expected = before.coarsen(lat=2, lon=2).max()
        np.testing.assert_array_equal(after["t"], expected["t"])
        assert after["t"].dims == ("time", "lat", "lon")
        for name in ("time", "lat", "lon"):
            np.testing.assert_allclose(after[name], before.coarsen(lat=2, lon=2).mean()[name])
            assert after[name].attrs["units"] == before[name].attrs["units"]
        assert after["t"].attrs["units"] == "K"
        assert after.attrs == {"Conventions": "CF-1.11"}
        assert after["crs"].attrs["grid_mapping_name"] == "latitude_longitude"
        np.testing.assert_array_equal(after["mean"], [1.0, 2.0])
        assert after["mean"].dims == ("time",)
        assert after["t"].encoding["_FillValue"] == -999


def test_netcdf4_reads_it_too(cli, tmp_path):
    netcdf = pytest.importorskip("netCDF4", reason="netCDF4 is not installed")
    with netcdf.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in (("band", 3), ("y", 6), ("x", 8)):
            file.createDimension(name, size)
        variable = file.createVariable("v", "i2", ("band", "y", "x"), fill_value=-1, zlib=True)
        variable[:] = values("i2")
        axis = file.createVariable("x", "f8", ("x",))
        axis[:], axis.units = np.arange(8) * 10.0, "m"
    assert pooled(cli, "a.nc", "b.nc", "avg", "-k", 2) == []
    with netcdf.Dataset(tmp_path / "b.nc") as file:
        assert file["v"].dimensions == ("band", "y", "x")
        np.testing.assert_allclose(file["v"][:], halved(values("i2")).mean((2, 4)))
        assert file["v"]._FillValue == -1
        np.testing.assert_array_equal(file["x"][:], [5, 25, 45, 65])
        assert file["x"].units == "m"


def test_fill_values_are_left_out(cli, tmp_path):
    data = values("i2", (4, 4))
    data[0, 0] = -1
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = data
        file["x"].attrs["_FillValue"] = np.int16(-1)
    pooled(cli, "a.h5", "b.h5", "avg", "-k", 2)
    with h5py.File(tmp_path / "b.h5") as file:
        assert file["x"][0, 0] == np.float32(data[:2, :2].reshape(-1)[1:].mean())
        assert file["x"].attrs["_FillValue"].dtype == np.float32


def test_bounds_and_curvilinear_coordinates_are_told_of(cli, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, size in (("y", 6), ("x", 8), ("two", 2)):
            file[name] = np.arange(float(size))
            file[name].make_scale(name)
        file["y_edges"], file["lat"], file["v"] = (
            np.zeros((6, 2)),
            np.ones((6, 8)),
            values("f4", (6, 8)),
        )
        file["y"].attrs["bounds"] = "y_edges"
        file["v"].attrs["coordinates"] = "lat"
        for name, axes in (("y_edges", ("y", "two")), ("lat", ("y", "x")), ("v", ("y", "x"))):
            for number, axis in enumerate(axes):
                file[name].dims[number].attach_scale(file[axis])
    assert pooled(cli) == ["bounds of cells", "further data (two)"]
    with h5py.File(tmp_path / "b.h5") as file:
        assert set(file) == {"v", "x", "y"}


def test_arrays_of_other_formats(cli, tmp_path):
    np.savez(tmp_path / "a.npz", x=values(), y=values("i2", (4, 4)))
    assert cli("max", "-k", 2, "a.npz", "-o", "b.nc").code == 0
    with h5py.File(tmp_path / "b.nc") as file:
        np.testing.assert_array_equal(file["x"][()], halved(values()).max((2, 4)))
        assert [dimension[0].name for dimension in file["x"].dims] == ["/c", "/y_3", "/x_4"]
        assert set(file) >= {"x", "y"}


def good():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("x", data=values("f8", (40, 50)), compression="gzip")
    return stream.getvalue()


def test_damage():
    for size in (20, 600, 2000, len(good()) - 900):
        assert "damaged" in refusal(good()[:size])
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["x"] = "text"
    assert "no dataset of numbers" in refusal(stream.getvalue())
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("x", shape=(10**6, 10**6), dtype="f8", chunks=(100, 100))
    assert "unpack to" in refusal(stream.getvalue())


def test_a_heap_that_never_ends():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["x"], file["y"] = values(shape=(4, 4)), np.arange(4.0)
        file["y"].make_scale("y")
        file["x"].dims[0].attach_scale(file["y"])
    raw = bytearray(stream.getvalue())
    assert read(io.BytesIO(raw))[0].facts["dimensions"] == {"H": "y"}
    heap = raw.index(b"GCOL") + 16
    raw[heap : heap + 64] = bytes(64)
    assert "heap" in refusal(bytes(raw))


def test_behind_a_block_of_the_user(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["x"] = values()
    raw = bytearray((tmp_path / "a.mat").read_bytes())
    raw[:19] = b"MATLAB 7.3 MAT-file"
    np.testing.assert_array_equal(read(io.BytesIO(raw))[0].data, values())


@pytest.mark.parametrize("version", [1, 2, 5])
def test_classic_netcdf_says_what_to_do(cli, tmp_path, version):
    (tmp_path / "a.nc").write_bytes(b"CDF" + bytes([version]) + bytes(28))
    ran = cli("max", "a.nc")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "it is NetCDF-3, and NetCDF-4 is read: `nccopy -k nc4" in ran.err


def netcdf_text(dataset, name, text):
    """An attribute of 16 bytes, the last of them zero, as NetCDF writes the class of a scale."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(16)
    kind.set_strpad(h5py.h5t.STR_NULLTERM)
    scalar = h5py.h5s.create(h5py.h5s.SCALAR)
    made = h5py.h5a.create(dataset.id, name.encode(), kind, scalar)
    made.write(np.array(text.encode(), "S16"), mtype=kind)


@pytest.mark.parametrize("way", ["NetCDF", "fixed", "any length"])
@pytest.mark.parametrize("kind", ["DIMENSION_SCALE", "DIMENSIKN_SCALE", "TABLE"])
def test_a_line_is_a_scale_by_its_class(tmp_path, kind, way):
    """HDF5 ended the process, when it was asked of such a line of another class."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["map"] = np.zeros((4, 4))
        file["line"] = np.arange(4.0)
        if way == "NetCDF":
            netcdf_text(file["line"], "CLASS", kind)
        else:
            file["line"].attrs["CLASS"] = kind if way == "any length" else np.bytes_(kind)
    names = [one.name for one in read(tmp_path / "x.h5")]
    assert names == (["map"] if kind == "DIMENSION_SCALE" else ["line", "map"])


def test_no_time_in_the_file(tmp_path, cli):
    """The same values make the same bytes, whenever they are written."""
    np.save(tmp_path / "x.npy", np.zeros((4, 6), np.uint8))
    assert cli("max", "x.npy", "-o", "y.h5").code == 0
    with h5py.File(tmp_path / "y.h5") as file:
        for place in (file, file["data"]):
            about = h5py.h5o.get_info(place.id)
            assert (about.atime, about.mtime, about.ctime, about.btime) == (0, 0, 0, 0)

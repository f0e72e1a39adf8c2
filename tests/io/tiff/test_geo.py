"""GeoTIFF: place, reference system, nodata and bands, written and read by rasterio (GDAL)."""

import json
from math import isnan

import numpy as np
import pytest
from halved import halves
from tiffs import tifffile, values

from poolcli.io import read
from poolcli.io.tiff import geo, geo_fields

rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
UTM = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 4_000_000)}


def write(path, x, after=lambda file: None, **profile):
    """Write bands (count, height, width) or one band."""
    bands = x if x.ndim == 3 else x[None]
    count, height, width = bands.shape
    shape = {"count": count, "height": height, "width": width, "dtype": x.dtype.name}
    with rasterio.open(path, "w", driver="GTiff", **shape, **profile) as file:
        file.write(bands)
        after(file)


def test_the_ground_stays_where_it_is(cli, tmp_path):
    x = np.arange(16, dtype=np.float32).reshape(4, 4)
    x[1, 1] = -9999
    write(tmp_path / "a.tif", x, nodata=-9999, **UTM)
    assert cli("max", "-k", 2, "a.tif", "--nodata", -9999).code == 0
    with rasterio.open(tmp_path / "a-max.tif") as file:
        assert file.transform == rasterio.Affine(20, 0, 500_000, 0, -20, 4_000_000)
        assert (file.crs, file.nodata, file.dtypes) == ("EPSG:32633", -9999, ("float32",))
        assert file.read(1).tolist() == [[4, 7], [13, 15]]


def test_a_files_own_nodata_is_left_out(cli, tmp_path):
    x = np.arange(16, dtype=np.float32).reshape(4, 4)
    x[0, 0] = -9999
    write(tmp_path / "a.tif", x, nodata=-9999, **UTM)
    assert cli("avg", "-k", 2, "a.tif").code == 0
    with rasterio.open(tmp_path / "a-avg.tif") as file:
        assert file.read(1)[0, 0] == np.float32(10 / 3)
    assert cli("avg", "-k", 2, "a.tif", "--no-file-nodata", "-o", "b.tif").code == 0
    with rasterio.open(tmp_path / "b.tif") as file:
        assert file.read(1)[0, 0] == (10 - 9999) / 4


def test_windows_that_overlap_or_leave_the_map(cli, tmp_path):
    write(tmp_path / "a.tif", np.zeros((9, 9), np.uint8), **UTM)
    for options, corner, size in (
        (("-k", 3, "-s", 2, "-p", 1), (-5, 5), 20),
        (("-k", 3, "-s", 3), (0, 0), 30),
        (("-k", 3, "-s", 1), (10, -10), 10),
        (("--adaptive", 3), (0, 0), 30),
        (("--global",), (0, 0), 90),
    ):
        assert cli("max", *options, "a.tif", "-o", "b.tif", "--overwrite").code == 0
        with rasterio.open(tmp_path / "b.tif") as file:
            x, y = 500_000 + corner[0], 4_000_000 + corner[1]
            if options != ("--global",):
                assert file.transform == rasterio.Affine(size, 0, x, 0, -size, y), options


@pytest.mark.parametrize("area", ["Area", "Point"])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_bands_of_a_turned_map(cli, tmp_path, interleave, area):
    x = values((5, 64, 64), "int16")
    turned = rasterio.Affine(0.01, 0.002, 10, 0.001, -0.01, 50)

    def describe(file):
        file.descriptions = ("blue", "green", "red", "near", "short")
        file.scales, file.offsets = (0.5,) * 5, (1, 2, 3, 4, 5)
        file.update_tags(AREA_OR_POINT=area, SENSOR="handmade", STATISTICS_MEAN="7")
        file.update_tags(2, wavelength="560")

    storage = {"interleave": interleave, "tiled": True, "blockxsize": 32, "blockysize": 16}
    packed = {"compress": "deflate", "predictor": 2}
    write(tmp_path / "a.tif", x, describe, crs="EPSG:4326", transform=turned, **storage, **packed)
    assert cli("max", "-k", 2, "a.tif").code == 0
    with rasterio.open(tmp_path / "a-max.tif") as file:
        np.testing.assert_array_equal(file.read(), halves(x).max((-3, -1)))
        assert file.transform == turned @ rasterio.Affine.scale(2)
        assert file.crs == "EPSG:4326"
        assert file.descriptions == ("blue", "green", "red", "near", "short")
        assert (file.scales, file.offsets) == ((0.5,) * 5, (1, 2, 3, 4, 5))
        assert file.tags() == {"AREA_OR_POINT": area, "SENSOR": "handmade"}
        assert file.tags(2) == {"wavelength": "560"}
        assert file.interleaving.value.lower() == interleave
        assert file.block_shapes[0] == (16, 32)
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "2"


@pytest.mark.parametrize(
    "dtype",
    [
        *("uint8", "int8", "uint16", "int16", "uint32", "int32"),
        *("uint64", "int64", "float32", "float64"),
    ],
)
def test_dtypes_and_their_nodata(cli, tmp_path, dtype):
    x = np.arange(36).reshape(6, 6).astype(dtype)
    write(tmp_path / "a.tif", x, nodata=77)
    assert cli("max", "-k", 2, "a.tif").code == 0
    with rasterio.open(tmp_path / "a-max.tif") as file:
        assert (file.dtypes, file.nodata) == ((dtype,), 77)
        np.testing.assert_array_equal(file.read(1), halves(x).max((-3, -1)))


def test_nodata_as_texts():
    for words, dtype, value in (
        ("-9999", "int16", -9999),
        ("-9999", "uint8", None),
        ("1e3", "int32", 1000),
        ("18446744073709551615", "uint64", 2**64 - 1),
        ("0.5", "float32", 0.5),
        ("many", "float32", None),
        ("-inf", "float32", float("-inf")),
    ):
        found = geo.nodata_value(words, np.dtype(dtype))
        assert (found, type(found)) == (value, type(value))
        if value is not None:
            assert geo.nodata_value(geo_fields.nodata_words(value), np.dtype(dtype)) == value
    assert isnan(geo.nodata_value("nan", np.dtype("float64")))
    assert geo_fields.nodata_words(float("nan")) == "nan"


def test_control_points_and_polynomials_move(cli, tmp_path):
    from rasterio.control import GroundControlPoint
    from rasterio.rpc import RPC

    places = [(0, 0, 10, 50, 0), (0, 64, 11, 50, 0), (64, 0, 10, 49, 0), (64, 64, 11, 49, 5)]
    points = [GroundControlPoint(*each) for each in places]
    x = values((64, 64), "uint8")
    write(tmp_path / "a.tif", x, gcps=points, crs="EPSG:4326")
    assert cli("max", "-k", 2, "a.tif").code == 0
    with rasterio.open(tmp_path / "a-max.tif") as file:
        found, crs = file.gcps
    moved = [(row / 2, column / 2, *at) for row, column, *at in places]
    assert [(each.row, each.col, each.x, each.y, each.z) for each in found] == moved
    assert crs == "EPSG:4326"

    ones = {
        f"{axis}_{part}_coeff": [1.0] * 20 for axis in ("line", "samp") for part in ("num", "den")
    }
    world = {
        f"{axis}_{part}": 3.0 for axis in ("lat", "long", "height") for part in ("off", "scale")
    }
    places = {"line_off": 31.5, "line_scale": 32, "samp_off": 20.5, "samp_scale": 64}

    def give(file):
        file.rpcs = RPC(**ones, **world, **places, err_bias=0.5, err_rand=0.25)

    write(tmp_path / "b.tif", x, give)
    assert cli("max", "-k", 2, "b.tif").code == 0
    with rasterio.open(tmp_path / "b-max.tif") as file:
        found = file.rpcs
    assert (found.line_off, found.samp_off, found.line_scale) == (15.5, 10.0, 16)
    assert (found.lat_off, found.err_bias, found.samp_den_coeff) == (3, 0.5, [1.0] * 20)


def test_blocks_that_are_not_stored_are_nodata(cli, tmp_path):
    from rasterio.windows import Window

    profile = {"height": 256, "width": 256, "count": 1, "dtype": "int16", "nodata": -5}
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "SPARSE_OK": True}
    with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", **profile, **tiles) as file:
        file.write(np.full((64, 64), 7, np.int16), 1, window=Window(64, 0, 64, 64))
    with rasterio.open(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(read(tmp_path / "a.tif")[0].data, file.read(1))


@pytest.mark.complete
@pytest.mark.parametrize("how", ["cog=true", "overviews=2"])
@pytest.mark.parametrize("words", ["max -k 2", "pyramid --op mode --levels 2"])
def test_what_gdal_makes_is_made_of_regions(cli, tmp_path, how, words):
    x = values((1, 900, 700), "uint16") % 9
    write(tmp_path / "a.tif", x, **TILED, **UTM)
    levels = words.startswith("pyramid") and how != "cog=true"
    words = ("run", words, "a.tif", "--report", "jsonl", *(() if levels else ("--save", how)))
    assert cli(*words, "-o", "whole.tif").code == 0
    ran = cli(*words, "-o", "parts.tif", "--max-memory", "1M", "-j", 2)
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["regions"] > 1
    for level in (None, 0, 1):
        more = {} if level is None else {"overview_level": level}
        found = []
        for name in ("whole.tif", "parts.tif"):
            with rasterio.open(tmp_path / name, **more) as file:
                found.append(
                    (file.read(), file.crs, file.transform, file.tags(ns="IMAGE_STRUCTURE"))
                )
        np.testing.assert_array_equal(found[0][0], found[1][0])
        assert found[0][1:] == found[1][1:]


@pytest.mark.complete
def test_overviews_and_cloud_optimised_files(cli, tmp_path):
    x = values((3, 1024, 1500), "int16") % 1000
    write(tmp_path / "a.tif", x, nodata=-5, **UTM)
    pooled = halves(x).max((-3, -1))

    def made(*options):
        words = [word for option in options for word in ("--save", option)]
        ran = cli("max", "-k", 2, "a.tif", "-o", "b.tif", "--overwrite", *words)
        assert ran.code == 0, ran.err
        with rasterio.open(tmp_path / "b.tif") as file:
            np.testing.assert_array_equal(file.read(), pooled)
            assert (file.crs, file.nodata, file.transform.a) == ("EPSG:32633", -5, 20)
            return file.overviews(1), file.tags(ns="IMAGE_STRUCTURE"), file.profile

    assert made("overviews=2")[0] == [2, 4]
    levels, structure, profile = made("cog=yes", "compression=zstd")
    assert (levels, structure["LAYOUT"], profile["compress"]) == ([2], "COG", "zstd")
    assert made("cog=yes", "overviews=3", "resampling=average")[0] == [2, 4, 8]
    _, _, profile = made("tiled=512")
    assert (profile["tiled"], profile["blockxsize"]) == (True, 512)
    (tmp_path / "b.tif").unlink()
    assert cli("max", "a.tif", "--save", "resampling=mode").code == 1
    assert cli("pyramid", "--op", "max", "a.tif", "--save", "tiled=7").code == 2


def test_overviews_need_the_extra(cli, tmp_path, monkeypatch):
    import sys

    write(tmp_path / "a.tif", values((64, 64), "uint8"), **UTM)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    ran = cli("max", "a.tif", "--save", "cog=yes")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "pip install 'poolcli[geo]'" in ran.err
    assert cli("max", "a.tif").code == 0  # for the tags alone none is needed


def test_a_palette_with_the_colours_of_classes(cli, tmp_path):
    colours = {value: (value, 255 - value, 3, 255) for value in range(256)}
    x = values((8, 8), "uint8") // 32
    write(
        tmp_path / "a.tif", x, lambda file: file.write_colormap(1, colours), photometric="palette"
    )
    assert cli("mode", "-k", 2, "a.tif").code == 0
    with rasterio.open(tmp_path / "a-mode.tif") as file:
        assert file.colormap(1) == colours
        assert file.read(1).max() < 8


def test_info_tells_the_place(cli, tmp_path):
    write(tmp_path / "a.tif", values((8, 8), "uint8"), nodata=0, **UTM)
    ran = cli("info", "a.tif")
    for words in ("EPSG:32633", "500000", "nodata: 0"):
        assert words in ran.text
    facts = json.loads(cli("info", "a.tif", "--report", "json").text)[0]["facts"]
    assert facts["geotransform"] == [500_000, 10, 0, 4_000_000, 0, -10]


def test_a_named_reference_system_becomes_keys(tmp_path):
    from poolcli.io.tiff.gdal import keys_of_crs

    for name in ("EPSG:32633", "EPSG:4326"):
        assert geo.crs_name(keys_of_crs(name)) == name
    assert keys_of_crs("EPSG:0") is None


TILED = {"tiled": True, "blockxsize": 16, "blockysize": 16}


def blocks(masked):
    """Blocks of 2 by 2 as the last axis."""
    bands, height, width = masked.shape
    parts = masked.reshape(bands, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 2, 4)
    return parts.reshape(bands, height // 2, width // 2, 4)


@pytest.mark.parametrize("profile", [{}, TILED], ids=["strips", "tiles"])
@pytest.mark.parametrize(
    ("dtype", "nodata"), [("float32", None), ("float64", -9999), ("int16", -9999), ("uint8", 255)]
)
@pytest.mark.parametrize("bands", [1, 3])
def test_a_mask_leaves_out_what_gdal_leaves_out(cli, tmp_path, bands, dtype, nodata, profile):
    """`dataset_mask` says which pixels count, before and after."""
    x = np.arange(bands * 40 * 24).reshape(bands, 40, 24).astype(dtype) % 100
    mask = np.random.default_rng(0).random((40, 24)) < 0.4
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(tmp_path / "a.tif", x, lambda file: file.write_mask(mask), nodata=nodata, **profile)
    with rasterio.open(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(file.dataset_mask() != 0, mask)
    masked = np.ma.array(x.astype(float), mask=np.broadcast_to(~mask, x.shape))
    for op, expected in (("max", blocks(masked).max(-1)), ("avg", blocks(masked).mean(-1))):
        options = ("--dtype", "float64", "--strict", "--overwrite")
        ran = cli(op, "-k", 2, "a.tif", "-o", "b.tif", *options)
        assert ran.code == 0, ran.err
        with rasterio.open(tmp_path / "b.tif") as file:
            found = file.read(masked=True)
            np.testing.assert_array_equal(file.dataset_mask() == 0, expected.mask[0])
        np.testing.assert_allclose(found.filled(0), expected.filled(0), rtol=1e-6)


@pytest.mark.parametrize("profile", [{}, TILED], ids=["strips", "tiles"])
@pytest.mark.parametrize("photometric", ["minisblack", "rgb"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
@pytest.mark.parametrize(
    ("pipeline", "kernel"), [("max -k 2", 2), ("avg -k 4", 4), ("max -k 2 | max -k 2", 4)]
)
def test_a_mask_of_whole_numbers_stays_one(
    cli, tmp_path, pipeline, kernel, dtype, photometric, profile
):
    bands = 3 if photometric == "rgb" else 1
    x = values((bands, 40, 24), dtype)
    mask = np.zeros((40, 24), bool)
    mask[:13, 5:] = mask[20:, ::7] = True
    options = {"photometric": photometric, **profile, **UTM}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(tmp_path / "a.tif", x, lambda file: file.write_mask(mask), **options)
    for again in ((), ("--max-memory", "1G")):
        ran = cli("run", pipeline, "a.tif", "-o", "b.tif", "--strict", "--overwrite", *again)
        assert ran.code == 0, ran.err
        masked = np.ma.array(x.astype(float), mask=np.broadcast_to(~mask, x.shape))
        parts = masked.reshape(bands, 40 // kernel, kernel, 24 // kernel, kernel)
        parts = parts.transpose(0, 1, 3, 2, 4).reshape(bands, 40 // kernel, 24 // kernel, -1)
        expected = np.rint(parts.mean(-1)) if "avg" in pipeline else parts.max(-1)
        with rasterio.open(tmp_path / "b.tif") as file:
            np.testing.assert_array_equal(file.dataset_mask() == 0, expected.mask[0])
            assert not list(tmp_path.glob("*.msk"))
            assert file.crs == "EPSG:32633"
            found = file.read()
        kept = ~expected.mask
        np.testing.assert_array_equal(found[kept], expected.data[kept].astype(dtype))
        assert not found[~kept].any()


def test_a_mask_that_cannot_be_kept_is_told_of(cli, tmp_path):
    x = np.arange(3 * 64, dtype=np.uint8).reshape(3, 8, 8)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(tmp_path / "a.tif", x, lambda file: file.write_mask(x[0] < 40), photometric="rgb")
    others = (
        ("max", "-k", 2, "--to", "png"),
        ("fuse", "max -k 2", "avg -k 2", "--merge", "max"),
        ("pyramid", "--op", "avg", "--levels", 2, "--to", "png"),
    )
    for words in others:
        ran = cli(*words, "a.tif", "--report", "jsonl")
        assert ran.code == 0, ran.err
        assert "mask of pixels" in json.loads(ran.text)["dropped"], words
    counted = cli("max", "-k", 2, "a.tif", "--no-file-nodata", "--report", "jsonl")
    assert json.loads(counted.text)["dropped"] == ["mask of pixels"]
    with rasterio.open(tmp_path / "a-max.tif") as file:
        np.testing.assert_array_equal(file.read(), halves(x).max((2, 4)))


@pytest.mark.parametrize("turn", [2, 6])
def test_the_mask_of_a_turned_picture(cli, tmp_path, turn):
    x, valid = values((8, 12), "uint8"), np.random.default_rng(0).random((8, 12)) < 0.3
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(x, metadata=None, extratags=[(274, 3, 1, turn, True)])
        file.write(valid, metadata=None, subfiletype=4, photometric="mask")
    assert cli("max", "-k", 1, "a.tif", "-o", "b.tif", "--strict").code == 0
    upright = {2: np.fliplr, 6: lambda pixels: np.rot90(pixels, -1)}[turn]
    with rasterio.open(tmp_path / "b.tif") as file:
        np.testing.assert_array_equal(file.dataset_mask() != 0, upright(valid))
        np.testing.assert_array_equal(file.read(1), upright(np.where(valid, x, 0)))

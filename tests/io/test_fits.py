"""FITS, as astropy writes and reads it."""

import io
import json

import numpy as np
import pytest
from round_trips import refusal

from poolcli.io import opened, peek, read

fits = pytest.importorskip("astropy.io.fits", reason="astropy is not installed")
pytestmark = pytest.mark.complete
DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")


def image(dtype="i2", shape=(6, 8), seed=0):
    return np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)


def blocks(values):
    *lead, h, w = values.shape
    return values.reshape(*lead, h // 2, 2, w // 2, 2)


def pooled(cli, tmp_path, units, *words):
    fits.HDUList(units).writeto(tmp_path / "a.fits")
    words = words or ("max", "-k", 2)
    ran = cli(*words, "a.fits", "-o", "b.fits", "--report", "jsonl")
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["dropped"] == []
    return fits.open(io.BytesIO((tmp_path / "b.fits").read_bytes()))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(cli, tmp_path, dtype):
    values = image(dtype)
    again = pooled(cli, tmp_path, [fits.PrimaryHDU(values)])
    np.testing.assert_array_equal(again[0].data, blocks(values).max((1, 3)))
    assert again[0].data.dtype.newbyteorder("=") == values.dtype
    (one,) = read(tmp_path / "a.fits")
    np.testing.assert_array_equal(one.data, values)
    assert one.data.dtype == values.dtype


def wcs_cards(**more):
    cards = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRPIX1": 4.25,
        "CRPIX2": 3.5,
        "CRVAL1": 30.0,
        "CRVAL2": -45.0,
    }
    return {**cards, **more}


SYSTEMS = {
    "CDELT": {"CDELT1": -0.01, "CDELT2": 0.02},
    "CD": {"CD1_1": -0.01, "CD1_2": 0.003, "CD2_1": 0.002, "CD2_2": 0.02},
    "PC": {
        "CDELT1": -0.01,
        "CDELT2": 0.02,
        "PC1_1": 0.8,
        "PC1_2": -0.6,
        "PC2_1": 0.6,
        "PC2_2": 0.8,
    },
    "PC diagonal left out": {"CDELT1": -0.01, "CDELT2": 0.02, "PC1_2": 0.1},
    "SIP": {
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "CD1_1": -0.01,
        "CD2_2": 0.01,
        "A_ORDER": 2,
        "B_ORDER": 2,
        "A_2_0": 1e-3,
        "A_1_1": 2e-3,
        "B_0_2": -3e-3,
        "B_1_1": 1e-3,
    },
}


@pytest.mark.parametrize("words", [("-k", "2x3"), ("-k", "3x2", "-s", "1x2"), ("-k", 3, "-p", 1)])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.filterwarnings("ignore")
def test_world_coordinates_are_those_of_the_cells(cli, tmp_path, system, words):
    from astropy.wcs import WCS

    unit = fits.PrimaryHDU(image("f4"))
    unit.header.update(wcs_cards(**SYSTEMS[system]))
    unit.header["OBJECT"] = ("M 31", "the object")
    unit.header.add_history("made for a test")
    again = pooled(cli, tmp_path, [unit], "avg", *words)
    before, after = WCS(unit.header), WCS(again[0].header)
    kernel, stride, pad = {
        ("-k", "2x3"): ((2, 3), (2, 3), 0),
        ("-k", "3x2", "-s", "1x2"): ((3, 2), (1, 2), 0),
        ("-k", 3, "-p", 1): ((3, 3), (3, 3), 1),
    }[words]
    for row, column in ((0, 0), (1, 1)):
        place = [
            number * step + (size - 1) / 2 - pad
            for number, step, size in zip((row, column), stride, kernel, strict=True)
        ]
        seen = after.all_pix2world(column, row, 0)
        np.testing.assert_allclose(seen, before.all_pix2world(place[1], place[0], 0), atol=1e-9)
    assert again[0].header["OBJECT"] == "M 31"
    assert again[0].header.comments["OBJECT"] == "the object"
    assert list(again[0].header["HISTORY"]) == ["made for a test"]


def test_a_cube_keeps_its_third_axis(cli, tmp_path):
    unit = fits.PrimaryHDU(image("f4", (3, 6, 8)))
    unit.header.update({"CRPIX3": 2.0, "CDELT3": 5.0, "CRVAL3": 1e9, "CTYPE3": "FREQ"})
    unit.header.update(wcs_cards(CDELT1=1.0, CDELT2=1.0))
    again = pooled(cli, tmp_path, [unit])
    assert again[0].data.shape == (3, 3, 4)
    assert [again[0].header[key] for key in ("CRPIX3", "CDELT3", "CDELT1")] == [2.0, 5.0, 2.0]


def test_blank_is_nodata_and_left_out(cli, tmp_path):
    values = image("i2")
    values[0, 0] = -99
    unit = fits.PrimaryHDU(values)
    unit.header["BLANK"] = -99
    fits.HDUList([unit]).writeto(tmp_path / "a.fits")
    assert peek(tmp_path / "a.fits").maps[0].facts["nodata"] == (-99.0,)
    assert cli("avg", "-k", 2, "a.fits", "-o", "b.fits").code == 0
    with fits.open(tmp_path / "b.fits") as again:
        counted = values[:2, :2].reshape(-1)[1:]
        assert again[0].data[0, 0] == np.float32(counted.mean())
    assert cli("min", "-k", 1, "a.fits", "-o", "c.fits").code == 0
    with fits.open(tmp_path / "c.fits") as again:
        assert again[0].header["BLANK"] == -99
        assert np.isnan(again[0].data[0, 0])


def test_values_are_scaled_as_astropy_does(cli, tmp_path):
    unit = fits.PrimaryHDU(image("i2"))
    unit.header["BSCALE"], unit.header["BZERO"] = 0.5, 10
    fits.HDUList([unit]).writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as file:
        expected = file[0].data.copy()
    (one,) = read(tmp_path / "a.fits")
    np.testing.assert_array_equal(one.data, expected)
    assert peek(tmp_path / "a.fits").maps[0].dtype == expected.dtype.name
    assert cli("max", "-k", 2, "a.fits", "-o", "b.fits").code == 0
    with fits.open(tmp_path / "b.fits") as again:
        np.testing.assert_array_equal(again[0].data, blocks(expected).max((1, 3)))


def test_several_units_and_tables(cli, tmp_path):
    primary = fits.PrimaryHDU()
    primary.header["TELESCOP"] = "a telescope"
    column = fits.Column(name="x", format="E", array=np.arange(5.0))
    units = [
        primary,
        fits.ImageHDU(image("f4"), name="SCI"),
        fits.CompImageHDU(image("i4", seed=1), name="DQ", compression_type="RICE_1"),
        fits.BinTableHDU.from_columns([column], name="EVENTS"),
    ]
    again = pooled(cli, tmp_path, units)
    assert again[0].header["TELESCOP"] == "a telescope"
    np.testing.assert_array_equal(again["SCI"].data, blocks(image("f4")).max((1, 3)))
    np.testing.assert_array_equal(again["DQ"].data, blocks(image("i4", seed=1)).max((1, 3)))
    assert again["DQ"].compression_type == "RICE_1"
    np.testing.assert_array_equal(again["EVENTS"].data["x"], np.arange(5.0))
    assert [one.name for one in read(tmp_path / "a.fits")] == ["SCI", "DQ"]
    assert cli("max", "a.fits::DQ", "-o", "dq.npy").code == 0
    ran = cli("max", "a.fits", "-o", "c.npz", "--report", "jsonl")
    assert "other data of the file" in json.loads(ran.text)["dropped"]


def test_compressed_floats_are_written_without_loss(cli, tmp_path):
    values = np.random.default_rng(0).normal(size=(6, 8)).astype("f4")
    unit = fits.CompImageHDU(values, name="SCI", compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as file:
        expected = file["SCI"].data.copy()
    assert cli("max", "-k", 2, "a.fits", "-o", "b.fits").code == 0
    with fits.open(tmp_path / "b.fits") as again:
        np.testing.assert_array_equal(again["SCI"].data, blocks(expected).max((1, 3)))


def test_regions(tmp_path):
    values = image("u2", (3, 6, 8))
    fits.HDUList([fits.PrimaryHDU(values)]).writeto(tmp_path / "a.fits")
    region = np.s_[1:3, 2:5, 0:7]
    with opened(tmp_path / "a.fits") as source:
        np.testing.assert_array_equal(source.read(0, region).data, values[region])


def good():
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(image("f4", (60, 80)))]).writeto(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (good()[:4000], "damaged"),
        (good()[:200], "damaged"),
        (good()[:2880], "damaged"),
        (
            good().replace(b"NAXIS1  =                   80", b"NAXIS1  =               880000"),
            "dam",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_damage(raw, words):
    assert words in refusal(raw)


def test_without_an_image():
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU()]).writeto(stream)
    assert "no image" in refusal(stream.getvalue())


def test_packed_by_gzip(cli, tmp_path):
    fits.HDUList([fits.PrimaryHDU(image("i2"))]).writeto(tmp_path / "a.fits.gz")
    assert cli("max", "-k", 2, "a.fits.gz").code == 0
    assert (tmp_path / "a-max.fits.gz").read_bytes()[:2] == b"\x1f\x8b"
    with fits.open(tmp_path / "a-max.fits.gz") as again:
        np.testing.assert_array_equal(again[0].data, blocks(image("i2")).max((1, 3)))
    assert "gzip is damaged" in refusal((tmp_path / "a.fits.gz").read_bytes()[:-40])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_not_a_number_is_left_out_where_that_is_asked_for(cli, tmp_path, dtype):
    values = np.arange(48, dtype=dtype).reshape(6, 8)
    values[0, 0] = values[4:, :2] = np.nan
    wide = np.moveaxis(blocks(values), 1, 2).reshape(3, 4, 4)
    found = pooled(cli, tmp_path, [fits.PrimaryHDU(values)], "avg", "-k", 2)[0].data
    np.testing.assert_array_equal(found, wide.mean(-1))  # as everywhere: NaN is not hidden
    for words in (("--nodata", "nan"), ("--nan", "ignore")):
        assert cli("avg", "-k", 2, "a.fits", "-o", "c.fits", "--overwrite", *words).code == 0
        found = fits.getdata(tmp_path / "c.fits")
        assert np.isnan(found[2, 0])
        expected = np.full((3, 4), np.nan)
        rest = ~np.isnan(wide).all(-1)
        expected[rest] = np.nanmean(wide[rest], -1)
        np.testing.assert_allclose(found, expected, rtol=1e-6)

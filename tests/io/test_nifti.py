"""NIfTI, as nibabel writes and reads it."""

import gzip
import io
import json

import numpy as np
import pytest
from round_trips import refusal

from poolcli.io import opened, peek, read

nibabel = pytest.importorskip("nibabel", reason="nibabel is not installed")
pytestmark = pytest.mark.complete
AFFINE = np.array([[-2, 0.1, 0, 90], [0, 2, 0, -126], [0.2, 0, 3, -72], [0, 0, 0, 1.0]])
DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")


def volume(dtype="i2", shape=(6, 8, 4)):
    return np.random.default_rng(0).integers(0, 100, shape).astype(dtype)


def image_of(values, kind="Nifti1Image", affine=AFFINE):
    image = getattr(nibabel, kind)(values, affine, dtype=values.dtype)
    image.header.set_xyzt_units("mm", "sec")
    return image


def blocks(values):
    w, h, d = values.shape[:3]
    return values.reshape(w // 2, 2, h // 2, 2, d // 2, 2, *values.shape[3:])


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(cli, tmp_path, dtype, suffix, kind):
    values = volume(dtype)
    image_of(values, kind).to_filename(tmp_path / f"a{suffix}")
    (one,) = read(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(one.data, values)
    assert (one.data.dtype, one.layout) == (values.dtype, "WHD")
    ran = cli("max", "-k", 2, f"a{suffix}", "--report", "jsonl")
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["dropped"] == []
    again = nibabel.load(tmp_path / f"a-max{suffix}")
    assert type(again).__name__ == kind
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), blocks(values).max((1, 3, 5)))
    assert again.get_data_dtype() == values.dtype
    assert ((tmp_path / f"a-max{suffix}").read_bytes()[:2] == b"\x1f\x8b") == (suffix != ".nii")


def test_the_place_of_a_voxel(cli, tmp_path):
    image = image_of(volume())
    image.set_sform(AFFINE, "mni")
    image.header["descrip"] = b"a description"
    image.header["cal_max"] = 99
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a comment"))
    image.to_filename(tmp_path / "a.nii")
    ran = cli("avg", "-k", "2x2x3", "-s", "2x2x1", "a.nii", "--report", "jsonl")
    assert ran.code == 0, ran.err
    again = nibabel.load(tmp_path / "a-avg.nii")
    # -k and -s are depth x height x width: voxels of 2 along z, 2 along y and 1 along x
    stride = np.diag([1.0, 2, 2, 1])
    stride[:3, 3] = [1, 0.5, 0.5]
    np.testing.assert_allclose(again.affine, AFFINE @ stride, atol=1e-4)
    zooms = np.array(image.header.get_zooms()) * [1, 2, 2]
    np.testing.assert_allclose(again.header.get_zooms(), zooms, atol=1e-5)
    assert again.header.get_xyzt_units() == ("mm", "sec")
    assert again.header["sform_code"] == 4
    assert again.header["descrip"] == b"a description"
    assert again.header["cal_max"] == 99
    assert [each.get_content() for each in again.header.extensions] in (
        ["a comment"],
        [b"a comment"],
    )


@pytest.mark.parametrize("code", [0, 4, 6, 16, 30, 44])
def test_extensions_come_back_byte_for_byte(cli, tmp_path, code):
    raw = b"\xff\xfe{not json}\0\x80"
    extension = nibabel.nifti1.Nifti1Extension(code, raw)
    image = image_of(volume())
    image.header.extensions.append(extension)
    image.to_filename(tmp_path / "a.nii")
    assert cli("max", "a.nii", "--strict").code == 0
    assert raw in (tmp_path / "a-max.nii").read_bytes()


def test_scaled_values_are_those_that_nibabel_gives(cli, tmp_path):
    image = image_of(volume())
    image.header.set_slope_inter(-0.5, 10)
    image.to_filename(tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[112:120] = np.array([-0.5, 10], "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(raw)
    expected = nibabel.load(tmp_path / "a.nii").get_fdata()
    (one,) = read(tmp_path / "a.nii")
    np.testing.assert_array_equal(one.data, expected)
    assert peek(tmp_path / "a.nii").maps[0].dtype == "float64"
    assert cli("max", "-k", 2, "a.nii").code == 0
    again = nibabel.load(tmp_path / "a-max.nii")
    np.testing.assert_array_equal(again.get_fdata(), blocks(expected).max((1, 3, 5)))


@pytest.mark.parametrize("shape", [(6,), (6, 8), (6, 8, 4, 5), (6, 8, 4, 5, 3)], ids=str)
def test_other_numbers_of_axes(cli, tmp_path, shape):
    values = volume("i2", shape)
    image_of(values).to_filename(tmp_path / "a.nii.gz")
    header = peek(tmp_path / "a.nii.gz").maps[0]
    assert header.layout == "WHDNC"[: len(shape)]
    assert cli("max", "-k", 2, "a.nii.gz").code == 0
    again = np.asanyarray(nibabel.load(tmp_path / "a-max.nii.gz").dataobj)
    assert again.shape == tuple(size // 2 if axis < 3 else size for axis, size in enumerate(shape))
    assert again.max() <= values.max()


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_regions(tmp_path, suffix):
    values = volume()
    image_of(values).to_filename(tmp_path / f"a{suffix}")
    region = np.s_[1:3, 2:7, 0:4]
    with opened(tmp_path / f"a{suffix}") as source:
        np.testing.assert_array_equal(source.read(0, region).data, values[region])


def test_big_endian(tmp_path):
    image = image_of(volume())
    header = image.header.as_byteswapped(">")
    nibabel.Nifti1Image(volume(), AFFINE, header).to_filename(tmp_path / "a.nii")
    assert (tmp_path / "a.nii").read_bytes()[3] == 348 & 255
    np.testing.assert_array_equal(read(tmp_path / "a.nii")[0].data, volume())


def test_to_and_from_other_formats(cli, tmp_path):
    image_of(volume()).to_filename(tmp_path / "a.nii")
    ran = cli("max", "-k", 2, "a.nii", "-o", "b.npy", "--report", "jsonl")
    assert json.loads(ran.text)["dropped"] == ["size of a pixel", "affine", "header"]
    np.save(tmp_path / "c.npy", volume("f4", (4, 6, 8)))
    assert cli("max", "-k", 2, "c.npy", "--layout", "DHW", "-o", "d.nii").code == 0
    assert nibabel.load(tmp_path / "d.nii").shape == (4, 3, 2)
    np.save(tmp_path / "e.npy", np.ones((2, 2), bool))
    ran = cli("max", "e.npy", "-o", "e.nii")
    assert ran.code == 1
    assert "nifti holds no bool" in ran.err


def good(packed=False):
    raw = image_of(volume()).to_bytes()
    return gzip.compress(raw) if packed else raw


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (good()[:-1], "not all there"),
        (good(packed=True)[:-40], "damaged"),
        (good()[:400], "not all there"),
        (good()[:40] + b"\xff\x7f" + good()[42:], "NIfTI"),
        (good()[:70] + b"\x80\0" + good()[72:], "save real numbers"),
    ],
)
def test_damage(raw, words):
    assert words in refusal(raw)


def test_a_gzip_of_something_else():
    assert "neither an array" in refusal(gzip.compress(b"hello" * 100))
    packed = bytearray(good(packed=True))
    assert peek(io.BytesIO(packed)).format == "nifti"

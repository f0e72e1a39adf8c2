"""OpenEXR, as its own library writes and reads it."""

import io
import json

import numpy as np
import pytest
from round_trips import refusal

from poolcli.io import opened, peek, read

OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
pytestmark = pytest.mark.complete


def plane(dtype, seed=0, shape=(6, 8)):
    return (np.random.default_rng(seed).random(shape) * 100).astype(dtype)


def blocks(values):
    return values.reshape(3, 2, 4, 2)


def save(path, channels, **header):
    usual = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File({**usual, **header}, dict(channels)).write(str(path))  # it changes what it gets


def load(path):
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return [{name: each.pixels for name, each in part.channels.items()} for part in parts]


def pooled(cli, *words):
    ran = cli(*(words or ("max", "-k", 2)), "a.exr", "-o", "b.exr", "--report", "jsonl")
    assert ran.code == 0, ran.err
    return json.loads(ran.text)["dropped"]


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "uint32"])
@pytest.mark.parametrize("names", ["Y", "RGB", "RGBA"])
def test_every_dtype(cli, tmp_path, names, dtype, op):
    channels = {name: plane(dtype, seed) for seed, name in enumerate(names)}
    save(tmp_path / "a.exr", channels)
    assert pooled(cli, op, "-k", 2) == []
    (again,) = load(tmp_path / "b.exr")
    assert set(again) == set(names)
    for name, values in channels.items():
        assert again[name].dtype == dtype
        wide = blocks(values.astype(np.float64))
        expected = wide.max((1, 3)) if op == "max" else wide.mean((1, 3))
        exact = np.rint(expected) if dtype == "uint32" else expected
        np.testing.assert_allclose(again[name], exact.astype(dtype), rtol=1e-6)


def test_layers_of_several_dtypes(cli, tmp_path):
    channels = {
        **{name: plane("float16", seed) for seed, name in enumerate("RGB")},
        "Z": plane("float32", 5),
        "id": plane("uint32", 6),
        "diffuse.R": plane("float16", 7),
        "diffuse.G": plane("float16", 8),
    }
    save(
        tmp_path / "a.exr",
        channels,
        compression=OpenEXR.PIZ_COMPRESSION,
        owner="an owner",
        chromaticities=(0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
    )
    headers = peek(tmp_path / "a.exr").maps
    assert {header.name for header in headers} == {"R,G,B", "Z", "id", "diffuse"}
    assert pooled(cli) == []
    (again,) = load(tmp_path / "b.exr")
    assert set(again) == set(channels)
    for name, values in channels.items():
        np.testing.assert_array_equal(again[name], blocks(values).max((1, 3)))
    header = OpenEXR.File(str(tmp_path / "b.exr")).parts[0].header
    assert header["compression"] == OpenEXR.PIZ_COMPRESSION
    assert header["owner"] == "an owner"
    assert header["chromaticities"][0] == pytest.approx(0.68)
    assert cli("max", "a.exr::Z", "-o", "z.npy").code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "z.npy"), blocks(channels["Z"]).max((1, 3)))


def test_parts(cli, tmp_path):
    made = [
        OpenEXR.Part({"type": OpenEXR.scanlineimage}, {"Z": plane("float32", number)}, name)
        for number, name in enumerate(("left", "right"))
    ]
    OpenEXR.File(made).write(str(tmp_path / "a.exr"))
    assert [header.name for header in peek(tmp_path / "a.exr").maps] == ["left", "right"]
    assert pooled(cli) == []
    file = OpenEXR.File(str(tmp_path / "b.exr"), separate_channels=True)
    for number, part in enumerate(file.parts):
        assert part.name() == ("left", "right")[number]
        expected = blocks(plane("float32", number)).max((1, 3))
        np.testing.assert_array_equal(part.channels["Z"].pixels, expected)


def test_the_shape_and_the_place_of_pixels(cli, tmp_path):
    window = np.array([3, 5], "i4"), np.array([10, 10], "i4")
    save(tmp_path / "a.exr", {"Y": plane("float32")}, dataWindow=window, pixelAspectRatio=2.0)
    assert pooled(cli, "max", "-k", "2x1") == ["origin", "further data (displayWindow)"]
    header = OpenEXR.File(str(tmp_path / "b.exr")).parts[0].header
    assert header["pixelAspectRatio"] == 1.0
    assert header["dataWindow"][0].tolist() == [0, 0]


def test_regions_and_streams(tmp_path):
    save(tmp_path / "a.exr", {name: plane("float16", seed) for seed, name in enumerate("RGB")})
    region = np.s_[1:4, 2:8, 0:3]
    (whole,) = read(io.BytesIO((tmp_path / "a.exr").read_bytes()))
    with opened(tmp_path / "a.exr") as source:
        np.testing.assert_array_equal(source.read(0, region).data, whole.data[region])


def test_arrays_of_other_formats(cli, tmp_path):
    np.save(tmp_path / "a.npy", plane("float32", shape=(3, 6, 8)))
    assert cli("max", "-k", 2, "a.npy", "-o", "b.exr", "--save", "compression=rle").code == 0
    (again,) = load(tmp_path / "b.exr")
    assert set(again) == {"R", "G", "B"}
    np.save(tmp_path / "a.npy", plane("float64"))
    ran = cli("max", "a.npy", "-o", "c.exr")
    assert ran.code == 1
    assert "exr holds no float64" in ran.err


def test_damage(tmp_path, capfd):
    save(tmp_path / "a.exr", {name: plane("float32", shape=(60, 80)) for name in "RGB"})
    good = (tmp_path / "a.exr").read_bytes()
    for size in (5, 30, 200, len(good) // 2, len(good) - 9):
        assert "damaged" in refusal(good[:size])
    print("a row")  # noqa: T201
    deep = good[:5] + b"\x08" + good[6:]
    assert "deep" in refusal(deep)
    assert capfd.readouterr() == ("a row\n", "")

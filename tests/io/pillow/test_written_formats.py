"""A file is written in its own format, or under the suffix of what is written."""

import csv
import io
import json

import numpy as np
import pytest
from images import halves
from PIL import Image
from round_trips import image_map, pixels, saved, written

from poolcli.io import FORMATS, WRITTEN_AS, read

EXACT = {
    "tga": "TGA",
    "pcx": "PCX",
    "sgi": "SGI",
    "qoi": "QOI",
    "jp2": "JPEG2000",
    "j2k": "JPEG2000",
    "png": "PNG",
    "bmp": "BMP",
    "ppm": "PPM",
    "webp": "WEBP",
    "tif": "TIFF",
}
PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


def kind_of(path):
    with Image.open(path) as image:
        return image.format


@pytest.mark.parametrize("suffix", EXACT)
def test_its_own_format(cli, tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(PIXELS).save(path, **options)
    assert cli("max", "-k", 2, path.name).code == 0
    assert kind_of(tmp_path / f"a-max.{suffix}") == EXACT[suffix]
    (one,) = read(tmp_path / f"a-max.{suffix}")
    np.testing.assert_array_equal(one.data, halves(PIXELS).max((1, 3)))
    assert cli("max", "-k", 2, path.name, "-o", path.name, "--overwrite").code == 0
    assert kind_of(path) == EXACT[suffix]


def test_avif_is_almost_exact(cli, tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.avif", quality=100, subsampling="4:4:4")
    with Image.open(tmp_path / "a.avif") as image:
        values = np.asarray(image)
    assert cli("max", "-k", 2, "a.avif").code == 0
    assert kind_of(tmp_path / "a-max.avif") == "AVIF"
    (one,) = read(tmp_path / "a-max.avif")
    assert np.abs(one.data - halves(values).max((1, 3)).astype(int)).max() <= 3


READ_ONLY = {".ico": ("ICO", {"sizes": [(16, 12)]}), ".dds": ("DDS", {}), ".mpo": ("MPO", {})}


@pytest.mark.parametrize("suffix", READ_ONLY)
def test_the_suffix_of_what_is_written(cli, tmp_path, suffix):
    kind, options = READ_ONLY[suffix]
    raw = saved(Image.fromarray(PIXELS).convert("RGB"), kind, **options)
    (tmp_path / f"a{suffix}").write_bytes(raw)
    for words in ((f"a{suffix}",), (".", "-o", "out"), (f"a{suffix}", "--overwrite")):
        ran = cli("max", "-k", 2, *words, "--report", "jsonl")
        assert ran.code == 0, ran.err
        assert json.loads(ran.text.splitlines()[0])["output"].endswith(WRITTEN_AS[suffix])
    name = "{stem}{suffix}"
    assert cli("max", "-k", 2, f"a{suffix}", "--overwrite", "--name", name).code == 0
    assert (tmp_path / f"a{suffix}").read_bytes() == raw
    written_kind = "JPEG" if suffix == ".mpo" else "PNG"
    assert kind_of(tmp_path / f"a{WRITTEN_AS[suffix]}") == written_kind


@pytest.mark.parametrize("suffix", WRITTEN_AS)
def test_the_row_says_that_the_suffix_is_another(cli, tmp_path, suffix):
    """For every format that is only read; what is in the file is told by its content."""
    (tmp_path / f"a{suffix}").write_bytes(saved(Image.fromarray(PIXELS), "PNG"))
    words = ("max", "-k", 2, f"a{suffix}", "--overwrite")
    instead = f"a-max{WRITTEN_AS[suffix]} (instead of {suffix})"
    assert instead in " ".join(cli(*words).text.split())
    (row,) = json.loads(cli(*words, "--report", "json").text)["files"]
    assert (row["output"], row["instead_of"]) == (f"a-max{WRITTEN_AS[suffix]}", suffix)
    assert json.loads(cli(*words, "--report", "jsonl").text)["instead_of"] == suffix
    (row,) = csv.DictReader(cli(*words, "--report", "csv").text.splitlines())
    assert row["instead_of"] == suffix
    assert instead in " ".join(cli(*words, "--dry-run").text.split())


@pytest.mark.parametrize(
    "more", [("--to", "png"), ("-o", "b.png"), ("--name", "{stem}.png"), ("-o", "b.tif")]
)
def test_a_suffix_that_is_asked_for_is_no_surprise(cli, tmp_path, more):
    (tmp_path / "a.psd").write_bytes(saved(Image.fromarray(PIXELS), "PNG"))
    ran = cli("max", "a.psd", *more, "--report", "jsonl")
    assert json.loads(ran.text)["instead_of"] == ""
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(PIXELS), "PNG"))
    assert json.loads(cli("max", "a.png", "--report", "jsonl").text)["instead_of"] == ""


def test_a_psd_and_a_png_of_one_name_both_come_out(cli, tmp_path):
    """Also with further formats, again, beside the inputs and in folders."""
    (tmp_path / "in/b").mkdir(parents=True)
    for number, name in enumerate(["a.png", "a.psd", "a.ico", "b/a.psd", "c.psd"]):
        image = Image.fromarray(np.full((4, 4, 3), number, np.uint8))
        (tmp_path / "in" / name).write_bytes(saved(image, "PNG"))
    expected = {"a.png": 0, "a-psd.png": 1, "a-ico.png": 2, "b/a.png": 3, "c.png": 4}
    for words in (("-o", "out"), ("-o", "out", "--overwrite"), ("-o", "in/out", "--overwrite")):
        for _ in range(2):  # what is in in/out is no input of the second run
            assert cli("max", "in", "-r", *words, "--overwrite").code == 0
        found = sorted((tmp_path / words[1]).rglob("*.png"))
        assert {
            str(path.relative_to(tmp_path / words[1])): read(path)[0].data.max() for path in found
        } == expected
    before = len(list((tmp_path / "in").iterdir()))
    for _ in range(2):  # nor is what lies beside its input
        assert cli("max", "in", "--overwrite").code == 0
        assert len(list((tmp_path / "in").iterdir())) == before + 4
    assert read(tmp_path / "in/a-psd-max.png")[0].data.max() == 1


def test_names_that_collide_all_the_same_stop_the_run(cli, tmp_path):
    for name in ("a.png", "a.psd", "a-psd.png"):
        (tmp_path / name).write_bytes(saved(Image.fromarray(PIXELS), "PNG"))
    ran = cli("max", "a.png", "a.psd", "a-psd.png")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "a.psd and a-psd.png would both write a-psd-max.png: give --name" in ran.err
    assert len(list(tmp_path.iterdir())) == 3
    assert cli("max", ".", "--name", "{stem}-{index}{suffix}").code == 0


@pytest.mark.parametrize("name", ["a.dat", "a"])
def test_a_format_that_is_only_read_under_another_name(cli, tmp_path, name):
    raw = saved(Image.fromarray(PIXELS), "DDS")
    (tmp_path / name).write_bytes(raw)
    ran = cli("max", name, "--name", "{stem}{suffix}", "--overwrite")
    assert ran.code == 1
    assert "DDS is read and not written: --to png, or" in ran.err
    assert (tmp_path / name).read_bytes() == raw
    assert cli("max", name, "--to", "png").code == 0
    assert cli("max", name, "-o", "-").out.startswith(b"\x89PNG")


def test_what_is_only_read_is_not_written():
    written_suffixes = {suffix for known in FORMATS for suffix in known.suffixes}
    assert not written_suffixes & set(WRITTEN_AS)
    assert set(WRITTEN_AS.values()) <= written_suffixes


@pytest.mark.parametrize("compression", ["none", "rle"])
def test_a_tga_keeps_its_compression(compression):
    flat = image_map("L", np.zeros((50, 50), np.uint8))
    raw = written(flat, "tga", save={"compression": compression})
    assert (len(raw) < 2500) == (compression == "rle")
    assert (len(written(read(io.BytesIO(raw)), "tga")) < 2500) == (compression == "rle")
    bits = read(io.BytesIO(written(image_map("1", pixels("1")), "tga")))
    np.testing.assert_array_equal(bits[0].data, pixels("1"))


def test_jpeg_2000_at_a_rate():
    noise = image_map("RGB", pixels("RGB", 64, 64))
    exact, packed = (len(written(noise, "jp2", save=save)) for save in ({}, {"rate": "20"}))
    assert packed < exact / 8
    assert written(noise, "j2k").startswith(b"\xff\x4f\xff\x51")


def test_frames_of_an_avif():
    frames = [np.full((16, 16, 3), value, np.uint8) for value in (9, 9, 200, 200)]
    maps = [
        image_map("RGB", frame, duration=50 * number)
        for number, frame in enumerate(frames, start=1)
    ]
    again = read(io.BytesIO(written(maps, "avif")))
    assert [one.facts["duration"] for one in again] == [50, 100, 150, 200]
    for one, frame in zip(again, frames, strict=True):
        assert np.abs(one.data.astype(int) - frame).max() <= 2

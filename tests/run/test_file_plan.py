"""What is known of a file before it is pooled: what is dropped, refused, and left out."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from fact_values import PROFILE
from PIL import Image

from poolcli.errors import FileError
from poolcli.io import LoadedSource, format_named
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.parser import parse
from poolcli.run.file_plan import pipeline_for, plan_file
from poolcli.run.job import Job, Outputs, Settings


@pytest.fixture
def profiled(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", icc_profile=PROFILE, dpi=(300, 300))
    return tmp_path / "a.png"


def test_what_is_dropped_is_in_every_style(cli, profiled):
    words = ("max", "a.png", "--to", "bmp", "--overwrite")
    assert "a-max.bmp (without ICC profile)" in cli(*words).text
    (row,) = json.loads(cli(*words, "--report", "json").text)["files"]
    assert row["dropped"] == ["ICC profile"]
    (row,) = csv.DictReader(io.StringIO(cli(*words, "--report", "csv").text))
    assert row["dropped"] == "ICC profile"
    (row,) = json.loads(cli(*words, "--report", "json", "--dry-run").text)["files"]
    assert (row["status"], row["dropped"]) == ("planned", ["ICC profile"])
    (row,) = json.loads(cli("max", "a.png", "--report", "json").text)["files"]
    assert row["dropped"] == []


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_strict_makes_it_a_failure(cli, profiled, tmp_path, more):
    ran = cli("max", "a.png", "--to", "bmp", "--strict", *more)
    assert ran.code == 1
    assert ran.err == (
        "Error: a.png: .bmp would lack its ICC profile: "
        "leave --strict out, or write another format\n"
    )
    assert not (tmp_path / "a-max.bmp").exists()
    assert cli("max", "a.png", "--strict", *more).code == 0


@pytest.mark.parametrize(
    ("array", "to", "words"),
    [
        (np.zeros((8, 8), np.float32), "png", "float32 map has no pixel range"),
        (np.zeros((5, 8, 8), np.uint8), "png", "5 channels, an image takes"),
        (np.zeros((2, 3, 4, 8, 8), np.uint8), "jpg", "is no picture"),
        (np.zeros((8, 8), np.uint16), "bmp", "BMP holds no 16-bit gray"),
        (np.zeros((8,), np.uint8), "zarr", "no height and width"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_a_dry_run(cli, tmp_path, array, to, words):
    if to == "zarr":
        pytest.importorskip("zarr", reason="zarr is not installed")
    np.save(tmp_path / "x.npy", array)
    ran = cli("max", "x.npy", "--to", to, "--dry-run")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert words in ran.err


def test_one_array_of_a_file(cli, tmp_path):
    np.savez(tmp_path / "two.npz", first=np.ones((4, 4)), second=np.arange(16.0).reshape(4, 4))
    assert cli("max", "two.npz::second").code == 0
    with np.load(tmp_path / "two-second-max.npz") as made:
        assert (made.files, made["second"].tolist()) == (["second"], [[5, 7], [13, 15]])
    assert cli("max", "two.npz::second", "-o", "x.npy").code == 0
    rows = json.loads(cli("info", "two.npz", "--report", "json").text)
    assert [row["map"] for row in rows] == ["first", "second"]
    assert cli("info", "two.npz::second").text.count("two.npz") == 1
    ran = cli("max", "two.npz::third")
    assert (ran.code, ran.err) == (
        1,
        "Error: two.npz::third: there is no 'third' in it: it holds first, second\n",
    )
    assert cli("max", "two.npz::first", "two.npz::second", "-o", "out/").code == 0
    (tmp_path / "odd::name.npy").write_bytes((tmp_path / "x.npy").read_bytes())
    assert cli("max", "odd::name.npy", "-o", "y.npy").code == 0


# A file's own nodata --------------------------------------------------------------------------


def job_of(text, *, file_nodata=True, **outputs):
    pipeline = parse(text)
    settings = Settings(pipeline, Outputs(**outputs), None, file_nodata)
    return Job(Path("x"), (Path("y"),), format_named("npy"), settings)


def nodata_map(dtype="int16", nodata=(-9999,)):
    values = np.arange(16).reshape(4, 4).astype(dtype)
    values[0, 0] = nodata[0] if np.dtype(dtype).kind != "u" else 0
    return FeatureMap(values, "HW", facts={"nodata": nodata})


def test_the_values_that_a_file_says_are_none_are_left_out():
    one = nodata_map()
    job = job_of("avg -k 2")
    pipeline = pipeline_for(job, one.facts, one.form)
    assert str(pipeline) == "avg -k 2 --nodata -9999"
    *_, (made,) = pipeline.walk(one)
    assert made.data[0, 0] == np.float32(10 / 3)
    assert made.facts["nodata"] == (-9999,)
    assert pipeline_for(job_of("avg -k 2", file_nodata=False), one.facts, one.form) == job.pipeline


def test_values_that_the_dtype_cannot_hold_are_no_nodata():
    for one in (nodata_map("uint8"), nodata_map("int16", (-9999.5,))):
        assert str(pipeline_for(job_of("max"), one.facts, one.form)) == "max -k 2"
    one = nodata_map("float32", (float("nan"),))
    assert str(pipeline_for(job_of("max"), one.facts, one.form)) == "max -k 2 --nodata nan"


def test_a_plan_says_what_is_lost():
    source = LoadedSource("npy", [nodata_map()])
    assert plan_file(job_of("max"), source).dropped == ("nodata",)
    with pytest.raises(FileError, match=r"\.npy would lack its nodata"):
        plan_file(job_of("max", strict=True), source)

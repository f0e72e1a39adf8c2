"""The levels of an image in one pass: those that are made from the whole image."""

import json

import numpy as np
import pytest
from processes import run, start, wait_for
from region_logs import files_of, has_gone_on, logged

zarr = pytest.importorskip("zarr")
pytestmark = pytest.mark.complete


def write(path, x, chunks, layout="zyx"):
    """An image of OME with labels in it."""
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    array = root.create_array("0", shape=x.shape, dtype=x.dtype, chunks=chunks)
    array[...] = x
    axes = [{"name": name, "type": "channel" if name == "c" else "space"} for name in layout]
    scale = {"type": "scale", "scale": [2.0] * x.ndim}
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    root.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]


CASES = [
    ("max", "zyx", (21, 70, 50), (4, 16, 32), "uint16"),
    ("mode", "zyx", (21, 70, 50), (3, 10, 7), "uint8"),
    ("avg", "cyx", (2, 90, 130), (1, 32, 32), "float32"),
    ("median", "czyx", (2, 9, 60, 40), (1, 4, 64, 16), "int16"),
    ("std", "yx", (131, 77), (16, 16), "float64"),
]


@pytest.mark.parametrize(("op", "layout", "shape", "chunks", "dtype"), CASES)
@pytest.mark.parametrize("levels", [1, 3])
def test_levels_are_those_of_the_whole(cli, tmp_path, op, layout, shape, chunks, dtype, levels):
    rng = np.random.default_rng(levels)
    x = rng.integers(0, 9, shape).astype(dtype)
    write(tmp_path / "x.zarr", x, chunks, layout)
    words = ("pyramid", "--op", op, "--levels", levels, "x.zarr", "--report", "jsonl")
    whole = cli(*words, "-o", "whole.zarr")
    assert whole.code == 0, whole.err
    parts = cli(*words, "-o", "parts.zarr", "--max-memory", "600k", "-j", 3)
    assert parts.code == 0, parts.err
    row = json.loads(parts.text.splitlines()[0])
    assert row["regions"] > 1
    assert row["read_bytes"] == x.nbytes
    assert files_of(tmp_path / "whole.zarr") == files_of(tmp_path / "parts.zarr")


def test_a_dry_run_tells_the_tiles(cli, tmp_path):
    write(tmp_path / "x.zarr", np.zeros((21, 70, 50), "u2"), (4, 16, 32))
    words = ("pyramid", "--op", "max", "--levels", 2, "x.zarr", "-o", "y.zarr")
    ran = cli(*words, "--max-memory", "400k", "--dry-run", "--report", "jsonl")
    row = json.loads(ran.text.splitlines()[0])
    assert (row["status"], row["regions"] > 1, len(row["steps"])) == ("planned", True, 2)
    assert not (tmp_path / "y.zarr").exists()


def test_shape_tells_the_tiles(cli, tmp_path):
    write(tmp_path / "x.zarr", np.zeros((21, 70, 50), "u2"), (4, 16, 32))
    words = ("shape", "pyramid --op max --levels 2", "x.zarr", "--max-memory", "400k")
    records = json.loads(cli(*words, "--report", "json").text)
    assert [len(record["region_shape"]) for record in records] == [3, 3]
    assert records[0]["regions"] > 1


def test_killed_and_resumed(tmp_path):
    rng = np.random.default_rng(0)
    write(tmp_path / "x.zarr", rng.integers(0, 5, (32, 256, 256)).astype("u2"), (8, 32, 32))
    words = "pyramid --op mode --levels 3 x.zarr --max-memory 8M -j 2 --report jsonl"
    assert run(f"{words} -o whole.zarr", tmp_path)[0] == 0
    words += " -o y.zarr --resume log.jsonl"
    for _ in range(3):
        before = len(logged(tmp_path))
        process = start(words, tmp_path)
        wait_for(lambda: has_gone_on(process, tmp_path, before + 5))  # noqa: B023
        process.kill()
        process.communicate()
    assert run(words, tmp_path)[0] == 0
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "whole.zarr")


@pytest.mark.parametrize("words", ["--isotropic --smallest 16", "-k 1x2x2 --levels 2"])
def test_levels_of_the_opened_input(cli, tmp_path, words):
    x = np.random.default_rng(0).integers(0, 9, (12, 70, 50)).astype("u2")
    write(tmp_path / "x.zarr", x, (4, 16, 32))
    root = zarr.open_group(str(tmp_path / "x.zarr"))
    (image,) = root.attrs["multiscales"]
    image["datasets"][0]["coordinateTransformations"][0]["scale"] = [2.0, 0.5, 0.5]
    root.attrs["multiscales"] = [image]
    words = ("pyramid", "--op", "mode", *words.split(), "x.zarr")
    assert cli(*words, "-o", "whole.zarr").code == 0
    assert cli(*words, "-o", "parts.zarr", "--max-memory", "600k").code == 0
    assert files_of(tmp_path / "whole.zarr") == files_of(tmp_path / "parts.zarr")
    levels = [zarr.open_array(str(tmp_path / f"whole.zarr/{each}")).shape for each in range(3)]
    assert levels == [(12, 70, 50), (12, 35, 25), (12, 18, 13)]


STORED = {
    "v2": {"zarr_format": 2},
    "v3": {"zarr_format": 3},
    "shards": {"zarr_format": 3, "shards": (8, 64, 64)},
    "big-endian": {"zarr_format": 2, "dtype": ">u2"},
    "filled": {"zarr_format": 3, "fill_value": 7},
    "empty": {"zarr_format": 3, "fill_value": 7, "config": {"write_empty_chunks": True}},
}


@pytest.mark.parametrize("how", STORED)
def test_chunks_of_the_map_are_copied_as_they_are(cli, tmp_path, how):
    """Those that are not stored, too; the codec's level is not told by all stores."""
    x = np.random.default_rng(0).integers(0, 9, (16, 64, 128)).astype("u2")
    x[:8, :, 64:] = 7
    stored = {"dtype": "u2", "chunks": (4, 32, 32), "shape": x.shape, **STORED[how]}
    zarr.create_array(str(tmp_path / "x.zarr"), **stored)[...] = x
    words = ("pyramid", "--op", "mode", "--levels", 2, "x.zarr", "--layout", "DHW", "-j", 2)
    assert cli(*words, "-o", "y.zarr", "--max-memory", "4M").code == 0
    expected, found = (files_of(tmp_path / name) for name in ("x.zarr", "y.zarr/0"))
    names = {name for name in expected if not name.rpartition("/")[2].startswith((".z", "zarr"))}
    if how == "v2":  # whose chunks have other names
        expected = {name.replace(".", "/"): chunk for name, chunk in expected.items()}
        names = {name.replace(".", "/") for name in names}
    assert np.array_equal(zarr.open_array(str(tmp_path / "y.zarr/0"))[...], x)
    if how != "big-endian":
        assert names
        assert all(found[name] == expected[name] for name in names)


def test_chunks_of_another_shape_are_written(cli, tmp_path):
    x = np.random.default_rng(0).integers(0, 9, (16, 64, 128)).astype("u2")
    write(tmp_path / "x.zarr", x, (4, 32, 32))
    words = ("pyramid", "--op", "mode", "--levels", 2, "x.zarr", "--max-memory", "2M")
    for number, save in enumerate(("chunks=8x16x64", "compressor=gzip", "version=0.5")):
        assert cli(*words, "-o", f"{number}.zarr", "--save", save).code == 0
        assert np.array_equal(zarr.open_array(str(tmp_path / f"{number}.zarr/0"))[...], x)


@pytest.mark.parametrize("words", ["mode", "max --nodata 8 --min-valid 0.9", "mode --nodata 7"])
@pytest.mark.parametrize("stored", [{"zarr_format": 3, "fill_value": 7}, {"zarr_format": 2}])
def test_tiles_that_hold_nothing(cli, tmp_path, monkeypatch, words, stored):
    """They are as the others, and few of them are read."""
    from poolcli.io.zarr.source import ZarrSource

    stored = {"dtype": "u2", "chunks": (4, 16, 16), "shape": (21, 130, 150), **stored}
    array = zarr.create_array(str(tmp_path / "x.zarr"), **stored)
    array[8:12, 32:70, 40:48] = np.random.default_rng(0).integers(5, 9, (4, 38, 8))
    array[:4, :16, :16] = np.full((4, 16, 16), 7)
    words = f"pyramid --op {words} --levels 2 x.zarr --layout DHW --report jsonl".split()
    assert cli(*words, "-o", "whole.zarr").code == 0
    found, read = [], ZarrSource.read
    monkeypatch.setattr(ZarrSource, "read", lambda *at: found.append(at) or read(*at))
    assert cli(*words, "-o", "parts.zarr", "--max-memory", "300k", "-j", 1).code == 0
    assert 0 < len(found) < 100  # of 540
    assert files_of(tmp_path / "whole.zarr") == files_of(tmp_path / "parts.zarr")


def test_a_mask_is_of_its_place_where_nothing_is_stored(cli, tmp_path):
    mask = np.zeros((21, 64, 64), "u1")
    mask[:, ::5, 40:] = 1
    np.save(tmp_path / "mask.npy", mask)
    zarr.create_array(
        str(tmp_path / "x.zarr"), shape=mask.shape, dtype="f4", chunks=(4, 16, 16), fill_value=3
    )
    words = ("pyramid", "--op", "max", "--mask", "mask.npy", "--levels", 2, "x.zarr")
    assert cli(*words, "--layout", "DHW", "-o", "whole.zarr").code == 0
    assert cli(*words, "--layout", "DHW", "-o", "parts.zarr", "--max-memory", "300k").code == 0
    assert files_of(tmp_path / "whole.zarr") == files_of(tmp_path / "parts.zarr")

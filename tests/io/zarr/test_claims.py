"""Stores whose metadata are hostile: a row at once, in little memory."""

import json

import numpy as np
import pytest

pytest.importorskip("zarr", reason="zarr is not installed")

REGULAR = "regular"


def store(folder, **changes):
    """A store of an array of 8x8 bytes without a chunk, but for what is changed."""
    folder.mkdir()
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [8, 8],
        "data_type": "uint8",
        "chunk_grid": {"name": REGULAR, "configuration": {"chunk_shape": [4, 4]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes"}],
        "attributes": {},
    }
    (folder / "zarr.json").write_text(json.dumps(metadata | changes))


def chunks(*sizes):
    return {"name": REGULAR, "configuration": {"chunk_shape": sizes}}


def image(path):
    datasets = [{"path": path, "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}]
    axes = [{"name": name, "type": "space"} for name in "yx"]
    scales = [{"axes": axes, "datasets": datasets}]
    return {"ome": {"version": "0.5", "multiscales": scales}}


HOSTILE = {
    "chunks of a terabyte": {"shape": [1 << 20, 1 << 20], "chunk_grid": chunks(1 << 20, 1 << 20)},
    "a chunk for each of a quadrillion values": {
        "shape": [1 << 30, 1 << 20],
        "chunk_grid": chunks(1, 1),
    },
    "more values than can be counted": {"shape": [10**400, 4]},
    "chunks of no size": {"chunk_grid": chunks(0, 0)},
    "a negative shape": {"shape": [-4, 4]},
    "a shape of letters": {"shape": "abc"},
}


@pytest.mark.complete
@pytest.mark.parametrize("kind", HOSTILE)
def test_claims(cli, tmp_path, kind):
    store(tmp_path / "a.zarr", **HOSTILE[kind])
    ran = cli("max", "a.zarr", "-o", "out.zarr")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "save it again" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.complete
@pytest.mark.parametrize("path", ["../other.zarr", "../../../etc", "/etc"])
def test_paths_that_lead_elsewhere(cli, tmp_path, path):
    store(tmp_path / "other.zarr")
    (tmp_path / "a.zarr").mkdir()
    group = {"zarr_format": 3, "node_type": "group", "attributes": image(path)}
    (tmp_path / "a.zarr/zarr.json").write_text(json.dumps(group))
    ran = cli("max", "a.zarr", "-o", "out.zarr")
    assert ran.code == 1
    assert ran.err.count("\n") == 1


@pytest.mark.complete
@pytest.mark.parametrize("text", ['{"a":' * 10**5 + "1" + "}" * 10**5, "[" * 10**5 + "]" * 10**5])
def test_deep_metadata(cli, tmp_path, text):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/zarr.json").write_text(text)
    for command in (["info"], ["max"]):
        ran = cli(*command, "a.zarr")
        assert ran.code == 1
        assert ran.err.count("\n") == 1


def test_metadata_without_end(cli, tmp_path):
    (tmp_path / "a.zarr").mkdir()
    with (tmp_path / "a.zarr/zarr.json").open("wb") as stream:
        stream.truncate(1 << 40)
    ran = cli("info", "a.zarr")
    assert ran.code == 1
    assert "its metadata take 1.1 TB" in ran.err


def test_a_sparse_store_is_no_trap(cli, tmp_path):
    store(tmp_path / "a.zarr", shape=[300, 400], chunk_grid=chunks(100, 100))
    assert cli("max", "a.zarr", "-o", "b.npy").code == 0
    assert not np.load(tmp_path / "b.npy").any()

"""OME-Zarr, read and written, in both versions of the format."""

import json
import shutil
import sys

import numpy as np
import pytest
from halved import halves
from PIL import Image

from poolcli.io import partial_file, peek, read, remove_leftovers

zarr = pytest.importorskip("zarr", reason="zarr is not installed")


def values(*shape, dtype="uint16"):
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


def image(path, x, axes, scale, version="0.4"):
    """An OME-Zarr image as its specification says, written by hand."""
    group = zarr.open_group(str(path), mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array(
        "full", shape=x.shape, chunks=tuple(min(4, size) for size in x.shape), dtype=x.dtype
    )
    array[...] = x
    types = {"t": "time", "c": "channel"}
    told = {
        "axes": [
            {"name": name, "type": types.get(name, "space")}
            | ({} if name in types else {"unit": "micrometer"})
            for name in axes
        ],
        "datasets": [
            {"path": "full", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        ],
    }
    if version == "0.4":
        group.attrs["multiscales"] = [{"version": version, **told}]
    else:
        group.attrs["ome"] = {"version": version, "multiscales": [told]}
    return path


def multiscales(path):
    """What a store tells of its levels."""
    attributes = zarr.open_group(str(path), mode="r").attrs
    return attributes.get("ome", attributes)["multiscales"][0]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_image_keeps_axes_dtype_and_chunks_and_scales_its_pixels(cli, tmp_path, version):
    x = values(2, 3, 8, 10)
    image(tmp_path / "a.zarr", x, "czyx", [1, 2, 0.5, 0.25], version)
    assert cli("max", "-k", "1x2x2", "a.zarr", "--save", f"version={version}").code == 0
    told = multiscales(tmp_path / "a-max.zarr")
    assert [axis["name"] for axis in told["axes"]] == ["c", "z", "y", "x"]
    assert told["axes"][3] == {"name": "x", "type": "space", "unit": "micrometer"}
    assert told["datasets"][0]["coordinateTransformations"][0]["scale"] == [1, 2, 1, 0.5]
    array = zarr.open_group(str(tmp_path / "a-max.zarr"), mode="r")[told["datasets"][0]["path"]]
    assert (array.dtype, array.chunks) == (np.uint16, (2, 3, 4, 4))
    np.testing.assert_array_equal(array[...], halves(x).max((-3, -1)))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_pyramid_is_one_store_with_the_original_as_its_finest_level(cli, tmp_path, version):
    x = values(48, 64, dtype="uint8")
    Image.fromarray(x).save(tmp_path / "a.png")
    ran = cli(
        "pyramid",
        "--op",
        "min",
        "--levels",
        3,
        "a.png",
        "--to",
        "zarr",
        "--save",
        f"version={version}",
    )
    assert ran.code == 0
    told = multiscales(tmp_path / "a-pyramid.zarr")
    store = zarr.open_group(str(tmp_path / "a-pyramid.zarr"), mode="r")
    assert store.metadata.zarr_format == {"0.4": 2, "0.5": 3}[version]
    for level, dataset in enumerate(told["datasets"]):
        size = 2**level
        blocks = x.reshape(48 // size, size, 64 // size, size)
        np.testing.assert_array_equal(store[dataset["path"]][...], blocks.min((1, 3)))
        scale, translation = dataset["coordinateTransformations"]
        assert scale == {"type": "scale", "scale": [size, size]}
        assert translation == {"type": "translation", "translation": [(size - 1) / 2] * 2}
    assert len(told["datasets"]) == 4


def test_labels_stay_numbers_and_mixed_levels_have_one_dtype(cli, tmp_path):
    labels = Image.fromarray(values(16, 16, dtype="uint8") % 5, "L").convert("P")
    labels.putpalette(bytes(range(15)))
    labels.save(tmp_path / "labels.png")
    assert cli("pyramid", "--op", "mode", "--levels", 2, "labels.png", "-o", "modes.zarr").code == 0
    np.testing.assert_array_equal(read(tmp_path / "modes.zarr")[0].data, np.asarray(labels))
    assert cli("pyramid", "--op", "avg", "--levels", 1, "labels.png", "-o", "means.zarr").code == 0
    colours = np.asarray(labels.convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(read(tmp_path / "means.zarr")[0].data, colours)
    np.save(tmp_path / "x.npy", values(8, 8, dtype="int16"))
    assert cli("pyramid", "--op", "avg", "--levels", 1, "x.npy", "-o", "x.zarr").code == 0
    assert {
        zarr.open_array(str(tmp_path / "x.zarr" / level), mode="r").dtype.name for level in "01"
    } == {"float32"}


def test_an_array_without_a_description_has_the_usual_axes(cli, tmp_path):
    x = values(3, 8, 8)
    zarr.create_array(str(tmp_path / "plain.zarr"), shape=x.shape, chunks=(1, 4, 4), dtype=x.dtype)[
        ...
    ] = x
    assert cli("max", "-k", 2, "plain.zarr", "-o", "y.npy").code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), halves(x).max((-3, -1)))
    assert cli("max", "-k", 2, "plain.zarr", "-o", "z.npy", "--layout", "DHW").code == 0
    assert np.load(tmp_path / "z.npy").shape == (1, 4, 4)
    assert read(tmp_path / "plain.zarr")[0].layout == "CHW"


def test_info_and_peek_tell_what_read_gives(cli, tmp_path):
    image(tmp_path / "a.zarr", values(3, 8, 10), "zyx", [2, 0.5, 0.5])
    (row,) = json.loads(cli("info", "a.zarr", "--report", "json").text)
    assert (row["format"], row["shape"], row["layout"]) == ("zarr", [3, 8, 10], "DHW")
    assert row["facts"]["spacing"] == {"D": [2.0, "µm"], "H": [0.5, "µm"], "W": [0.5, "µm"]}
    (header,), (one,) = peek(tmp_path / "a.zarr").maps, read(tmp_path / "a.zarr")
    assert (header.form, header.facts) == (one.form, one.facts)


def test_stores_in_a_folder_are_files_of_it(cli, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    image(tmp_path / "in" / "a.zarr", values(8, 8), "yx", [1, 1])
    image(tmp_path / "in" / "deep" / "b.zarr", values(8, 8), "yx", [1, 1])
    Image.fromarray(values(8, 8, dtype="uint8")).save(tmp_path / "in" / "c.png")
    assert cli("max", "-r", "in", "-o", "out").code == 0
    made = sorted(
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*.[zp]*r*")
    )
    assert [name for name in made if name.endswith(".zarr")] == ["a.zarr", "deep/b.zarr"]
    assert peek(tmp_path / "out" / "deep" / "b.zarr").maps[0].shape == (4, 4)


def test_what_is_there_is_refused_replaced_or_left(cli, tmp_path):
    image(tmp_path / "a.zarr", values(8, 8), "yx", [1, 1])
    assert cli("max", "a.zarr", "-o", "b.zarr").code == 0
    before = {
        path: path.read_bytes() for path in (tmp_path / "b.zarr").rglob("*") if path.is_file()
    }
    ran = cli("avg", "a.zarr", "-o", "b.zarr")
    assert (ran.code, "is there already" in ran.err) == (1, True)
    assert cli("avg", "a.zarr", "-o", "b.zarr", "--skip-existing").code == 0
    assert {
        path: path.read_bytes() for path in (tmp_path / "b.zarr").rglob("*") if path.is_file()
    } == before
    assert cli("max", "--global", "a.zarr", "-o", "b.zarr", "--overwrite").code == 0
    assert peek(tmp_path / "b.zarr").maps[0].shape == (1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", "b.zarr"]


def test_a_failed_store_leaves_nothing(cli, tmp_path):
    np.save(tmp_path / "x.npy", values(8))
    ran = cli("max", "x.npy", "-o", "x.zarr")
    assert (ran.code, "height and width" in ran.err) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_what_a_killed_run_left_is_swept(tmp_path):
    part, stream = partial_file(tmp_path / "a.zarr")
    left = part.with_suffix(".poolcli-folder")
    left.mkdir()
    (left / "chunk").write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert (left / "chunk").exists()  # its run still holds it
    stream.close()
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".zattrs", ".zgroup", "full/.zarray"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"multiscales": [{}]}', b"\xff\xfe"]
)
def test_damaged_stores_are_a_row(cli, tmp_path, name, content):
    image(tmp_path / "a.zarr", values(8, 8), "yx", [1, 1])
    if (name, content) == (".zattrs", b"{}"):
        pytest.skip("a group of arrays, and not damaged")
    (tmp_path / "a.zarr" / name).write_bytes(content)
    ran = cli("max", "a.zarr")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "a-max.zarr").exists()


def test_a_group_without_an_image_is_pooled_as_a_whole(cli, tmp_path):
    plate = zarr.open_group(str(tmp_path / "plate.zarr"), mode="w", zarr_format=2)
    plate.attrs["plate"] = {"wells": [{"path": "A/1"}]}
    plate.require_group("A1")
    plate.require_group("A2")
    image(tmp_path / "plate.zarr" / "A1" / "0", values(8, 8), "yx", [1, 1])
    image(tmp_path / "plate.zarr" / "A2" / "0", values(6, 8), "yx", [1, 1])
    assert cli("max", "plate.zarr").code == 0
    made = zarr.open_group(str(tmp_path / "plate-max.zarr"), mode="r")
    assert dict(made.attrs) == {"plate": {"wells": [{"path": "A/1"}]}}
    np.testing.assert_array_equal(made["A2/0/0"][...], halves(values(6, 8)).max((-3, -1)))
    for name in ("plate.zarr::A1/0", "plate.zarr::A1", "plate.zarr/A1/0"):
        assert cli("max", name, "-o", "y.npy", "--overwrite").code == 0
        np.testing.assert_array_equal(np.load("y.npy"), halves(values(8, 8)).max((-3, -1)))
    ran = cli("max", "plate.zarr::B1", "-o", "y.npy", "--overwrite")
    assert ran.err == "Error: plate.zarr::B1: there is no 'B1' in it: it holds A1/0, A2/0\n"


def test_streams_are_refused(cli, tmp_path):
    image(tmp_path / "a.zarr", values(8, 8), "yx", [1, 1])
    assert "give -o FOLDER.zarr" in cli("max", "a.zarr", "-o", "-").err


def test_without_the_extra_one_line_names_it(cli, tmp_path, monkeypatch):
    image(tmp_path / "a.zarr", values(8, 8), "yx", [1, 1])
    monkeypatch.setitem(sys.modules, "zarr", None)
    read_it = cli("max", "a.zarr", "-o", "y.npy")
    write_it = cli("max", "a.zarr")
    assert (read_it.code, write_it.code) == (1, 2)
    for ran in (read_it, write_it):
        assert ran.err.count("\n") == 1
        assert "pip install 'poolcli[zarr]'" in ran.err


def test_other_readers_open_it(cli, tmp_path):
    models = pytest.importorskip("ome_zarr_models", reason="ome-zarr-models is not installed")
    np.save(tmp_path / "x.npy", values(2, 3, 4, 8, 8))
    for version in ("0.4", "0.5"):
        assert (
            cli(
                "pyramid",
                "--op",
                "max",
                "--levels",
                2,
                "x.npy",
                "-o",
                "x.zarr",
                "--save",
                f"version={version}",
            ).code
            == 0
        )
        opened = models.open_ome_zarr(zarr.open_group(str(tmp_path / "x.zarr"), mode="r"))
        assert type(opened).__name__ == "Image"
        shutil.rmtree(tmp_path / "x.zarr")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("compressor", ["zstd", "blosc", "lz4", "gzip", "none"])
def test_the_compressor_and_the_chunks_that_are_asked_for(cli, tmp_path, version, compressor):
    x = np.random.default_rng(0).integers(0, 99, (4, 60, 50)).astype(np.uint16)
    np.save(tmp_path / "x.npy", x)
    level = [] if compressor == "none" else ["--save", "level=1"]
    words = ["--save", f"version={version}", "--save", f"compressor={compressor}", *level]
    ran = cli("max", "-k", 1, "x.npy", "-o", "y.zarr", *words, "--save", "chunks=2x16x8")
    assert ran.code == 0, ran.err
    array = zarr.open(str(tmp_path / "y.zarr"), mode="r")["0"]
    assert array.chunks == (2, 16, 8)
    np.testing.assert_array_equal(array[...], x)
    name = {"lz4": "blosc", "none": ""}.get(compressor, compressor)
    assert name in str(array.compressors).lower()
    assert bool(array.compressors) == (compressor != "none")


def test_shards_that_are_asked_for(cli, tmp_path):
    x = np.random.default_rng(0).integers(0, 99, (4, 60, 50)).astype(np.uint16)
    np.save(tmp_path / "x.npy", x)
    words = ["max", "-k", 1, "x.npy", "-o", "y.zarr", "--save", "chunks=16x8"]
    ran = cli(*words, "--save", "version=0.5", "--save", "shards=32x32")
    assert ran.code == 0, ran.err
    array = zarr.open(str(tmp_path / "y.zarr"), mode="r")["0"]
    assert (array.chunks, array.shards) == ((1, 16, 8), (1, 32, 32))
    np.testing.assert_array_equal(array[...], x)
    for wrong, why in (
        (["shards=32x32"], "version=0.5"),
        (["version=0.5", "shards=33x32"], "multiple"),
        (["level=3"], "compressor=zstd"),
        (["compressor=gzip", "level=11"], "from 0 to 9"),
        (["chunks=1x2x3x4"], "has 4 sizes"),
        (["chunks=0x3"], "such as 64x256x256"),
    ):
        ran = cli(*words[:5], "z.zarr", *(word for each in wrong for word in ("--save", each)))
        assert ran.code in (1, 2)
        assert why in ran.err

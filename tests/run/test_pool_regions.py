"""Files that are pooled region by region: the same results as in memory, in any format."""

import json

import numpy as np
import pytest

from poolcli import io

GRIDS = [
    "max -k 2",
    "avg -k 3 -s 2 -p 1 --border wrap",
    "median -k 3 -s 1 -p same",
    "std -k 5 -s 4 --ceil-mode",
    "mode -k 4 -s 3 -p 2 --border reflect",
    "quantile --q 0.3 -k 3 -d 2",
    "avg --adaptive 9",
    "sum --area 7",
    "max -k 5 -s 2 -p 2 --footprint disk --border symmetric",
    "stochastic -k 2 --seed 3",
    "blur --filter 5",
    "sample -s 3",
    "restore --output-size 50x70",
]
PIPELINES = [
    "max -k 3 -s 1 -p 1 --border wrap | avg -k 2 | sample -s 2",
    "fuse 'max -k 2' 'avg -k 2' --merge max | median -k 3",
]
SHAPE = (3, 66, 90)


def complete(value):
    return pytest.param(value, marks=pytest.mark.complete)


def values(rng, dtype):
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 50, SHAPE).astype(dtype)
    return rng.integers(0, 60, SHAPE).astype(dtype)


def write_zarr(path, x, chunks, **options):
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(str(path), shape=x.shape, dtype=x.dtype, chunks=chunks, **options)
    array[...] = x


def write_hdf5(path, x, chunks):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=x, chunks=chunks, compression="gzip")


def write_tiff(path, x, chunks):
    tifffile = pytest.importorskip("tifffile")
    tile = chunks and chunks[-2:]
    tifffile.imwrite(path, x, photometric="minisblack", tile=tile, compression="zlib")


def write_npy(path, x, _):
    np.save(path, x)


FORMATS = {
    ".npy": (write_npy, None),
    ".zarr": (write_zarr, (2, 16, 32)),
    ".h5": (write_hdf5, (1, 32, 16)),
    ".tiff": (write_tiff, (1, 16, 32)),
}


def rows_of(ran):
    return [json.loads(line) for line in ran.text.splitlines() if '"input"' in line]


def pooled(cli, words, name, target, *more):
    ran = cli(*words, name, "-o", target, "--report", "jsonl", "--overwrite", *more)
    assert ran.code == 0, ran.err
    return rows_of(ran)[0]


def run_words(text):
    return ["run", text]


def assert_same_maps(one, other):
    first, second = io.read(one), io.read(other)
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert (a.data.dtype, a.layout, a.name) == (b.data.dtype, b.layout, b.name)
        np.testing.assert_array_equal(a.data, b.data)
        assert {k: v for k, v in a.facts.items() if k != "storage"} == {
            k: v for k, v in b.facts.items() if k != "storage"
        }


def limits_for(rng):
    """Budgets from one that cuts chunks in pieces to one that holds many chunks."""
    return f"{int(rng.choice([60, 100, 250, 600]))}k"


@pytest.mark.parametrize("text", [*GRIDS, *PIPELINES])
@pytest.mark.parametrize(
    "suffix", [".npy", *(complete(each) for each in FORMATS if each != ".npy")]
)
def test_regions_are_those_of_the_whole(cli, tmp_path, text, suffix):
    rng = np.random.default_rng(len(text))
    write, chunks = FORMATS[suffix]
    dtype = str(rng.choice(["uint8", "uint16", "float32"]))
    write(tmp_path / f"x{suffix}", values(rng, dtype), chunks)
    layout = ("--layout", "CHW") if suffix == ".npy" else ()
    whole, parts = tmp_path / f"whole{suffix}", tmp_path / f"parts{suffix}"
    row = pooled(cli, run_words(text), f"x{suffix}", whole.name, *layout)
    assert row["regions"] == 1
    limit = limits_for(rng)
    pooled(cli, run_words(text), f"x{suffix}", parts.name, *layout, "--max-memory", limit)
    assert_same_maps(whole, parts)
    if suffix == ".npy":
        assert whole.read_bytes() == parts.read_bytes()


@pytest.mark.complete
@pytest.mark.parametrize("suffix", FORMATS)
def test_any_format_from_any_other(cli, tmp_path, suffix):
    rng = np.random.default_rng(1)
    write, chunks = FORMATS[suffix]
    x = values(rng, "uint16")
    write(tmp_path / f"x{suffix}", x, chunks)
    for target in (*FORMATS, ".npz"):
        whole = pooled(cli, ["max", "-k", 2], f"x{suffix}", f"whole{target}")
        row = pooled(cli, ["max", "-k", 2], f"x{suffix}", f"y{target}", "--max-memory", "90k")
        assert whole["regions"] == 1
        assert row["regions"] > 1 or target in (".npz", ".tiff")
        assert_same_maps(tmp_path / f"whole{target}", tmp_path / f"y{target}")


@pytest.mark.complete
@pytest.mark.parametrize("seed", range(40))
def test_random_grids_and_budgets(cli, tmp_path, seed, monkeypatch):
    monkeypatch.setenv("POOLCLI_BACKEND", ["plain", "compiled"][seed % 2])
    rng = np.random.default_rng(seed)
    suffix = str(rng.choice([".npy", ".zarr", ".h5"]))
    write, _ = FORMATS[suffix]
    x = values(rng, str(rng.choice(["uint8", "int32", "float32", "float64"])))
    chunks = tuple(int(rng.integers(1, size + 1)) for size in SHAPE)
    write(tmp_path / f"x{suffix}", x, chunks)
    kernel, stride = int(rng.integers(1, 7)), int(rng.integers(1, 7))
    padding = int(rng.integers(0, kernel // 2 + 1))
    border = str(rng.choice(["clip", "edge", "reflect", "symmetric", "wrap", "1"]))
    op = str(rng.choice(["max", "avg", "std", "median", "mode", "lse"]))
    text = f"{op} -k {kernel} -s {stride} -p {padding} --border {border}"
    if rng.random() < 0.4:
        text += f" | avg --adaptive {int(rng.integers(1, 9))}"
    layout = ("--layout", "DHW") if kernel < 4 and rng.random() < 0.5 else ()
    whole, parts = tmp_path / f"whole{suffix}", tmp_path / f"parts{suffix}"
    pooled(cli, run_words(text), f"x{suffix}", whole.name, *layout)
    more = ("--max-memory", limits_for(rng), "-j", int(rng.integers(1, 4)))
    ran = cli("run", text, f"x{suffix}", "-o", parts.name, *layout, *more)
    if ran.code and "give at least" in ran.err:
        return  # so much is needed for one cell
    assert ran.code == 0, ran.err
    assert_same_maps(whole, parts)


@pytest.mark.complete
def test_a_store_with_shards_is_written_shard_by_shard(cli, tmp_path):
    zarr = pytest.importorskip("zarr")
    x = values(np.random.default_rng(0), "uint16")
    write_zarr(tmp_path / "x.zarr", x, (1, 8, 8), shards=(1, 32, 32))
    row = pooled(cli, ["max", "-k", 2], "x.zarr", "y.zarr", "--max-memory", "100k")
    made = zarr.open_array(str(tmp_path / "y.zarr"))
    assert (made.shards, made.chunks, row["regions"]) == ((1, 32, 32), (1, 8, 8), 12)
    np.testing.assert_array_equal(made[...], x.reshape(3, 33, 2, 45, 2).max((2, 4)))


def test_the_row_tells_the_bytes(cli, tmp_path):
    x = values(np.random.default_rng(0), "uint16")
    np.save(tmp_path / "x.npy", x)
    row = pooled(cli, ["max", "-k", 2], "x.npy", "y.npy", "--max-memory", "50k")
    assert (row["read_bytes"], row["written_bytes"]) == (x.nbytes, x.nbytes // 4)
    ran = cli("max", "x.npy", "-o", "z.npy", "--max-memory", "50k", "--dry-run", "--report", "json")
    (planned,) = json.loads(ran.text)["files"]
    assert planned["regions"] == row["regions"] > 1
    assert "regions)" in cli("max", "x.npy", "-o", "z.npy", "--max-memory", "50k").text


def test_a_file_that_changes_while_it_is_read_fails(cli, tmp_path, monkeypatch):
    from poolcli.run import region_blocks

    np.save(tmp_path / "x.npy", values(np.random.default_rng(0), "uint16"))
    original = region_blocks.read_pixels

    def read_pixels(*arguments):
        with (tmp_path / "x.npy").open("ab") as file:
            file.write(b"more")
        return original(*arguments)

    monkeypatch.setattr(region_blocks, "read_pixels", read_pixels)
    ran = cli("max", "x.npy", "-o", "y.npy", "--max-memory", "50k")
    assert ran.code == 1
    assert "changed while it was read" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize("suffix", [".npy", ".tiff"])
def test_a_failure_of_one_worker_ends_all(cli, tmp_path, monkeypatch, suffix):
    from poolcli.errors import FileError
    from poolcli.run import region_blocks

    np.save(tmp_path / "x.npy", values(np.random.default_rng(0), "uint16"))
    seen = []

    def read_pixels(*arguments):
        seen.append(1)
        if len(seen) == 3:
            raise FileError("a bad sector")
        return original(*arguments)

    original = region_blocks.read_pixels
    monkeypatch.setattr(region_blocks, "read_pixels", read_pixels)
    ran = cli("max", "x.npy", "-o", f"y{suffix}", "--max-memory", "100k", "-j", 4)
    assert ran.code == 1
    assert "x.npy: a bad sector" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_a_limit_that_holds_no_region_names_one_that_does(cli, tmp_path):
    pytest.importorskip("zarr")
    write_zarr(tmp_path / "x.zarr", values(np.random.default_rng(0), "float64"), (1, 66, 90))
    words = ("max", "-k", 2, "x.zarr", "-o", "y.zarr", "-j", 1)
    ran = cli(*words, "--max-memory", "150k")
    assert ran.code == 1
    assert "x.zarr: a region takes " in ran.err
    assert ran.err.count("\n") == 1
    cure = ran.err.partition("give at least ")[2].partition(",")[0]
    assert cli(*words, "--max-memory", cure).code == 0


def test_shape_tells_regions(cli):
    told = cli("shape", "max -k 2", "--input", "64x4096x4096", "--max-memory", "256M").text
    assert "regions" in told.splitlines()[0]
    ran = cli(
        *("shape", "max -k 2", "--input", "64x4096x4096", "--max-memory", "256M"),
        *("--report", "json"),
    )
    (record,) = json.loads(ran.text)
    assert record["regions"] > 8
    assert len(record["region_shape"]) == 3

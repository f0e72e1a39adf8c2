"""Windows larger than memory: in parts, with the bits of the whole, whatever the parts are."""

import json
import shlex

import numpy as np
import pytest

pytestmark = pytest.mark.complete

SHAPE = (23, 60, 55)
FOLDS = [
    "max",
    "min",
    "sum",
    "avg",
    "range",
    "std",
    "var",
    "l2",
    "lp --norm 3",
    "gem",
    "lse",
    "soft",
    "mixed",
    "fraction --of 3",
    "circmean",
]
RANKS = ["median", "quantile --q .3 --interpolation lower", "mode", "trimmed"]
DTYPES = ["u1", "i2", "i4", "u8", "f2", "f4", "f8"]


def values_of(dtype, shape=SHAPE):
    rng = np.random.default_rng(3)
    if np.dtype(dtype).kind == "f":
        return (rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(dtype)
    low, high = (0, 9) if dtype == "u1" else (-900 if dtype[0] == "i" else 0, 900)
    return rng.integers(low, high, shape).astype(dtype)


@pytest.fixture
def agree(cli, tmp_path):
    """Whether a file is pooled in regions to the bytes of the whole; the number of regions."""

    def compare(words, name, memory, *, suffix=".npy"):
        outputs = []
        for limit, target in ((None, "whole"), (memory, "parts")):
            more = () if limit is None else ("--max-memory", limit)
            ran = cli(*shlex.split(words), name, "-o", target + suffix, "--report", "jsonl", *more)
            assert ran.code == 0, ran.err
            outputs.append((tmp_path / (target + suffix)).read_bytes())
            (tmp_path / (target + suffix)).unlink()
        assert outputs[0] == outputs[1]
        return json.loads(ran.text.splitlines()[0])["regions"]

    return compare


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("words", FOLDS)
def test_a_fold_of_the_whole_map(agree, tmp_path, words, dtype):
    np.save(tmp_path / "x.npy", values_of(dtype))
    assert agree(f"{words} --global --layout DHW", "x.npy", "100K") > 4


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "u2", "i2"])
@pytest.mark.parametrize("words", RANKS)
def test_ranks_of_few_values(agree, tmp_path, words, dtype):
    values = values_of("u1", (60, 120, 120)) > 4 if dtype == "?" else None
    values = values_of(dtype, (60, 120, 120)) if values is None else values
    np.save(tmp_path / "x.npy", values)
    assert agree(f"{words} --global --layout DHW", "x.npy", "6500K" if "2" in dtype else "200K") > 1


@pytest.mark.parametrize("backend", ["plain", "compiled"])
@pytest.mark.parametrize("memory", ["90K", "140K", "300K", "500K"])
@pytest.mark.parametrize("words", ["avg", "std", "sum"])
def test_any_parts_give_the_same_bits(agree, tmp_path, monkeypatch, words, memory, backend):
    from poolcli.engine.backend import is_built

    if backend == "compiled" and not is_built():
        pytest.skip("the extension was not built")
    monkeypatch.setenv("POOLCLI_BACKEND", backend)
    np.save(tmp_path / "x.npy", values_of("f4", (19, 101, 67)))
    agree(f"{words} --global --layout DHW", "x.npy", memory)


@pytest.mark.parametrize(
    "words",
    [
        "avg --adaptive 2x1x3 --layout DHW",
        "std --adaptive 2 --layout NHW",
        "max --levels 1,2 --layout CHW",
        "avg --global --layout NCHW",
        "avg --levels 1,2,3 --layout NCHW",
        "avg -k 40 -s 20 --layout CHW",
        "run 'max -k 2 | avg --global' --layout DHW",
        "run 'max -k 3 -s 2 -p 1 | std --global | max --global' --layout DHW",
        "run 'avg --adaptive 2 | max -k 2' --layout NHW",
    ],
)
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_other_large_windows(agree, tmp_path, words, dtype):
    shape = (2, 12, 60, 55) if "NCHW" in words else SHAPE
    np.save(tmp_path / "x.npy", values_of(dtype, shape))
    assert agree(words, "x.npy", "90K") > 1


@pytest.mark.parametrize("op", ["max", "avg", "median"])
def test_boxes_on_a_large_map(agree, tmp_path, op):
    np.save(tmp_path / "x.npy", values_of("u1", (2, 6, 200, 210)))
    boxes = [(0, 0, 0, 209, 199), (1, 5, 7, 50, 60), (1, 100, 0, 200, 199), (0, 3, 3, 3, 3)]
    np.save(tmp_path / "boxes.npy", np.array(boxes, float))
    words = f"{op} --boxes boxes.npy --output-size 2 --layout NCHW"
    assert agree(words, "x.npy", "200K") > 4


@pytest.mark.parametrize("suffix", [".zarr", ".tif", ".h5"])
def test_chunked_files(agree, tmp_path, suffix):
    from poolcli import io
    from poolcli.maps.feature_map import FeatureMap

    for library in ("zarr", "h5py"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    values = values_of("u2", (40, 96, 96))
    one = FeatureMap(values, "DHW" if suffix != ".tif" else "NHW", None)
    save = {"chunks": "8x32x32"} if suffix == ".zarr" else {}
    with io.writer([one], io.format_named(suffix), save).to(
        tmp_path / f"x{suffix}", overwrite=False
    ):
        pass
    layout = "" if suffix == ".tif" else "--layout DHW"
    assert agree(f"std --global {layout} --dtype float64", f"x{suffix}", "600K") > 1


# Values that do not count, or overflow ---------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    ["--nodata 3", "--nan ignore", "--nodata 3 --min-valid .95", "--nodata 3 --min-valid .5"],
)
@pytest.mark.parametrize("words", ["max", "avg", "std", "lse", "median"])
def test_values_that_do_not_count(agree, tmp_path, words, rules):
    values = values_of("u1" if words == "median" or "nodata" in rules else "f4", (23, 120, 110))
    if values.dtype.kind == "f":
        values[::3, ::2] = np.nan
    np.save(tmp_path / "x.npy", values)
    assert agree(f"{words} --global {rules} --layout DHW", "x.npy", "200K") > 1


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("words", ["max", "avg", "std", "soft", "range"])
def test_numbers_that_are_none(agree, tmp_path, words, number):
    values = values_of("f4")
    values[11, 30, 20] = number
    np.save(tmp_path / "x.npy", values)
    assert agree(f"{words} --global --layout DHW", "x.npy", "100K") > 1


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("words", ["avg", "sum", "mixed", "std"])
def test_sums_that_overflow(agree, tmp_path, words, dtype):
    values = values_of(dtype)
    values += np.finfo(dtype).max / 8 * np.sign(values)
    values[:12] = np.abs(values[:12])
    np.save(tmp_path / "x.npy", values)
    assert agree(f"{words} --global --layout DHW", "x.npy", "100K") > 1


def test_what_can_not_be_made_in_parts_says_what_it_needs(cli, tmp_path):
    np.save(tmp_path / "x.npy", values_of("f4"))
    ran = cli("median", "x.npy", "--global", "--layout", "DHW", "--max-memory", "100K")
    assert ran.code == 1
    assert "median --global takes" in ran.err
    assert "give at least" in ran.err


def test_a_dry_run_says_the_regions(cli, tmp_path):
    np.save(tmp_path / "x.npy", values_of("f4"))
    words = "avg x.npy --global --layout DHW --max-memory 100K --report jsonl"
    planned = cli(*words.split(), "--dry-run")
    done = cli(*words.split(), "-o", "y.npy")
    row, other = (json.loads(each.text.splitlines()[0]) for each in (planned, done))
    assert row["regions"] == other["regions"] > 4
    assert row["read_bytes"] == other["read_bytes"] == values_of("f4").nbytes

"""Windows larger than memory of every kind: in parts, with the bits of the whole."""

import json
import shlex

import numpy as np
import pytest
from region_logs import files_of

from poolcli import io
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

pytestmark = pytest.mark.complete

SHAPE = (3, 210, 190)


def values_of(seed, dtype, shape=SHAPE):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return (rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(dtype)
    return rng.integers(0, 40, shape).astype(dtype)


@pytest.fixture
def agree(cli, tmp_path):
    """Whether a file is pooled in parts to the bytes of the whole; the row of the former."""

    def compare(words, name, memory):
        rows = []
        for limit, target in ((None, "whole.npy"), (memory, "parts.npy")):
            more = () if limit is None else ("--max-memory", limit)
            report = ("-o", target, "--report", "jsonl", "--overwrite")
            ran = cli(*shlex.split(words), name, *report, *more)
            assert ran.code == 0, ran.err
            rows.append(json.loads(ran.text.splitlines()[0]))
        whole, parts = (np.load(tmp_path / each) for each in ("whole.npy", "parts.npy"))
        np.testing.assert_array_equal(parts, whole)
        assert files_of(tmp_path / "whole.npy") == files_of(tmp_path / "parts.npy")
        assert rows[0]["saturated"] == rows[1]["saturated"]
        return rows[1]

    return compare


ARRAYS = [
    "avg --area 2x3",
    "std --area 2",
    "sum --area 3 --nodata 3",
    "l2 --area 2 --nan ignore --min-valid .5",
    "avg --area 2 --nodata 3 --emit fraction",
    "avg -k 151x161 -s 40 -p 70 --border reflect",
    "max -k 161 -s 60 -p 80 --border wrap",
    "std -k 161 -s 60 -p 80 --border 7 --nodata 3",
    "sum -k 161 -s 60 -p 80 --border edge:wrap",
    "avg -k 91 -s 20 -d 2",
    "avg -k 121 -s 80 --footprint disk",
    "max -k 121 -s 80 --footprint diamond",
    "std -k 121 -s 90 -p 60 --footprint ring --border symmetric",
    "avg --global --emit count --nodata 3 --dtype int64",
    "avg --adaptive 2 --emit fraction --nan ignore --nodata 3",
    "avg --global --normalize zscore",
    "max --adaptive 2x1 --normalize minmax --nodata 3",
    "sum --levels 1,2 --normalize minmax --dtype int16",
]


@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("words", ARRAYS)
def test_arrays(agree, tmp_path, words, dtype):
    x = values_of(4, dtype)
    if "nan" in words and dtype == "f4":
        x[:, ::3, ::2] = np.nan
    np.save(tmp_path / "x.npy", x)
    memory = "250K" if dtype == "u1" else "400K"
    assert agree(f"{words} --layout CHW", "x.npy", memory)["regions"] > 1


def test_footprints_of_which_some_taps_are_no_pixels(agree, cli, tmp_path):
    words = "max -k 121 -s 90 -p 60 --footprint cross --layout CHW"
    np.save(tmp_path / "x.npy", values_of(4, "u1"))
    assert agree(words, "x.npy", "200K")["regions"] > 1
    np.save(tmp_path / "x.npy", values_of(4, "f4"))
    ran = cli(*words.split(), "x.npy", "--max-memory", "200K", "-o", "y.npy")
    assert ran.code == 1
    assert "give at least" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        "mode --area 2",
        "mode --area 2x3 --nodata 3",
        "median -k 161 -s 60 -p 80 --border reflect",
        "median -k 121 -s 50 -p 60 --footprint disk",
        "quantile --q .3 --global --nodata 3 --min-valid .2",
        "mode -k 161 -s 60 -d 1 -p 80 --border 3",
    ],
)
def test_few_levels(agree, tmp_path, words):
    np.save(tmp_path / "x.npy", values_of(5, "u1", (2, 400, 390)))
    assert agree(f"{words} --layout CHW", "x.npy", "450K")["regions"] > 1


@pytest.mark.parametrize("backend", ["plain", "compiled"])
@pytest.mark.parametrize(
    "words", ["avg --area 2", "std --area 3x2", "sum -k 121 -s 90 --footprint disk"]
)
def test_both_backends(agree, tmp_path, monkeypatch, words, backend):
    from poolcli.engine.backend import is_built

    if backend == "compiled" and not is_built():
        pytest.skip("the extension was not built")
    monkeypatch.setenv("POOLCLI_BACKEND", backend)
    np.save(tmp_path / "x.npy", values_of(6, "f4", (2, 211, 203)))
    assert agree(f"{words} --layout CHW", "x.npy", "300K")["regions"] > 1


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize(
    "words",
    [
        "avg --global",
        "max --adaptive 2",
        "std --levels 1,2 --dtype float32",
        "sum --global --linear",
        "avg --adaptive 2 --normalize minmax",
        "avg --area 2",
        "avg --global --nodata 3",
        "median --global",
        "avg -k 301 -s 90 -p 150 --border reflect",
    ],
)
def test_alpha(agree, tmp_path, mode, words):
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 255, (400, 390, len(mode)), np.uint8)
    pixels[..., -1] = rng.integers(0, 4, pixels.shape[:2]) * 80
    facts = {"chunks": {"H": 64, "W": 64}}
    writer = io.writer(
        [FeatureMap(pixels, "HWC", Picture(mode), facts=facts)], io.format_named(".tif")
    )
    with writer.to(tmp_path / "x.tif", overwrite=False):
        pass
    assert agree(words, "x.tif", "1200K")["regions"] > 1


@pytest.mark.parametrize(
    "words",
    [
        "sum --global --dtype uint8",
        "run 'sum -k 2 --dtype uint8 | sum --adaptive 2 --dtype uint8'",
        "run 'sum -k 3 -s 1 --dtype uint8 | avg -k 100 -s 60 --border wrap -p 20'",
    ],
)
def test_results_that_saturate_are_counted(agree, tmp_path, words):
    np.save(tmp_path / "x.npy", values_of(8, "u1", (2, 300, 290)) * 3)
    row = agree(f"{words} --layout CHW", "x.npy", "150K")
    assert row["regions"] > 1
    assert row["saturated"] != {}

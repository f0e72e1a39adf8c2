"""What is made of regions of which nothing is stored, as of any other."""

import numpy as np
import pytest
from region_logs import files_of

from poolcli.run.empty_regions import EmptyRegions, one_value_of
from poolcli.run.open_chunks import OpenChunks

WORDS = [
    "max -k 2",
    "max -k 3 -s 2 -p 1",
    "max -k 3 -s 2 -p 1 --border 9",
    "min -k 3 -s 2 --ceil-mode --nodata 1 --min-valid 0.9",
    "min -k 3 -s 2 --nodata 7",
    "mode -k 2 --mask mask.npy",
    "median -k 3",
    "avg -k 2",
    "max -k 2 --dtype uint8",
    "max -k 2 | min -k 3 -s 1",
    "max -k 2 | avg -k 2",
    "max --adaptive 6",
]


@pytest.mark.complete
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("suffix", [".zarr", ".npy"])
def test_results_are_those_of_the_whole(cli, tmp_path, words, suffix):
    zarr = pytest.importorskip("zarr")
    mask = np.ones((24, 64, 70), "u1")
    mask[:, ::5, 40:] = 0
    np.save(tmp_path / "mask.npy", mask)
    stored = {"dtype": "u2", "chunks": (4, 16, 16), "fill_value": 7}
    array = zarr.create_array(str(tmp_path / "x.zarr"), shape=mask.shape, **stored)
    array[8:12, 32:40, 40:48] = np.random.default_rng(0).integers(5, 900, (4, 8, 8))
    words = ("run", words, "x.zarr", "--layout", "DHW", "--report", "jsonl")
    whole = cli(*words, "-o", f"whole{suffix}")
    assert whole.code == 0, whole.err
    parts = cli(*words, "-o", f"parts{suffix}", "--max-memory", "400k", "-j", 2)
    assert parts.code == 0, parts.err
    assert files_of(tmp_path / f"whole{suffix}") == files_of(tmp_path / f"parts{suffix}")
    told = [ran.text.partition('"saturated": ')[2].split(",")[0] for ran in (whole, parts)]
    assert told[0] == told[1] != ""


@pytest.mark.complete
def test_few_of_them_are_read(cli, tmp_path, monkeypatch):
    zarr = pytest.importorskip("zarr")
    from poolcli.io.zarr.source import ZarrSource

    stored = {"dtype": "u2", "chunks": (4, 16, 16), "shape": (24, 256, 256)}
    zarr.create_array(str(tmp_path / "x.zarr"), **stored)[5, 20, 30] = 1
    found, read = [], ZarrSource.read
    monkeypatch.setattr(ZarrSource, "read", lambda *at: found.append(at) or read(*at))
    words = ("max", "-k", 2, "x.zarr", "-o", "y.zarr", "--layout", "DHW", "--report", "jsonl")
    ran = cli(*words, "--max-memory", "400k", "-j", 1)
    assert ran.code == 0
    assert '"read_bytes": 3145728' in ran.text
    assert 0 < len(found) < 10


def test_what_is_not_one_value_is_made_again():
    empty, made = EmptyRegions(), []

    def make(value):
        made.append(value)
        return [np.array([1.0, value])]

    assert np.array_equal(empty.made("a", [(2,)], lambda: make(2.0))[0], [1, 2])
    assert np.array_equal(empty.made("a", [(2,)], lambda: make(1.0))[0], [1, 1])
    assert np.array_equal(empty.made("a", [(3,)], lambda: make(3.0))[0], [1, 1, 1])
    assert np.isnan(empty.made("b", [(2,)], lambda: [np.full(2, np.nan)])[0]).all()
    assert made == [2, 1]


@pytest.mark.parametrize("values", [(7, 7, 7), (7, 7, 8), (8, 7, 7), (7, None, 7), (None, 7, 7)])
def test_chunks_of_parts_of_one_value(values):
    """None is a part of several values."""
    chunks, whole = OpenChunks(), (slice(4, 10),)
    expected, found = [], []
    for at, value in enumerate(values):
        several = np.arange(2.0)
        part = several if value is None else np.broadcast_to(np.float64(value), (2,))
        expected += part.tolist()
        found.append(chunks.put("a", whole, (slice(4 + 2 * at, 6 + 2 * at),), part))
    assert found[:2] == [None, None]
    assert found[2].tolist() == expected
    assert (one_value_of(found[2]) is not None) == (values == (7, 7, 7))

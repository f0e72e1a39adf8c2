"""Formats of plain values: written in regions, the file is that of the whole."""

import json

import numpy as np
import pytest
from processes import needs, run

from poolcli import io
from poolcli.io import Header
from poolcli.io.safetensors import Tensor
from poolcli.maps.feature_map import FeatureMap

pytestmark = pytest.mark.complete
LIBRARIES = {"nii": "nibabel", "safetensors": "safetensors", "fits": "astropy"}


@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u8", "u2", "f4", "f8"])
@pytest.mark.parametrize("suffix", ["nii", "safetensors", "fits"])
def test_regions_make_the_file_of_the_whole(tmp_path, suffix, dtype, executor):
    pytest.importorskip(LIBRARIES[suffix], reason=f"{LIBRARIES[suffix]} is not installed")
    needs(executor)
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", (200 * rng.random((12, 90, 110))).astype(dtype))
    words = "max -k 2x3x2 x.npy --layout DHW -q"
    assert run(f"{words} -o whole.{suffix}", tmp_path)[0] == 0
    code, out, err = run(
        f"{words[:-3]} -o y.{suffix} --max-memory 300K --executor {executor} -j 2 --report jsonl",
        tmp_path,
    )
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[0])["regions"] > 4
    assert (tmp_path / f"y.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["safetensors", "fits"])
def test_several_maps_with_other_data(tmp_path, suffix):
    pytest.importorskip(LIBRARIES[suffix], reason=f"{LIBRARIES[suffix]} is not installed")
    record, rng = io.format_named(suffix), np.random.default_rng(0)
    others = {"more": Tensor("U8", (), b"7") if suffix == "safetensors" else bytes(2880)}
    facts = {"others": others, "nodata": (3.0,)}
    maps = [
        FeatureMap(rng.random((9, 7)).astype("f4").round(1) * 10, "HW", None, "a", facts),
        FeatureMap(rng.integers(0, 99, (5, 6, 8)).astype("u2"), "CHW", None, "b", {}),
    ]
    with io.writer(maps, record).to(tmp_path / "whole", overwrite=False):
        pass
    headers = [Header.of(one) for one in maps]
    with io.written(tmp_path / "parts", record, headers, {}) as sink:
        for number, one in enumerate(maps):
            for row in reversed(range(len(one.data))):
                rest = tuple(slice(0, size) for size in one.data.shape[1:])
                sink.write(number, (slice(row, row + 1), *rest), one.data[row : row + 1])
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()

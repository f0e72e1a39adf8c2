"""Formats of plain values: written in regions, the file is that of the whole."""

import json

import numpy as np
import pytest
from processes import needs, run

pytestmark = pytest.mark.complete
LIBRARIES = {"nii": "nibabel", "safetensors": "safetensors", "fits": "astropy"}


@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "f4", "f8"])
@pytest.mark.parametrize("suffix", ["nii", "safetensors"])
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

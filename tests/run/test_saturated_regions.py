"""Results that saturate are counted once, whatever the regions are."""

import json
import shlex

import numpy as np
import pytest

pytestmark = pytest.mark.complete


def saturated(cli, words, *more):
    ran = cli(*shlex.split(words), "x.npy", "-o", "y.npy", "--overwrite", *more)
    assert ran.code == 0, ran.err
    row = json.loads(ran.text.splitlines()[0])
    return row["saturated"], row["regions"]


@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize(
    "text",
    [
        "sum -k 2 --dtype uint8 | max -k 3 -s 1 -p 1",
        "sum -k 3 -s 2 -p 1 --dtype uint8 | median -k 5 -s 1 -p 2 | sum -k 3 -s 1 --dtype uint8",
        "sum -k 2 --dtype uint8 | max -k 3 -s 1 -p 1 --border wrap",
    ],
)
def test_overlaps_count_once(cli, tmp_path, text, executor):
    values = np.random.default_rng(0).integers(0, 100, (2, 96, 120)).astype(np.uint8)
    np.save(tmp_path / "x.npy", values)
    words = f"run '{text}' --layout CHW --report jsonl"
    whole, one = saturated(cli, words)
    parts, regions = saturated(cli, words, "--max-memory", "60K", "--executor", executor, "-j", "2")
    assert one <= 2 < regions
    assert whole == parts != {}

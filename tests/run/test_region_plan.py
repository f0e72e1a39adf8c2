"""Shapes of regions where memory is short: few pieces of much overlap, or a refusal."""

import json
import re

import numpy as np
import pytest

import poolcli


@pytest.fixture
def wide(tmp_path):
    """An array of wide rows, of which a window reads nine."""
    x = np.random.default_rng(0).integers(0, 256, (400, 3000), np.uint8)
    np.save(tmp_path / "x.npy", x)
    return x


@pytest.mark.parametrize("limit", ["100K", "200K", "1M"])
def test_what_windows_share_is_read_by_few_pieces(cli, tmp_path, wide, limit):
    words = ("max", "-k", 9, "-s", 1, "x.npy", "-o", "y.npy", "-j", 1, "--max-memory", limit)
    ran = cli(*words, "--report", "jsonl")
    assert ran.code == 0, ran.err
    row = json.loads(ran.text)
    assert row["regions"] <= 392 / 8 + 1
    assert row["read_bytes"] < 3 * wide.nbytes
    want = poolcli.pool(wide, "max", kernel=9, stride=1)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), want)


def test_pieces_of_a_few_pixels_are_refused(cli, wide):
    """They would be two million, of a millisecond each. What the message asks for suffices."""
    words = ("max", "-k", 9, "-s", 1, "x.npy", "-o", "y.npy", "-j", 1, "--dry-run")
    ran = cli(*words, "--max-memory", "20K")
    assert ran.code == 1
    least = re.search(r"give at least (\d+K)", ran.err)
    assert least, ran.err
    assert cli(*words, "--max-memory", least[1]).code == 0
    planned = cli("shape", "max -k 9 -s 1", "x.npy", "--max-memory", "20K")
    assert planned.err == ran.err

"""A hundred files: each is reported, and a reader who has seen enough ends the run."""

import csv
import json

import numpy as np
import pytest
from processes import LONGEST, start


@pytest.fixture
def hundred(tmp_path):
    """A hundred names of one array, of which one is large, and three files that are none."""
    np.save(tmp_path / "x.npy", np.arange(64.0).reshape(8, 8))
    (tmp_path / "in").mkdir()
    for number in range(100):
        (tmp_path / f"in/{number:02}.npy").hardlink_to(tmp_path / "x.npy")
    (tmp_path / "in/50.npy").unlink()
    np.save(tmp_path / "in/50.npy", np.zeros((3000, 3000)))
    for number in (7, 70, 99):
        (tmp_path / f"in/{number:02}.npy").unlink()
        (tmp_path / f"in/{number:02}.npy").write_bytes(b"no array")


def test_a_short_table_tells_each(cli, hundred, tmp_path):
    ran = cli("max", *sorted((tmp_path / "in").glob("[01]*.npy")), "-o", "out")
    assert ran.text.count(" → ") == 19
    assert ran.text.rstrip().endswith("19 done, 1 failed")


def test_other_styles_tell_each(cli, hundred):
    names = [f"in/{number:02}.npy" for number in range(100)]
    whole = json.loads(cli("max", "in", "-o", "out", "--report", "json").text)
    assert [row["input"] for row in whole["files"]] == names
    assert (whole["total"]["done"], whole["total"]["failed"], whole["total"]["not_done"]) == (
        97,
        3,
        0,
    )
    lines = cli("max", "in", "-o", "out", "--overwrite", "--report", "jsonl").text.splitlines()
    assert [json.loads(line)["input"] for line in lines] == names
    table = list(
        csv.DictReader(
            cli("max", "in", "-o", "out", "--overwrite", "--report", "csv").text.splitlines()
        )
    )
    assert [row["input"] for row in table] == names
    assert {row["output_shape"] for row in table if row["status"] == "done"} == {"4x4", "1500x1500"}


def test_who_has_read_enough_ends_the_run(hundred, tmp_path):
    process = start("max in -o out --report jsonl", tmp_path)
    json.loads(process.stdout.readline())
    process.stdout.close()
    assert process.wait(timeout=LONGEST) == 0
    assert process.stderr.read().count(b"Error") <= 3
    process.stderr.close()
    assert all(
        np.load(path).shape in {(4, 4), (1500, 1500)} for path in (tmp_path / "out").iterdir()
    )

"""--verbose: what is read, planned and written, on stderr, in plain lines."""

import json
import re

import numpy as np
import pytest
from processes import needs, run

from poolcli.engine.backend import name


def test_a_file_is_told_step_by_step(cli, photo):
    ran = cli("run", "max -k 2 | avg -k 3", "photo.png", "-v", "-j", 3, "--max-memory", "64M")
    assert ran.code == 0
    head, *lines = ran.err.splitlines()
    assert head.endswith(f"{name()} backend")
    assert lines == [
        "pipeline: max -k 2 | avg -k 3",
        "files: 1, one after another, with 3 threads",
        "photo.png: read: png, 12x16x3 uint8 HWC RGB",
        "photo.png: plan: max -k 2, 12x16x3 → 6x8x3 uint8",
        "photo.png: plan: avg -k 3, 6x8x3 → 2x2x3 uint8",
        "photo.png: pool: with 3 threads and 64.0 MB of memory",
        "photo.png: write: photo-max-avg.png as png",
    ]
    assert "2 steps" in ran.text


def test_stdout_keeps_the_data_and_the_report(cli, photo):
    quiet = cli("max", "photo.png", "-o", "-", "-q").out
    loud = cli("max", "photo.png", "-o", "-", "-q", "-v")
    assert (loud.out, "write: - as png" in loud.err) == (quiet, True)
    rows = cli("max", "photo.png", "--report", "json", "-v", "--dry-run").text
    assert json.loads(rows)["total"]["planned"] == 1


def test_names_reach_the_terminal_escaped(cli, tmp_path):
    np.save(tmp_path / "a\x1b[31m.npy", np.zeros((4, 4)))
    ran = cli("max", "a\x1b[31m.npy", "-v")
    assert "\x1b" not in ran.err
    assert "read: npy, 4x4 float64 HW" in ran.err


def test_maps_of_one_file_are_counted(cli, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((4, 4)), b=np.zeros((2, 2)))
    assert "read: npz, 4x4 float64 HW, the first of 2 maps" in cli("max", "x.npz", "-v").err


@pytest.mark.complete
@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_workers_tell_it_too(tmp_path, executor):
    needs(executor)
    for each in "ab":
        np.save(tmp_path / f"{each}.npy", np.zeros((4, 4)))
    code, _, err = run(f"max a.npy b.npy -v -j 2 --executor {executor}", tmp_path)
    assert code == 0
    for each in "ab":
        assert f"{each}.npy: plan: max -k 2, 4x4 → 2x2 float64" in err


def test_regions_are_counted(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((8, 512, 1024)))
    ran = cli("max", "x.npy", "-v", "-q", "-j", 2, "--max-memory", "12M")
    assert re.search(r"x\.npy: pool: in \d+ regions, with 2 threads and 12\.0 MB", ran.err)

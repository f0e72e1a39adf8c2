"""Executors: whichever does the files, the same bytes and rows come out."""

import sys

import numpy as np
import pytest
from PIL import Image
from processes import EXECUTORS, contents, needs, rows, run
from representatives import first

PROCESSES_FIRST = first(1, sorted(EXECUTORS, key=lambda executor: executor != "processes"))


@pytest.mark.parametrize("executor", EXECUTORS)
def test_executors_agree(uneven, means, tmp_path, executor):
    needs(executor)
    (uneven / "07.png").write_bytes(b"no picture")
    code, out, err = run(f"avg in -o out --executor {executor} -j 2 --report jsonl", tmp_path)
    told = rows(out)
    assert code == 1
    assert err.splitlines() == [
        "Error: in/07.png: it is neither an array (.npy, .npz) nor an image Pillow can read"
    ]
    assert [row["input"] for row in told] == [f"in/{number:02}.png" for number in range(30)]
    assert [row["output"] for row in told] == [f"out/{number:02}.png" for number in range(30)]
    assert [row["input"] for row in told if row["status"] == "failed"] == ["in/07.png"]
    assert contents(tmp_path / "out") == {
        name: data for name, data in means.items() if name != "07.png"
    }


@pytest.mark.parametrize("executor", PROCESSES_FIRST)
def test_executors_do_one_file(uneven, means, tmp_path, executor):
    needs(executor)
    code, _, err = run(f"avg in/03.png -o out.png --executor {executor} -j 3", tmp_path)
    assert (code, err) == (0, "")
    assert (tmp_path / "out.png").read_bytes() == means["03.png"]


@pytest.mark.parametrize("executor", PROCESSES_FIRST)
def test_streams_stay_in_this_process(uneven, means, tmp_path, executor):
    needs(executor)
    for output, took in (("-", means["03.png"]), ("out.png", b"")):
        with (uneven / "03.png").open("rb") as stdin:
            assert run(f"avg - -o {output} --executor {executor} -q", tmp_path, stdin=stdin) == (
                0,
                took,
                "",
            )
    assert (tmp_path / "out.png").read_bytes() == means["03.png"]


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_files_that_options_name_go_as_paths(uneven, tmp_path, executor):
    needs(executor)
    mask = np.zeros((900, 900), np.uint8)
    mask[:450] = 1
    Image.fromarray(mask).save(tmp_path / "mask.png")
    words = "avg in/00.png --mask mask.png --nodata 0 -q"
    assert run(f"{words} -o here.png", tmp_path)[0] == 0
    assert run(f"{words} -o there.png --executor {executor}", tmp_path)[0] == 0
    assert (tmp_path / "here.png").read_bytes() == (tmp_path / "there.png").read_bytes()


def test_a_scheduler_is_for_dask(cli, photo):
    ran = cli("max", "photo.png", "--scheduler", "tcp://127.0.0.1:8786")
    assert ran.code == 2
    assert "give --executor dask" in ran.err


def test_without_dask_there_is_a_line(cli, photo, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = cli("max", "photo.png", "--executor", "dask")
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err == "Error: --executor dask needs distributed: pip install 'poolcli[dask]'\n"

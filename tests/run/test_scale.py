"""Many files: whoever does them, however often it is killed, the same bytes and the same rows come out."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

POOLCLI = [sys.executable, "-m", "poolcli"]
EXECUTORS = ("serial", "threads", "processes", "dask")


def start(words, folder, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen([*POOLCLI, *words.split()], cwd=folder, **more)


def end(process):
    """The exit code, stdout and stderr, once it has ended by itself."""
    out, err = process.communicate(timeout=120)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err
    return process.returncode, out, err.decode()


def run(words, folder, **more):
    return end(start(words, folder, **more))


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def contents(folder):
    """Every file of a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def needs(executor):
    if executor == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")


@pytest.fixture
def photos(tmp_path):
    """Thirty pictures, the first much larger than the others, so that it is done last."""
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for number in range(30):
        size = 900 if number == 0 else 40 + number
        Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)).save(
            tmp_path / f"in/{number:02}.png"
        )
    return tmp_path / "in"


@pytest.fixture
def undisturbed(photos, tmp_path):
    """What comes out when nothing happens."""
    assert run("avg in -o undisturbed --executor serial -q", tmp_path)[0] == 0
    return contents(tmp_path / "undisturbed")


# ---- executors


@pytest.mark.parametrize("executor", EXECUTORS)
def test_executors_agree(photos, undisturbed, tmp_path, executor):
    needs(executor)
    (photos / "07.png").write_bytes(b"no picture")
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
        name: data for name, data in undisturbed.items() if name != "07.png"
    }


@pytest.mark.parametrize("executor", EXECUTORS)
def test_executors_do_one_file(photos, undisturbed, tmp_path, executor):
    needs(executor)
    code, _, err = run(f"avg in/03.png -o out.png --executor {executor} -j 3", tmp_path)
    assert (code, err) == (0, "")
    assert (tmp_path / "out.png").read_bytes() == undisturbed["03.png"]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_streams_stay_in_this_process(photos, undisturbed, tmp_path, executor):
    needs(executor)
    for output, took in (("-", undisturbed["03.png"]), ("out.png", b"")):
        with (photos / "03.png").open("rb") as stdin:
            assert run(f"avg - -o {output} --executor {executor} -q", tmp_path, stdin=stdin) == (
                0,
                took,
                "",
            )
    assert (tmp_path / "out.png").read_bytes() == undisturbed["03.png"]


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_files_that_options_name_go_as_paths(photos, tmp_path, executor):
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


# ---- resuming


def statuses(text):
    return {os.path.basename(row["input"]): row["status"] for row in rows(text)}  # noqa: PTH119


def test_resuming_does_what_is_left(photos, undisturbed, tmp_path):
    bad = (photos / "07.png").read_bytes()
    (photos / "07.png").write_bytes(b"no picture")
    words = "avg in -o out --resume log.jsonl --report jsonl"
    assert run(words, tmp_path)[0] == 1
    (photos / "07.png").write_bytes(bad)  # failed: is retried
    (tmp_path / "out/05.png").unlink()  # its output is gone: is redone
    (photos / "09.png").write_bytes(
        (photos / "10.png").read_bytes()
    )  # changed: is redone, over its own output
    code, out, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    assert {name for name, status in statuses(out).items() if status == "done"} == {
        "05.png",
        "07.png",
        "09.png",
    }
    assert contents(tmp_path / "out") == undisturbed | {"09.png": undisturbed["10.png"]}
    assert set(statuses(run(words, tmp_path)[1]).values()) == {"skipped"}


def test_another_recipe_is_another_run(photos, undisturbed, tmp_path):
    assert run("max in -o out --resume log.jsonl -q", tmp_path)[0] == 0
    code, out, err = run("avg in -o out --resume log.jsonl --report jsonl", tmp_path)
    assert (code, err) == (0, "")
    assert set(statuses(out).values()) == {"done"}
    assert contents(tmp_path / "out") == undisturbed
    assert set(
        statuses(run("run avg in -o out --resume log.jsonl --report jsonl", tmp_path)[1]).values()
    ) == {"skipped"}


def test_what_others_made_is_not_overwritten(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/05.png").write_bytes(b"mine")
    for _ in range(2):
        code, out, _ = run("avg in -o out --resume log.jsonl --report jsonl", tmp_path)
        assert code == 1
        assert statuses(out)["05.png"] == "failed"
        assert (tmp_path / "out/05.png").read_bytes() == b"mine"


def test_a_torn_line_is_cut_off(photos, undisturbed, tmp_path):
    words = "avg in -o out --resume log.jsonl --report jsonl"
    assert run(words, tmp_path)[0] == 0
    log = (tmp_path / "log.jsonl").read_bytes()
    for cut in (1, len(log.splitlines(keepends=True)[-1]) + 5, len(log) - 7):
        (tmp_path / "log.jsonl").write_bytes(log[:-cut])
        code, _, err = run(words, tmp_path)
        assert (code, err) == (0, "") if cut < len(log) - 7 else (1, err)
        json.loads((tmp_path / "log.jsonl").read_bytes().splitlines()[-1])
        assert contents(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("text", [b'{"input": "a.png"}\n', b"\x89PNG\r\n", b"some words", b"{}\n"])
def test_a_file_that_is_no_log_is_left_alone(cli, photo, tmp_path, text):
    (tmp_path / "log").write_bytes(text)
    ran = cli("max", "photo.png", "-o", "out.png", "--resume", "log")
    assert ran.code == 2
    assert (
        ran.err
        == "Error: --resume log: line 1 is not one of a log that --resume wrote: name another file\n"
    )
    assert (tmp_path / "log").read_bytes() == text
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--skip-existing", "give one of them"),
        ("-o -", "--resume is for files"),
        ("-o out.png", "is a folder"),
    ],
)
def test_requests_that_cannot_be_resumed(cli, photo, tmp_path, words, told):
    ran = cli("max", "photo.png", *words.split(), "--resume", "." if "out" in words else "log")
    assert ran.code == 2
    assert told in ran.err


def test_a_rehearsal_notes_nothing(cli, photo, tmp_path):
    assert cli("max", "photo.png", "--resume", "log", "--dry-run").code == 0
    assert not (tmp_path / "log").exists()


# ---- reports of many


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
    assert process.wait(timeout=60) == 0
    assert process.stderr.read().count(b"Error") <= 3
    process.stderr.close()
    assert all(
        np.load(path).shape in {(4, 4), (1500, 1500)} for path in (tmp_path / "out").iterdir()
    )


def test_a_mistake_of_ours_costs_one_file(cli, hundred, monkeypatch):
    from poolcli import io

    def read(source, layout):
        if source.name == "03.npy":
            raise ZeroDivisionError("none of the foreseen")
        return right(source, layout)

    right = io.read
    monkeypatch.setattr(io, "read", read)
    told = json.loads(cli("max", "in", "-o", "out", "--report", "json").text)
    reasons = {row["input"]: row["reason"] for row in told["files"] if row["status"] == "failed"}
    assert len(reasons) == 4
    assert reasons["in/03.npy"].endswith("ZeroDivisionError: none of the foreseen")

"""The log of --resume: what is done is not done again, and what others made is left alone."""

import json
import os

import pytest
from processes import contents, statuses


def test_resuming_does_what_is_left(cli, uneven, means, tmp_path):
    bad = (uneven / "07.png").read_bytes()
    (uneven / "07.png").write_bytes(b"no picture")
    words = ["avg", "in", "-o", "out", "--resume", "log.jsonl", "--report", "jsonl"]
    assert cli(*words).code == 1
    (uneven / "07.png").write_bytes(bad)  # failed: is retried
    (tmp_path / "out/05.png").unlink()  # its output is gone: is redone
    (uneven / "09.png").write_bytes(
        (uneven / "10.png").read_bytes()
    )  # changed: is redone, over its own output
    ran = cli(*words)
    assert (ran.code, ran.err) == (0, "")
    assert {name for name, status in statuses(ran.out).items() if status == "done"} == {
        "05.png",
        "07.png",
        "09.png",
    }
    assert contents(tmp_path / "out") == means | {"09.png": means["10.png"]}
    assert set(statuses(cli(*words).out).values()) == {"skipped"}


def test_another_recipe_is_another_run(cli, uneven, means, tmp_path):
    words = ["in", "-o", "out", "--resume", "log.jsonl", "--report", "jsonl"]
    assert cli("max", *words).code == 0
    ran = cli("avg", *words)
    assert (ran.code, ran.err) == (0, "")
    assert set(statuses(ran.out).values()) == {"done"}
    assert contents(tmp_path / "out") == means
    assert set(statuses(cli("run", "avg", *words).out).values()) == {"skipped"}


def test_what_others_made_is_not_overwritten(cli, uneven, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/05.png").write_bytes(b"mine")
    for _ in range(2):
        ran = cli(*["avg", "in", "-o", "out", "--resume", "log.jsonl", "--report", "jsonl"])
        assert ran.code == 1
        assert statuses(ran.out)["05.png"] == "failed"
        assert (tmp_path / "out/05.png").read_bytes() == b"mine"


def test_a_torn_line_is_cut_off(cli, uneven, means, tmp_path):
    words = ["avg", "in", "-o", "out", "--resume", "log.jsonl", "--report", "jsonl"]
    assert cli(*words).code == 0
    log = (tmp_path / "log.jsonl").read_bytes()
    for cut in (1, len(log.splitlines(keepends=True)[-1]) + 5, len(log) - 7):
        (tmp_path / "log.jsonl").write_bytes(log[:-cut])
        ran = cli(*words)
        assert (ran.code, ran.err) == (0, "") if cut < len(log) - 7 else (1, ran.err)
        json.loads((tmp_path / "log.jsonl").read_bytes().splitlines()[-1])
        assert contents(tmp_path / "out") == means


@pytest.mark.parametrize("text", [b'{"input": "a.png"}\n', b"\x89PNG\r\n", b"some words", b"{}\n"])
def test_a_file_that_is_no_log_is_left_alone(cli, photo, tmp_path, text):
    (tmp_path / "log").write_bytes(text)
    ran = cli("max", "photo.png", "-o", "out.png", "--resume", "log")
    assert ran.code == 2
    assert ran.err == (
        "Error: --resume log: line 1 is not one of a log that --resume wrote: name another file\n"
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


@pytest.mark.parametrize("seconds", [-(10**9), 10**9])
def test_clocks_that_jump(cli, tmp_path, seconds):
    """What is done is told by what was read and what is there, never by which is newer."""
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / f"in/{name}.pgm").write_bytes(b"P5\n4 4\n255\n" + bytes(16))
    for how in (["--resume", "log"], ["--skip-existing"]):
        words = ["max", "in", "-o", f"out{how[0]}", *how, "--report", "jsonl"]
        assert cli(*words).code == 0
        for path in (tmp_path / f"out{how[0]}").iterdir():
            now = path.stat().st_mtime
            os.utime(path, (now + seconds, now + seconds))
        assert set(statuses(cli(*words).out).values()) == {"skipped"}
    (tmp_path / "in/b.pgm").write_bytes(b"P5\n4 4\n255\n" + bytes([9] * 16))
    os.utime(tmp_path / "in/b.pgm", (now + seconds, now + seconds))
    found = statuses(cli("max", "in", "-o", "out--resume", "--resume", "log", *words[-2:]).out)
    assert found == {"a.pgm": "skipped", "b.pgm": "done", "c.pgm": "skipped"}
    assert bytes([9] * 4) in (tmp_path / "out--resume/b.pgm").read_bytes()

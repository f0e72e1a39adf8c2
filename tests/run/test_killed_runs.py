"""Runs that are killed: nothing is half there, and they can be taken up again."""

import os
import random
import signal

import pytest
from processes import contents, end, open_gate, reap, run, start, statuses, visible, wait_for

pytestmark = pytest.mark.complete


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_killed_and_resumed(photos, undisturbed, gate, tmp_path, executor):
    """A gate behind the pictures keeps each run alive until it is killed."""
    chance = random.Random(executor)
    words = f"median -k 4 in -o out --resume log.jsonl --executor {executor} -j 2 --report jsonl"
    for _ in range(4):
        enough = min(len(visible(tmp_path / "out")) + chance.randint(1, 12), len(undisturbed))
        process = start(f"{words} gate.png", tmp_path, start_new_session=True)
        while len(visible(tmp_path / "out")) < enough:
            for path in visible(tmp_path / "out"):
                assert path.read_bytes() == undisturbed[path.name]
        os.killpg(process.pid, signal.SIGKILL) if chance.random() < 0.5 else process.kill()
        reap(process, gate)
        assert process.returncode == -signal.SIGKILL
    code, out, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    assert set(statuses(out).values()) <= {"done", "skipped"}
    assert contents(tmp_path / "out") == undisturbed
    assert set(statuses(run(words, tmp_path)[1]).values()) == {"skipped"}


def test_killed_then_another_recipe(photos, undisturbed, tmp_path):
    process = start("max -k 4 in -o out --resume log.jsonl -q", tmp_path)
    wait_for(lambda: len(visible(tmp_path / "out")) > 3)
    process.kill()
    process.communicate()
    assert run("median -k 4 in -o out --resume log.jsonl -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed


def test_killed_and_skipped(photos, undisturbed, tmp_path):
    process = start("median -k 4 in -o out -q", tmp_path)
    wait_for(lambda: len(visible(tmp_path / "out")) > 3)
    process.kill()
    process.communicate()
    assert run("median -k 4 in -o out --skip-existing -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed


def test_only_what_the_dead_left_is_swept(cli, photo, tmp_path):
    import fcntl

    for name in (".a.png.0123.poolcli-part", ".b.png.4567.poolcli-part", "poolcli-part", ".c.part"):
        (tmp_path / name).write_bytes(b"half")
    for name in (".c.zarr.89ab.poolcli-folder", ".b.png.4567.poolcli-folder"):
        (tmp_path / name).mkdir()
    with (tmp_path / ".b.png.4567.poolcli-part").open("r+b") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert cli("max", "photo.png", "-o", "out.png").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        ".b.png.4567.poolcli-part",
        ".b.png.4567.poolcli-folder",
        "poolcli-part",
        ".c.part",
        "photo.png",
        "out.png",
    }


def test_two_runs_do_not_share_a_log(photos, gate, tmp_path):
    first = start("max gate.png in -o out --resume log -q -j 1", tmp_path)
    with open_gate(gate) as opened:
        code, _, err = run("max in -o other --resume log", tmp_path)
        assert (code, err) == (2, "Error: --resume log: another run writes it: wait for its end\n")
        opened.write((photos / "00.png").read_bytes())
    assert end(first)[0] == 0

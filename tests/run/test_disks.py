"""Disks that are full, and files that come and go."""

import os
import resource
import subprocess

import pytest
from processes import contents, end, failures, run, start

pytestmark = pytest.mark.complete


def test_outputs_that_are_too_large_for_their_disk(photos, undisturbed, tmp_path):
    limit = sorted(map(len, undisturbed.values()))[len(undisturbed) // 2]
    code, out, _ = run(
        "median -k 4 in -o out --report jsonl",
        tmp_path,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},  # a module that is cut off is loaded
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert code == 1
    assert all(
        "the file is larger than this disk or its limits allow" in reason
        for reason in failures(out).values()
    )
    fit = {name: data for name, data in undisturbed.items() if len(data) <= limit}
    assert failures(out).keys() == undisturbed.keys() - fit.keys()
    assert contents(tmp_path / "out") == fit


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 100 KB."""
    (tmp_path / "disk").mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", tmp_path / "disk"]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield tmp_path / "disk"
    subprocess.run(["umount", tmp_path / "disk"], check=True)


def test_a_full_disk_and_then_room(photos, undisturbed, small_disk, tmp_path):
    code, out, _ = run("median -k 4 in -o disk/out --resume log --report jsonl", tmp_path)
    assert code == 1
    assert "59.png" in failures(out)
    assert all("the disk is full: free some space" in reason for reason in failures(out).values())
    made = contents(small_disk / "out")
    assert made == {name: undisturbed[name] for name in made}
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    assert run("median -k 4 in -o disk/out --resume log -q", tmp_path) == (0, b"", "")
    assert contents(small_disk / "out") == undisturbed


def test_inputs_that_go_and_outputs_that_cannot_be(photos, undisturbed, tmp_path):
    os.mkfifo(tmp_path / "gate.png")
    (tmp_path / "out/03.png").mkdir(parents=True)
    process = start("median -k 4 gate.png in -o out -j 1 --overwrite --report jsonl", tmp_path)
    with (tmp_path / "gate.png").open("wb") as gate:  # once it is open, the run has begun
        (photos / "05.png").unlink()
        gate.write((photos / "00.png").read_bytes())
    code, out, _ = end(process)
    assert code == 1
    assert failures(out) == {
        "03.png": "cannot write out/03.png: it is a folder, not a file: name a file",
        "05.png": "there is no such file or folder",
    }
    (tmp_path / "out/03.png").rmdir()
    assert {
        name: data for name, data in contents(tmp_path / "out").items() if name != "gate.png"
    } == {name: data for name, data in undisturbed.items() if name not in ("03.png", "05.png")}

"""A disk that is full fails one file, with a reason, and leaves no part of an output."""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest
from folders import tree
from PIL import Image
from representatives import first


def limited(words, folder, limit):
    """Run in a process whose files may not grow past `limit` bytes, as on a disk that fills up.

    It writes no bytecode: Python does not see that a compiled module was cut off, and loads it.
    """
    return subprocess.run(
        [sys.executable, "-B", "-m", "poolcli", *words],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


@pytest.mark.parametrize("name", first(2, ["a.png", "a.npz", "a.npy", "a.tif"]))
def test_a_disk_that_fills_up(tmp_path, name):
    values = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / "big.png")
    before = tree(tmp_path)
    ran = limited(["max", "big.png", "-o", name], tmp_path, 20_000)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith(
        f"Error: big.png: cannot write {name}: the file is larger than this disk"
    )
    assert ran.stderr.count("\n") == 1
    assert tree(tmp_path) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")  # noqa: PTH110
@pytest.mark.parametrize(
    "words",
    first(
        2,
        [
            "max photo.png -o -",
            "ops",
            "max photo.png -o - --report json",
            "max photo.png -o -/",
            "--help",
            "info .",
        ],
    ),
)
def test_a_full_disk_behind_stdout(photo, tmp_path, words):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "poolcli", *words.split()]
        ran = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 1
    assert "the disk is full: free some space" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count("Error") == 1

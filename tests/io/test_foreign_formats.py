"""A format from somebody else's package: the example of the documentation, installed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs/how-to/formats.md"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run poolcli in a process that has the package of the page."""
    text = PAGE.read_text(encoding="utf-8")
    (module,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (entry,) = re.findall(r"^```toml\n\[.*\]\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    site = tmp_path / "site"
    about = site / "gray8-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "gray8.py").write_text(module)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gray8\nVersion: 1.0\n")
    points = entry.replace('"', "")
    (about / "entry_points.txt").write_text(f"[poolcli.formats]\n{points}")
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root}:{site}")
    monkeypatch.chdir(tmp_path)

    def ran(*words):
        command = [sys.executable, "-m", "poolcli", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return ran


@pytest.mark.complete
def test_the_example_of_the_documentation(run, tmp_path):
    pixels = np.arange(32, dtype=np.uint8).reshape(4, 8)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.g8").write_bytes(b"GRAY8 8\n" + pixels.tobytes())
    assert "gray8" in run("info", "in/a.g8").stdout
    assert run("max", "in", "-o", "out").returncode == 0
    expected = pixels.reshape(2, 2, 4, 2).max((1, 3))
    assert (tmp_path / "out/a.g8").read_bytes() == b"GRAY8 4\n" + expected.tobytes()
    assert run("max", "in/a.g8", "--to", "npy", "-o", "x.npy").returncode == 0
    np.testing.assert_array_equal(np.load("x.npy"), expected)
    np.save("big.npy", np.ones((1, 4, 4), np.float32))
    refused = run("max", "big.npy", "--to", "g8", "--dry-run")
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: big.npy: gray8 holds no float32 (uint8): give --dtype, or write .npy\n",
    )
    (tmp_path / "in/b.g8").write_bytes(b"GRAY8 8\n" + bytes(31))
    failed = run("max", "in/b.g8")
    assert failed.returncode == 1
    assert "in/b.g8: a mistake in gray8, please report it: ValueError: cannot " in failed.stderr

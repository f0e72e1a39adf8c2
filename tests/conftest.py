"""Run poolcli as a user would: in a folder of its own, in this process, and see what it printed."""

import io
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from poolcli.cli import main


@dataclass
class Ran:
    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode()


@pytest.fixture
def cli(tmp_path, monkeypatch, capfdbinary):
    """`cli("max", "-k", 2, "a.png", stdin=b"...")` in tmp_path; asserts that no traceback shows."""
    monkeypatch.chdir(tmp_path)

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        assert b"Traceback" not in err
        return Ran(end.value.code or 0, out, err.decode())

    return run


@pytest.fixture
def photo(tmp_path):
    """A small RGB picture, and its pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels

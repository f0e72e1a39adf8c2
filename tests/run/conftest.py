"""Folders of pictures, and what comes out when nothing happens to a run."""

import os

import numpy as np
import pytest
from PIL import Image
from processes import contents, run

COUNT = 60


@pytest.fixture
def photos(tmp_path):
    """Sixty pictures of about one size."""
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (200, 200 + number, 3), np.uint8)).save(
            tmp_path / f"in/{number:02}.png"
        )
    return tmp_path / "in"


@pytest.fixture
def undisturbed(photos, tmp_path):
    """The outputs of `median -k 4` of these pictures."""
    assert run("median -k 4 in -o undisturbed -q", tmp_path)[0] == 0
    return contents(tmp_path / "undisturbed")


@pytest.fixture
def uneven(tmp_path):
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
def means(uneven, tmp_path):
    """The outputs of `avg` of these pictures."""
    assert run("avg in -o undisturbed --executor serial -q", tmp_path)[0] == 0
    return contents(tmp_path / "undisturbed")


@pytest.fixture
def gate(tmp_path):
    """A named pipe as an input: its job waits until the test writes to it (`open_gate`)."""
    os.mkfifo(tmp_path / "gate.png")
    return tmp_path / "gate.png"

"""Folders of pictures, and what comes out when nothing happens to a run."""

import os
import shutil

import numpy as np
import pytest
from failing_disk import failing_disk, failing_process  # noqa: F401
from PIL import Image
from processes import contents, run

COUNT = 60


@pytest.fixture(scope="session")
def all_photos(tmp_path_factory):
    """Sixty pictures of about one size."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("photos")
    for number in range(COUNT):
        pixels = rng.integers(0, 256, (200, 200 + number, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png", compress_level=0)
    return folder


@pytest.fixture
def photos(all_photos, tmp_path):
    """Sixty pictures of about one size, which a test may change."""
    return shutil.copytree(all_photos, tmp_path / "in")


@pytest.fixture(scope="session")
def undisturbed(all_photos, tmp_path_factory):
    """The outputs of `median -k 4` of these pictures."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert run(f"median -k 4 {all_photos} -o {out} -q", out.parent)[0] == 0
    return contents(out)


@pytest.fixture(scope="session")
def all_uneven(tmp_path_factory):
    """Thirty pictures, the first much larger than the others, so that it is done last."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("uneven")
    for number in range(30):
        size = 900 if number == 0 else 40 + number
        pixels = rng.integers(0, 256, (size, size, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png", compress_level=0)
    return folder


@pytest.fixture
def uneven(all_uneven, tmp_path):
    """Thirty pictures, the first much larger than the others, which a test may change."""
    return shutil.copytree(all_uneven, tmp_path / "in")


@pytest.fixture(scope="session")
def means(all_uneven, tmp_path_factory):
    """The outputs of `avg` of these pictures."""
    out = tmp_path_factory.mktemp("means")
    assert run(f"avg {all_uneven} -o {out} --executor serial -q", out.parent)[0] == 0
    return contents(out)


@pytest.fixture
def gate(tmp_path):
    """A named pipe as an input: its job waits until the test writes to it (`open_gate`)."""
    os.mkfifo(tmp_path / "gate.png")
    return tmp_path / "gate.png"

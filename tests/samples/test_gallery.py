"""The gallery is what its script draws, and every command under a picture is one of poolcli's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.complete

SAMPLES = Path(__file__).parents[2] / "samples"
GALLERY = SAMPLES / "gallery"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    subprocess.run([sys.executable, SAMPLES / "gallery.py", folder], check=True)
    return folder


def test_the_script_draws_these_files_and_no_other(drawn):
    assert {path.name for path in drawn.iterdir()} == {path.name for path in GALLERY.iterdir()}
    assert (drawn / "README.md").read_text() == (GALLERY / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(path.name for path in GALLERY.glob("*.png")))
def test_a_picture_is_what_its_command_makes(drawn, name):
    with Image.open(drawn / name) as fresh, Image.open(GALLERY / name) as kept:
        assert (fresh.mode, fresh.size) == (kept.mode, kept.size)
        same = np.asarray(fresh) == np.asarray(kept)
    assert (
        same.mean() > 0.99 if name == "compare.png" else same.all()
    )  # letters depend on the font's renderer


def test_each_picture_is_on_the_page():
    page = (GALLERY / "README.md").read_text()
    for path in GALLERY.glob("*.png"):
        assert page.count(f"({path.name})") == 1

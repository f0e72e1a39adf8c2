"""A JPEG whose scans are not whole fails, though its end is valid; one that is whole never does."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from round_trips import refusal, saved

from poolcli.io import read

PHOTO = np.cumsum(np.random.default_rng(0).integers(0, 9, (200, 160, 3)), 0).astype(np.uint8)
GRAY_BELOW = PHOTO.copy()
GRAY_BELOW[100:] = 128  # what libjpeg fills in
PICTURES = {"photo": PHOTO, "gray below": GRAY_BELOW, "gray": np.full_like(PHOTO, 128)}
KINDS = {
    "baseline": {"subsampling": 0},
    "subsampled": {"subsampling": 2},
    "with restarts": {"restart_marker_blocks": 5},
    "progressive": {"progressive": True},
}
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def encoded(pixels, mode, kind):
    return saved(Image.fromarray(pixels).convert(mode), "JPEG", quality=90, **KINDS[kind])


def scans(raw):
    """Where the data of each scan begin and end."""
    for found in re.finditer(rb"\xff\xda", raw):
        start = found.end() + int.from_bytes(raw[found.end() : found.end() + 2], "big")
        yield start, MARKER.search(raw, start).start()


@pytest.mark.parametrize("size", [(8, 8), (17, 33), (200, 160)])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("picture", PICTURES)
def test_whole_pictures_are_read_as_pillow_reads_them(picture, kind, mode, size):
    raw = encoded(PICTURES[picture][: size[0], : size[1]], mode, kind)
    for data in (raw, raw + b"more", raw[:-2] + b"\0\0\xff\xd9"):
        expected = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(read(io.BytesIO(data))[0].data, expected)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("picture", ["photo", "gray below"])
def test_a_part_with_a_valid_end_fails(picture, kind, mode, share):
    raw = encoded(PICTURES[picture], mode, kind)
    first, *_ = scans(raw)
    cut = round(first[0] + share * (first[1] - first[0]))
    assert "cut short or damaged" in refusal(raw[:cut] + b"\xff\xd9")


def test_every_scan_of_a_progressive_picture_is_needed():
    raw = encoded(PHOTO, "RGB", "progressive")
    *all_but_last, _ = scans(raw)
    for _, end in all_but_last:
        assert "its last scans are missing" in refusal(raw[:end] + b"\xff\xd9")


def test_the_row_of_half_a_picture(cli, tmp_path):
    raw = encoded(PHOTO, "RGB", "subsampled")
    (tmp_path / "a.jpg").write_bytes(raw[: len(raw) // 2] + b"\xff\xd9")
    ran = cli("max", "a.jpg")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert not (tmp_path / "a-max.jpg").exists()

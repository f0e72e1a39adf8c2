"""simplejpeg decodes a JPEG as Pillow does, and leaves to it what is not as it should be."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from poolcli.errors import FileError
from poolcli.io import read
from poolcli.io.pillow import jpeg_turbo

pytest.importorskip("simplejpeg", reason="an extra")
PHOTO = Image.fromarray(data.astronaut()).crop((100, 30, 273, 190))
KINDS = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "4:1:1": {"subsampling": "4:1:1"},
    "restarts": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
    "low quality": {"quality": 12},
}


def encoded(mode, options):
    stream = io.BytesIO()
    PHOTO.convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


def result(file):
    try:
        return read(io.BytesIO(file))[0].data
    except FileError as error:
        return str(error)


def check_same(file, monkeypatch):
    with_extra = result(file)
    with monkeypatch.context() as patch:
        patch.setattr(jpeg_turbo, "_decoder", lambda: None)
        np.testing.assert_array_equal(with_extra, result(file))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "YCbCr"])
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_those_of_pillow(kind, mode, monkeypatch):
    check_same(encoded(mode, KINDS[kind]), monkeypatch)


def test_a_turned_photo_is_upright(monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    check_same(encoded("RGB", {"exif": exif}), monkeypatch)


@pytest.mark.parametrize("kind", ["4:2:0", "restarts"])
@pytest.mark.parametrize("is_ended", [False, True])
def test_a_file_cut_short_is_refused_as_by_pillow(kind, is_ended, monkeypatch):
    file = encoded("RGB", KINDS[kind])
    for cut in (1, 2, 3, 5, 9, 40, 999):
        check_same(file[:-cut] + b"\xff\xd9" * is_ended, monkeypatch)


def test_damaged_bytes_are_read_or_refused_as_by_pillow(monkeypatch):
    random = np.random.default_rng(0)
    for _ in range(40):
        file = np.frombuffer(encoded("RGB", {}), np.uint8).copy()
        file[random.integers(2, len(file), 2)] = random.integers(0, 256, 2)
        check_same(file.tobytes(), monkeypatch)


def test_the_extra_is_used():
    image = Image.open(io.BytesIO(encoded("RGB", {})))
    found = jpeg_turbo.turbo_pixels(image, "RGB", image.fp)
    np.testing.assert_array_equal(found, np.asarray(Image.open(io.BytesIO(encoded("RGB", {})))))

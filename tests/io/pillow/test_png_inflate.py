"""A PNG inflated by a thread of its own is read, or refused, as by Pillow alone."""

import io

import numpy as np
import pytest
from handmade import chunk
from PIL import Image

from poolcli.errors import FileError
from poolcli.io import read
from poolcli.io.pillow import png_inflate
from poolcli.resources.limits import limits


def encoded(pixels, **told):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **told)
    return stream.getvalue()


def rechunked(file, size, cut=None, after=b""):
    """The file with its pixels in chunks of a size, their stream cut, and chunks after them."""
    start, end = file.index(b"IDAT") - 4, file.index(b"IEND") - 4
    length = int.from_bytes(file[start : start + 4], "big")
    stream = file[start + 8 : start + 8 + length][:cut]
    parts = [chunk(b"IDAT", stream[at : at + size]) for at in range(0, len(stream), size)]
    return file[:start] + b"".join(parts) + after + file[end:]


def result(file):
    """The pixels and what else was read, or the error."""
    try:
        return [(one.data.tolist(), one.facts) for one in read(io.BytesIO(file))]
    except FileError as error:
        return str(error).partition("(")[0]


PIXELS = np.random.default_rng(0).integers(0, 9, (40, 50, 3), np.uint8)
EXIF = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
FILES = {
    "plain": encoded(PIXELS),
    "flat": encoded(np.zeros((120, 120), np.uint8)),
    "sixteen": encoded(PIXELS[..., 0].astype(np.uint16) * 999),
    "palette": encoded(PIXELS[..., 0], bits=4),
    "small chunks": rechunked(encoded(PIXELS), 7),
    "one chunk, facts after": rechunked(encoded(PIXELS), 1 << 20, after=EXIF),
    "small chunks, facts after": rechunked(encoded(PIXELS), 11, after=EXIF),
    "cut": rechunked(encoded(PIXELS), 100, cut=900),
    "cut in its head": rechunked(encoded(PIXELS), 100, cut=1),
    "damaged": rechunked(encoded(PIXELS), 100, cut=700, after=chunk(b"IDAT", b"\xff" * 300)),
    "broken off": encoded(PIXELS)[:-400],
    "rows missing": rechunked(encoded(PIXELS), 100, cut=-40),
    "animation": encoded(
        PIXELS,
        save_all=True,
        append_images=[Image.fromarray(PIXELS ^ 1), Image.fromarray(PIXELS ^ 2)],
    ),
}


@pytest.mark.parametrize("piece", [1 << 19, 100, 1], ids=str)
@pytest.mark.parametrize("name", FILES)
def test_a_thread_changes_nothing(name, piece, monkeypatch):
    with limits(threads=1):
        alone = result(FILES[name])
    monkeypatch.setattr(png_inflate, "_MIN_PIXELS", 1)
    monkeypatch.setattr(png_inflate, "_PIECE", piece)
    with limits(threads=2):
        assert result(FILES[name]) == alone


@pytest.mark.parametrize("name", FILES)
def test_pixels_that_pillow_reads_are_these(name):
    read_alone = isinstance(result(FILES[name]), list)
    assert read_alone == (
        name not in ("cut", "cut in its head", "damaged", "broken off", "rows missing")
    )


def test_the_thread_is_used(monkeypatch):
    monkeypatch.setattr(png_inflate, "_MIN_PIXELS", 1)
    image = Image.open(io.BytesIO(FILES["plain"]))
    pillows = image.load_read
    with limits(threads=2), png_inflate.inflated(image):
        assert image.load_read != pillows
        image.load()
    assert image.load_read == pillows
    np.testing.assert_array_equal(np.asarray(image), PIXELS)

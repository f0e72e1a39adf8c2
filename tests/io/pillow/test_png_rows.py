"""Compiled loops undo the filters of PNG as Pillow does, and as the definition says."""

import io

import numpy as np
import pytest
from handmade import chunk
from PIL import Image

from poolcli.errors import FileError
from poolcli.io import read
from poolcli.io.pillow import png_rows
from poolcli.io.pillow.png_chunks import SIGNATURE
from poolcli.resources.extras import fastest_zlib

_png_rows = pytest.importorskip(
    "poolcli.io.pillow._png_rows", reason="the compiled loops are optional"
)
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # types of a PNG by its channels


def predicted(kind, left, up, corner):
    """What a filter predicts, from the definition (PNG, 9.2)."""
    if kind == 4:
        estimate = left + up - corner
        distances = [abs(estimate - each) for each in (left, up, corner)]
        return (left, up, corner)[distances.index(min(distances))]
    return (0, left, up, (left + up) // 2)[kind]


def twin(filtered, step):
    """The rows, by loops over single bytes."""
    width = filtered.shape[1] - 1
    rows = np.zeros((len(filtered) + 1, step + width), np.uint8)  # with zeros above and left
    for y, (kind, *differences) in enumerate(filtered.tolist(), 1):
        for x, difference in enumerate(differences, step):
            left, up, corner = rows[y, x - step], rows[y - 1, x], rows[y - 1, x - step]
            around = int(left), int(up), int(corner)
            rows[y, x] = (difference + predicted(kind, *around)) % 256
    return rows[1:, step:]


def filtered_rows(height, width, step, seed=0):
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (height, 1 + width * step), np.uint8)
    rows[:, 0] = random.permutation(np.arange(height) % 5)
    return rows


def png(rows, step, size):
    header = np.array(size[::-1], ">u4").tobytes() + bytes((8, COLOURS[step], 0, 0, 0))
    data = fastest_zlib().compress(rows.tobytes())
    return b"".join([SIGNATURE, chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")])


@pytest.mark.parametrize("step", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(5, 1), (1, 7), (25, 11)], ids=str)
def test_rows_are_those_of_the_definition(size, step):
    rows = filtered_rows(*size, step)
    image = np.empty((size[0], size[1] * step), np.uint8)
    for first, part in enumerate(np.array_split(rows, min(3, len(rows)))):
        start = sum(map(len, np.array_split(rows, min(3, len(rows)))[:first]))
        _png_rows.unfilter(part.tobytes(), image, image.shape[1], start, step)
    np.testing.assert_array_equal(image, twin(rows, step))


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_files_are_read_as_by_pillow(step, monkeypatch):
    file = png(filtered_rows(40, 30, step), step, (40, 30))
    (one,) = read(io.BytesIO(file))
    np.testing.assert_array_equal(one.data, np.asarray(Image.open(io.BytesIO(file))))
    monkeypatch.setattr(png_rows, "_png_rows", None)
    (other,) = read(io.BytesIO(file))
    np.testing.assert_array_equal(one.data, other.data)
    assert one.facts == other.facts


def test_an_unknown_filter_is_refused_with_and_without_the_loops(monkeypatch):
    rows = filtered_rows(4, 4, 3)
    rows[2, 0] = 5
    file = png(rows, 3, (4, 4))
    with pytest.raises(FileError, match="damaged"):
        read(io.BytesIO(file))
    monkeypatch.setattr(png_rows, "_png_rows", None)
    with pytest.raises(FileError, match="damaged"):
        read(io.BytesIO(file))


def test_bytes_behind_the_rows_are_left_out():
    rows = filtered_rows(9, 4, 3)
    (one,) = read(io.BytesIO(png(rows, 3, (6, 4))))
    np.testing.assert_array_equal(one.data.reshape(6, -1), twin(rows[:6], 3))


@pytest.mark.parametrize(
    "arguments",
    [
        (bytes(13), 12, 5, 3),  # behind the last row
        (bytes(13), 12, -1, 3),
        (bytes(13 * 6), 12, 0, 3),  # more rows than the image
        (bytes(12), 12, 0, 3),  # no whole row
        (bytes(13), 12, 0, 5),
        (bytes(13), 12, 0, 0),
        (bytes(12), 11, 0, 3),  # no whole pixels
        (b"", 0, 0, 1),
        (bytes(13), 1 << 62, 1 << 62, 1),
    ],
    ids=str,
)
def test_rows_that_do_not_fit_are_refused(arguments):
    rows, *rest = arguments
    with pytest.raises(ValueError, match="do not fit"):
        _png_rows.unfilter(rows, np.zeros((5, 12), np.uint8), *rest)


def test_an_image_that_is_read_only_is_refused():
    image = np.zeros((5, 12), np.uint8)
    image.flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        _png_rows.unfilter(bytes(13), image, 12, 0, 3)

"""What a file is, is decided by its content; streams, paths and damage of any format."""

from __future__ import annotations

import io
import os
import threading
from contextlib import suppress

import numpy as np
import pytest
from handmade import npy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from round_trips import image_map, pixels, refusal, rng, saved, written

from poolcli.errors import FileError, PoolError
from poolcli.io import (
    FORMATS,
    format_named,
    peek,
    read,
    write,
)
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import EXTRAS, has_extra


def test_pipes_need_no_seeking():
    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self.rest = data

        def readable(self):
            return True

        def readinto(self, buffer):
            got, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
            buffer[: len(got)] = got
            return len(got)

    for word in ("npy", "npz", "png", "tiff", "gif"):
        raw = written(image_map("L"), word)
        assert np.array_equal(read(io.BufferedReader(Pipe(raw)))[0].data, pixels("L"))
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        write([FeatureMap(np.arange(5), "L")], out, format_named("npz"))
    with os.fdopen(reading, "rb") as source:
        assert read(source)[0].data.tolist() == [0, 1, 2, 3, 4]


def test_a_stream_that_seeks_is_left_where_it_was():
    stream = io.BytesIO(b"xx" + npy(np.arange(3)))
    stream.seek(2)
    assert peek(stream).maps[0].shape == (3,)
    assert read(stream)[0].data.tolist() == [0, 1, 2]


def test_mislabelled_files_are_read_as_what_they_are(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(npy(np.arange(3)))
    assert peek(path).format == "npy"
    path.write_bytes(saved(Image.new("L", (2, 2)), "BMP"))
    assert peek(path).format == "bmp"


STREAMED = [known.name for known in FORMATS if not known.is_folder]


def gray(word, height, width):
    """A gray picture, of floats where a format holds no bytes."""
    dtypes = format_named(word).dtypes
    mode = "F" if dtypes and "uint8" not in dtypes else "L"
    return image_map(mode, pixels(mode, height, width))


def is_installed(word):
    """Whether a format needs no extra, or its extra is installed."""
    name = format_named(word).extra
    return not name or has_extra(name)


@pytest.mark.parametrize("word", STREAMED)
def test_truncated_files(word):
    if not is_installed(word):
        pytest.skip(f"{EXTRAS[format_named(word).extra]} is not installed")
    raw = written(gray(word, 64, 64), word)
    for cut in {1, 9, len(raw) // 3, len(raw) // 2, len(raw) - len(raw) // 8}:
        refusal(raw[:cut])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.sampled_from(list(filter(is_installed, STREAMED))), seed=st.integers(0, 10**6))
def test_damaged_files_are_read_or_refused(word, seed):
    raw = bytearray(written(gray(word, 7, 9), word))
    generator = rng(seed)
    for place in generator.integers(0, len(raw), 3):
        raw[place] = generator.integers(0, 256)
    for look in (read, peek):
        with suppress(PoolError):
            look(io.BytesIO(bytes(raw)))


def test_unreadable_paths(tmp_path):
    for look in (read, peek):
        with pytest.raises(FileError, match="no such file"):
            look(tmp_path / "none.png")
        with pytest.raises(FileError, match="is a folder"):
            look(tmp_path)


def test_threads_read_alike():
    raws = [written(image_map("RGB"), word) for word in ("png", "tiff", "webp", "npy")] * 8
    seen = []

    def work(raw):
        seen.append(int(read(io.BytesIO(raw))[0].data.sum()))

    threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {int(pixels("RGB").sum())}
    assert len(seen) == len(raws)

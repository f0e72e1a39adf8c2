"""Streams on descriptors that do not block, and that take less than they are given."""

import io
import os
import threading
import time

import pytest

from poolcli.errors import FileError
from poolcli.resources.descriptors import DescriptorStream, interrupted, open_pipe, write_all

DATA = bytes(range(256)) * 1500  # several times what a pipe holds


@pytest.fixture
def pipe():
    """A pipe neither end of which blocks."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    yield ends
    for end in ends:
        os.close(end)


def slowly_read(descriptor, count):
    """Read `count` bytes a piece at a time."""
    pieces = []
    while sum(map(len, pieces)) < count:
        try:
            pieces.append(os.read(descriptor, 10_000))
        except BlockingIOError:
            time.sleep(0.001)
    return b"".join(pieces)


def test_everything_is_written_to_a_pipe_that_does_not_block(pipe):
    reading, writing = pipe
    counts = []
    writer = threading.Thread(target=lambda: counts.append(write_all(writing, DATA)))
    writer.start()
    assert slowly_read(reading, len(DATA)) == DATA
    writer.join()
    assert counts == [len(DATA)]


def test_everything_is_read_from_a_pipe_that_does_not_block(pipe):
    reading, writing = pipe
    stream = io.BufferedReader(DescriptorStream(reading, writes=False))
    writer = threading.Thread(target=write_all, args=(writing, DATA))
    writer.start()
    assert stream.read(len(DATA)) == DATA
    writer.join()


def test_short_writes_are_continued(monkeypatch, tmp_path):
    taken = []
    monkeypatch.setattr(os, "write", lambda _, data: taken.append(bytes(data[:7])) or len(data[:7]))
    assert write_all(99, memoryview(DATA)) == len(DATA)
    assert b"".join(taken) == DATA


def test_a_failure_is_raised():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left"):
            write_all(descriptor, DATA)
    finally:
        os.close(descriptor)


def test_a_file_can_be_sought(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        stream = io.BufferedReader(DescriptorStream(file.fileno(), writes=False))
        assert stream.seekable()
        stream.seek(256)
        assert stream.read() == DATA[256:]


def test_the_wait_for_a_writer_ends_with_an_interruption(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open_pipe(tmp_path / "pipe") as stream:
        interrupted.is_set = True
        try:
            with pytest.raises(FileError, match="interrupted"):
                stream.read()
        finally:
            interrupted.is_set = False


def test_a_named_pipe_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open_pipe(tmp_path / "pipe") as stream:
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(DATA,))
        writer.start()
        assert stream.read() == DATA
        writer.join()

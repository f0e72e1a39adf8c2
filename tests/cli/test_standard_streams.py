"""Standard streams as Node.js, asyncio and containers hand them over: nothing is lost."""

import os
import subprocess
import threading
from contextlib import closing

import numpy as np
import pytest
from processes import LONGEST, POOLCLI
from representatives import first


def read_all(descriptor):
    with open(descriptor, "rb") as stream:  # noqa: PTH123
        return stream.read()


@pytest.fixture
def array(tmp_path):
    """An array that is larger than a pipe's buffer, pooled or not."""
    x = np.random.default_rng(0).random((2, 256, 384)).astype(np.float32)
    np.save(tmp_path / "a.npy", x)
    return x


@pytest.mark.parametrize("unbuffered", first(1, ["", "1"]))
def test_an_output_through_a_pipe_that_does_not_block(tmp_path, array, unbuffered):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    environ = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    command = [*POOLCLI, "max", "-k", "2", "a.npy", "-o", "-", "-q"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=writing)
    os.close(writing)
    data = read_all(reading)
    assert process.wait(LONGEST) == 0
    (tmp_path / "b.npy").write_bytes(data)
    pooled = array.reshape(2, 128, 2, 192, 2).max((2, 4))
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), pooled)


def test_an_input_through_a_pipe_that_does_not_block(tmp_path, array):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    command = [*POOLCLI, "max", "-k", "2", "-", "-o", "b.npy", "-q"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=reading)
    os.close(reading)
    with closing(open(writing, "wb")) as stream:  # noqa: PTH123
        writer = threading.Thread(target=stream.write, args=((tmp_path / "a.npy").read_bytes(),))
        writer.start()
        writer.join()
    assert process.wait(LONGEST) == 0
    pooled = array.reshape(2, 128, 2, 192, 2).max((2, 4))
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), pooled)

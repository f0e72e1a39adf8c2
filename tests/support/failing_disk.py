"""Runs of poolcli on a disk that fails at a byte, or that tells what happens on it, in order."""

import errno
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).with_name("failing_disk.c")
# Runs poolcli in a forked child for each case, and prints of each: exit code, stderr, the bytes
# that were written, and what happened. A case is its words, what fails, and after how many.
RUN = """
import ctypes, importlib, json, os, sys
from poolcli.__main__ import run

for module in ("PIL.Image", "h5py", "zarr", "astropy.io.fits", "nibabel", "OpenEXR"):
    try:
        importlib.import_module(module)  # once, and not in each child
    except ImportError:
        pass

disk = ctypes.CDLL(os.environ["LD_PRELOAD"])
disk.bytes_taken.restype = ctypes.c_long
for line in sys.stdin:
    folder, words, stdout, what, count, number = json.loads(line)
    (errors, wrote), (events, happened) = os.pipe(), os.pipe()
    traced = os.open(os.environ["TRACED"], os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    child = os.fork()
    if not child:
        os.chdir(folder)
        sys.argv[1:] = words
        os.dup2(wrote, 2)
        os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        disk.watch(os.getcwd().encode())
        disk.trace(traced)
        if what:
            getattr(disk, what)(ctypes.c_long(count), number)
        try:
            run()
        finally:
            os.write(happened, b"%d" % disk.bytes_taken())
    os.close(wrote), os.close(happened)
    with os.fdopen(errors) as stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(events) as stream:
        size = int(stream.read() or -1)
    with os.fdopen(traced) as stream:
        stream.seek(0)
        print(json.dumps([code, text, size, stream.read()]), flush=True)
"""
FULL = errno.ENOSPC


class Ended(NamedTuple):
    """How a run ended: its exit code, stderr, bytes that it wrote, and what happened in order."""

    code: int
    err: str
    size: int
    events: list[list[str]]


class FailingDisk:
    """A folder as a disk; `run` runs poolcli in it."""

    folder = ""

    def __init__(self, library, traced):
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-W", "ignore", "-c", RUN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # as in its children: no file, which would have a place
            text=True,
            env=os.environ
            | {"LD_PRELOAD": str(library), "TRACED": str(traced), "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(self, words, what="", count=0, number=FULL, stdout="/dev/null"):
        """Run with `fail_after` or `fail_sync` after a count; what it said is checked."""
        case = [str(self.folder), shlex.split(words), stdout, what, count, number]
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        code, err, size, events = json.loads(self._process.stdout.readline())
        about = f"{words}, {what} {count}: {err}"
        assert "Traceback" not in err, about
        assert "Exception ignored" not in err, about
        assert "mistake in poolcli" not in err, about
        assert err.count("\n") == (code != 0), about
        return Ended(code, err, size, [line.split(" ", 1) for line in events.splitlines()])

    def end(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.stderr.close()
        assert self._process.wait() == 0


@pytest.fixture(scope="session")
def failing_process(tmp_path_factory):
    """A `FailingDisk` for all tests."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux loads a library before the C library so")
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("library")
    library = folder / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
    process = FailingDisk(library, folder / "traced")
    yield process
    process.end()


@pytest.fixture
def failing_disk(failing_process, tmp_path):
    """A `FailingDisk` in the folder `disk`."""
    failing_process.folder = tmp_path / "disk"
    failing_process.folder.mkdir()
    return failing_process

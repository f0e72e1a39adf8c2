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
# Runs poolcli in a forked child for each case, and prints of each: exit code, stderr, and what
# happened. A case is its words, what fails, and after how many. What a child has imported of
# poolcli and Pillow is imported here for the next ones, which then take a fifth of the time.
RUN = """
import ctypes, importlib, json, os, sys, time
from poolcli.__main__ import run

for module in ("PIL.Image", "h5py", "zarr", "astropy.io.fits", "nibabel", "OpenEXR"):
    try:
        importlib.import_module(module)
    except ImportError:
        pass

time.perf_counter = lambda: 0.0  # so that reports have the same bytes
disk = ctypes.CDLL(os.environ["LD_PRELOAD"])
known = set(sys.modules)
for line in sys.stdin:
    folder, words, stdout, what, count, number = json.loads(line)
    (errors, wrote), (modules, imported) = os.pipe(), os.pipe()
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
            new = [name for name in sys.modules if name.startswith(("poolcli.", "PIL."))]
            os.write(imported, json.dumps(list(set(new) - known)).encode())
    os.close(wrote), os.close(imported)
    with os.fdopen(errors) as stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(modules) as stream:
        for name in json.loads(stream.read() or "[]"):
            known.add(name)
            importlib.import_module(name)
    with os.fdopen(traced) as stream:
        stream.seek(0)
        print(json.dumps([code, text, stream.read()]), flush=True)
"""
FULL = errno.ENOSPC


class Ended(NamedTuple):
    """How a run ended: its exit code, stderr, and what happened to which file, in order.

    Beside the path of a write is the number of its bytes, and beside that of a name the new one.
    """

    code: int
    err: str
    events: list[tuple[str, str, str]]

    @property
    def writes(self):
        """The bytes of each write, in their order."""
        return [int(rest) for what, _, rest in self.events if what == "write"]

    @property
    def changes(self):
        """How many calls made, named, lengthened or synced a file."""
        return sum(what != "write" for what, _, _ in self.events)


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
        """Run with `fail_after` or its kind after a count; what it said is checked."""
        case = [str(self.folder), shlex.split(words), stdout, what, count, number]
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        code, err, events = json.loads(self._process.stdout.readline())
        about = f"{words}, {what} {count}: {err}"
        assert "Traceback" not in err, about
        assert "Exception ignored" not in err, about
        assert "mistake in poolcli" not in err, about
        assert err.count("\n") == (code != 0), about
        return Ended(code, err, [_event(line) for line in events.splitlines()])

    def end(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.stderr.close()
        assert self._process.wait() == 0


def _event(line):
    what, about = line.split(" ", 1)
    path, _, rest = about.partition("\t")
    return what, path, rest


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

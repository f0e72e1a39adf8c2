"""Run poolcli as a user would: in a folder of its own, in this process, and see what it printed.

What is left out is said in one line: what needs a library that is missing, most combinations of
parameters and random cases, and tests marked `complete`. With `--complete`, as in CI, everything is
run, and a missing library fails the run, so that no comparison can go stale unseen.
"""

import io
import os
import re
import signal
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image
from representatives import representatives

from poolcli.cli.main import main

os.environ["POOLCLI_CONFIG"] = ""  # no defaults of whoever runs the tests
# Compiling the modules is half of the start of a process, and tests start hundreds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
MISSING = re.compile(r"(\S+) (?:is|are) not installed")


def pytest_addoption(parser):
    parser.addoption(
        "--complete",
        action="store_true",
        help="run every case, and fail where a library to compare with is missing",
    )


def pytest_configure(config):
    count = 100 if config.option.complete else 10
    settings.register_profile(
        "poolcli", max_examples=count, derandomize=True, deadline=None, database=None
    )
    settings.load_profile("poolcli")
    # A shell lets what it starts in the background ignore Ctrl-C, and so would the commands here.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def is_extra(item):
    """Whether it is left to `--complete`: by its mark, or as one of many random cases."""
    seed = item.callspec.params.get("seed", 0) if hasattr(item, "callspec") else 0
    return item.get_closest_marker("complete") is not None or seed % 8 > 0


@pytest.hookimpl(trylast=True)  # so that `-k` chooses among all cases
def pytest_collection_modifyitems(config, items):
    if not config.option.complete:
        kept = set(representatives([item for item in items if not is_extra(item)]))
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


@pytest.fixture
def thinned(pytestconfig):
    """A function that keeps one of every four cases, or of as many, or with `--complete` all.

    It is the first of the first four, the second of the next, and so on, so that whatever else goes
    by the number of a case varies among those that are kept.
    """

    def thin(cases, of=4):
        every = 1 if pytestconfig.option.complete else of
        for number, case in enumerate(cases):
            if number % every == number // every % every:
                yield case

    return thin


def left_out(reporter):
    """What was skipped for want of a library: a set of places, for each library."""
    found = {}
    for report in reporter.stats.get("skipped", []):
        if library := MISSING.search(str(report.longrepr[2])):
            found.setdefault(library[1], set()).add(report.nodeid)
    return found


def pytest_terminal_summary(terminalreporter, config):
    found = left_out(terminalreporter)
    parts = [] if config.option.complete else ["what --complete adds"]
    if found:
        count = sum(map(len, found.values()))
        parts += [f"{count} tests or files that need {', '.join(sorted(found))}"]
    if parts:
        terminalreporter.write_line(f"left out: {', and '.join(parts)}")


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.option.complete and reporter and left_out(reporter) and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@dataclass
class Ran:
    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode()


@pytest.fixture
def cli(tmp_path, monkeypatch, capfdbinary):
    """`cli("max", "-k", 2, "a.png", stdin=b"...")` in tmp_path; asserts that no traceback shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # --max-memory raises it

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        assert b"Traceback" not in err
        return Ran(end.value.code or 0, out, err.decode())

    return run


@pytest.fixture
def rng():
    """A generator of random numbers, which are the same for each test in any order of tests."""
    return np.random.default_rng(8)


@pytest.fixture
def photo(tmp_path):
    """A small RGB picture, and its pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels

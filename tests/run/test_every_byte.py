"""A disk that is full at any byte of the output, of the log, or of the report."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("resource", reason="this system has no limits")
# Runs poolcli in a forked child for each number of bytes that a file may have, and prints of each:
# the number, the exit code, stderr, and the files that are left with their sizes.
RUN = """
import json, os, resource, sys
from pathlib import Path
from poolcli.__main__ import run

sys.argv[1:], stdout, limits = json.loads(sys.argv[1])
rows = []
for limit in limits:
    for path in Path().iterdir():
        if path.name != "x.npy":
            path.unlink()
    errors, end = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(end, 2)
        os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT), 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        run()
    os.close(end)
    with os.fdopen(errors) as stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sizes = {path.name: path.stat().st_size for path in Path().iterdir()}
    rows.append([limit, code, text, sizes])
print(json.dumps(rows))
"""


def outcomes(folder, words, limits, stdout="/dev/null"):
    np.save(folder / "x.npy", np.arange(48, dtype=np.uint8).reshape(6, 8))
    ran = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps([words.split(), stdout, list(limits)])],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    for limit, code, text, sizes in json.loads(ran.stdout):
        about = f"{limit} bytes: {text}"
        assert "Traceback" not in text, about
        assert "Exception ignored" not in text, about
        assert text.count("\n") <= (code != 0) * 2, about
        assert not [name for name in sizes if name.startswith(".")], about
        sizes.pop("x.npy")
        yield limit, code, text, sizes


@pytest.mark.complete
@pytest.mark.parametrize("target", ["y.npy", "y.png", "y.tif", "y.npz"])
def test_every_byte_of_an_output(tmp_path, target):
    words = f"max -k 1 x.npy -o {target} -q"
    ((_, code, _, whole),) = outcomes(tmp_path, words, [10**6])
    assert code == 0
    size = whole[target]
    for limit, code, text, sizes in outcomes(
        tmp_path, words, [*range(0, size, 29), size - 1, size]
    ):
        assert (code, sizes) == ((0, whole) if limit >= size else (1, {})), text
        assert code == 0 or "limits allow: choose another place" in text


@pytest.mark.complete
def test_every_byte_of_the_log(tmp_path):
    """The output is there, or it is not; what cannot be entered in the log is told."""
    words = "max -k 1 x.npy -o y.npy --resume log -q"
    ((_, code, _, whole),) = outcomes(tmp_path, words, [10**6])
    assert code == 0
    for limit, code, text, sizes in outcomes(tmp_path, words, range(0, whole["log"] + 1, 23)):
        if limit < whole["log"]:
            assert code in (1, 2), (limit, text)
            assert "limits allow: choose another place" in text
        assert sizes.get("y.npy", whole["y.npy"]) == whole["y.npy"]


@pytest.mark.complete
@pytest.mark.parametrize("style", ["table", "jsonl"])
def test_every_byte_of_the_report(tmp_path, style):
    words = f"max -k 1 x.npy -o y.npy --report {style}"
    ((_, code, _, whole),) = outcomes(tmp_path, words, [10**6], "report")
    assert code == 0
    lowest, most = whole["y.npy"], whole["report"]  # give or take the digits of a time
    for limit, code, text, _ in outcomes(tmp_path, words, range(lowest, most - 60, 41), "report"):
        assert code == 1, (limit, text)
        assert "limits allow" in text

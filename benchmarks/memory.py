"""What pooling needs beside its input and output: the growth of the peak, in a process of its own
(Linux).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import poolcli
from benchmarks.lines import Data, Line
from poolcli.analysis.bench.backends import VARIABLE, built

STATUS = Path("/proc/self/status")
BIG_MAPS = Data("float32", (64, 64, 160, 160), "NCHW")
BIG_PHOTO = Data("uint8", (12000, 12000, 3), "HWC")
LINES = (
    Line(BIG_MAPS, "max -k 2"),
    Line(BIG_MAPS, "max -k 3 -s 1 -p 1"),
    Line(BIG_MAPS, "avg -k 3 -s 2 -p 1"),
    Line(BIG_MAPS, "avg --global"),
    Line(BIG_PHOTO, "avg -k 2 --dtype uint8"),
    Line(BIG_PHOTO, "max -k 31 -s 1"),
)


@dataclass(frozen=True)
class Need:
    """Megabytes: of the arrays, and of what the peak grew by beyond the output, by backend."""

    line: str
    input: float
    output: float
    beyond: dict[str, float]


def name(line: Line) -> str:
    return f"memory of {line.name}"


def need(line: Line, most: int | None = None) -> Need:
    """Measured in new processes, one for each backend, whose peaks start low."""
    sizes = {backend: _bytes(line, backend, most) for backend in built()}
    read, written, _ = next(iter(sizes.values()))
    beyond = {backend: grown / 1e6 for backend, (_, _, grown) in sizes.items()}
    return Need(name(line), read / 1e6, written / 1e6, beyond)


def _bytes(line: Line, backend: str, most: int | None) -> list[int]:
    """The bytes of the input, of the output, and of the growth beyond it."""
    root = Path(__file__).parents[1]
    words = [
        sys.executable,
        "-m",
        "benchmarks.memory",
        line.text,
        line.data.dtype,
        line.data.layout,
    ]
    words += map(str, line.data.sizes(most))
    environment = os.environ | {VARIABLE: backend}
    done = subprocess.run(
        words, cwd=root, check=True, capture_output=True, text=True, env=environment
    )
    sizes: list[int] = json.loads(done.stdout)
    return sizes


def _main(text: str, dtype: str, layout: str, *sizes: str) -> None:
    """Print the bytes of input and output, and the growth of the peak beyond the output."""
    pipeline = poolcli.parse(text)
    pipeline(np.ones([min(int(size), 64) for size in sizes], dtype), layout)
    x = np.ones([int(size) for size in sizes], dtype)
    before = _peak()
    result = pipeline(x, layout)
    sys.stdout.write(json.dumps([x.nbytes, result.nbytes, _peak() - before - result.nbytes]))


def _peak() -> int:
    """The most memory this process had, in bytes (ru_maxrss would tell of its parent, too)."""
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return 1024 * int(fields["VmHWM"].split()[0])


if __name__ == "__main__":
    _main(*sys.argv[1:])

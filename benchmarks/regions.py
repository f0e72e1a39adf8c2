"""One large Zarr, pooled by poolcli and by dask.array.coarsen: time and peak memory (Linux).

Then one level of labels by poolcli, and four in one pass.

    python -m benchmarks.regions --gigabytes 2 --threads 2 --max-memory 256M

Each is a process of its own, one after the other, on the same store: chunks of 16 x 512 x 512
uint16, of which a third is empty. The peak is that of anonymous memory (RssAnon), sampled every ten
milliseconds; pages of files are not counted, which the system takes back when it needs them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

CHUNK = (16, 512, 512)
SIDE = 2048
_DASK = """
import dask, sys
import dask.array as da, numpy as np
source, target, threads = sys.argv[1:]
dask.config.set(scheduler="threads", num_workers=int(threads))
pooled = da.coarsen(np.max, da.from_zarr(source), {1: 2, 2: 2}).rechunk((16, 512, 512))
pooled.to_zarr(target)
"""


class Measured(NamedTuple):
    """Seconds, those of all cores together, and megabytes of anonymous memory at the peak."""

    seconds: float
    work: float
    peak: float


def main() -> None:
    """Print a row for each library, and whether both results are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-memory", default="256M")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        source = Path(folder) / "labels.zarr"
        write_labels(source, asked.gigabytes)
        for name, command in commands(source, asked).items():
            measured = measure(command)
            seconds, work, peak = measured
            print(f"{name:36} {seconds:8.1f} s {work:8.1f} s of cores {peak:8.0f} MB")
        print("the same values:", is_same(Path(folder)))


def commands(source: Path, asked: argparse.Namespace) -> dict[str, list[str]]:
    """What is run, by what it is called."""
    options = ["--layout", "DHW", "--max-memory", asked.max_memory, "-j", str(asked.threads), "-q"]
    poolcli = [sys.executable, "-m", "poolcli"]
    names = ("poolcli.zarr", "dask.zarr", "level.zarr", "levels.zarr")
    ours, theirs, level, levels = (str(source.with_name(name)) for name in names)
    one_level = f"mode -k 2 {source} -o {level}".split()
    all_levels = f"pyramid --op mode --levels 4 {source} -o {levels}".split()
    return {
        "poolcli max -k 1x2x2": [*poolcli, "max", "-k", "1x2x2", str(source), "-o", ours, *options],
        "dask.array.coarsen": [
            sys.executable,
            "-c",
            _DASK,
            str(source),
            theirs,
            str(asked.threads),
        ],
        "poolcli mode -k 2": [*poolcli, *one_level, *options],
        "poolcli pyramid --op mode --levels 4": [*poolcli, *all_levels, *options],
    }


def write_labels(path: Path, gigabytes: float) -> None:
    """A stack of labelled cells, a third of whose chunks hold nothing."""
    import zarr

    deep = max(1, round(gigabytes * 1e9 / (SIDE * SIDE * 2 * CHUNK[0]))) * CHUNK[0]
    array = zarr.create_array(str(path), shape=(deep, SIDE, SIDE), chunks=CHUNK, dtype="uint16")
    cells = np.random.default_rng(0).integers(0, 3000, (16, 64, 64)).astype(np.uint16)
    chunk = cells.repeat(8, axis=1).repeat(8, axis=2)
    places = np.ndindex(*(size // part for size, part in zip(array.shape, CHUNK, strict=True)))
    for place in places:
        if sum(place) % 3:
            where = tuple(
                slice(at * part, (at + 1) * part) for at, part in zip(place, CHUNK, strict=True)
            )
            array[where] = np.roll(chunk, place, (0, 1, 2))


def measure(command: list[str]) -> Measured:
    """Run a command to its end."""
    start, before, peak = time.perf_counter(), work(), 0
    process = subprocess.Popen(command)
    while process.poll() is None:
        peak = max(peak, anonymous(process.pid))
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return Measured(time.perf_counter() - start, work() - before, peak / 1000)


def work() -> float:
    """Seconds of all cores that processes which have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def anonymous(pid: int) -> int:
    """Kilobytes of anonymous memory of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def is_same(folder: Path) -> bool:
    """Whether both results have the same values."""
    import zarr

    ours, theirs = (zarr.open_array(str(folder / name)) for name in ("poolcli.zarr", "dask.zarr"))
    return all(
        np.array_equal(ours[at : at + CHUNK[0]], theirs[at : at + CHUNK[0]])
        for at in range(0, ours.shape[0], CHUNK[0])
    )


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

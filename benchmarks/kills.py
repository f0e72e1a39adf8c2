"""One large array whose run is killed again and again, to the bytes of an undisturbed one.

    python -m benchmarks.kills                            # 20 times under each executor
    python -m benchmarks.kills --megabytes 512 --kills 100 --seed 7
    python -m benchmarks.kills --step "pyramid --op mode --levels 3" --memory 32M

A Zarr is pooled region by region with `--resume`. At random moments the process gets SIGKILL, with
the processes that it has started; under Dask, whose cluster of two workers is a process of its own,
either it or one of the workers does. The same command is started again until it has been killed so
often, and then ends by itself. It fails where the store is not byte for byte that of an undisturbed
run, or anything else is left beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

EXECUTORS = ("threads", "processes", "dask")
STEP = "median -k 5 -s 2 -p 2"
LONGEST = 300.0  # seconds after which a run counts as hung
_PLANE = 512  # pixels on each side


class Killed(NamedTuple):
    """What it took until the array was done."""

    executor: str
    seconds: float
    kills: int
    workers: int
    regions: int


def main(words: Sequence[str] | None = None) -> None:
    """Kill runs under each executor, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--executor", choices=EXECUTORS, action="append")
    parser.add_argument("--memory", default="4M")
    parser.add_argument("--step", default=STEP)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(folder / "x.zarr", options.megabytes, options.seed)
        command = f"{options.step} --layout DHW x.zarr -j 2 --max-memory {options.memory} -q"
        start = time.perf_counter()
        finish(started(f"{command} -o whole.zarr", folder))
        print(f"undisturbed: {time.perf_counter() - start:.1f} s")
        for executor in options.executor or EXECUTORS:
            chance = random.Random(f"{options.seed} {executor}")
            killed = killed_runs(command, folder, executor, options.kills, chance)
            check_same(folder, executor)
            print(line_of(killed))


def make_input(path: Path, megabytes: int, seed: int) -> None:
    """Labels in chunks, of so many megabytes."""
    import zarr

    depth = max(2, (megabytes << 20) // (2 * _PLANE * _PLANE))
    shape, rng = (depth, _PLANE, _PLANE), np.random.default_rng(seed)
    array = zarr.create_array(str(path), shape=shape, dtype="u2", chunks=(8, 32, 32))
    for start in range(0, depth, 8):
        stop = min(start + 8, depth)
        array[start:stop] = rng.integers(0, 4000, (stop - start, _PLANE, _PLANE), np.uint16)


def killed_runs(
    command: str, folder: Path, executor: str, kills: int, chance: random.Random
) -> Killed:
    """Run a command until it ends by itself; it is killed so often, if it takes that long."""
    log = folder / f"{executor}.jsonl"
    command += f" -o {executor}.zarr --resume {log.name} --executor {executor}"
    start, done, workers = time.perf_counter(), 0, 0
    with cluster() if executor == "dask" else nullcontext() as found:
        command += f" --scheduler {found.scheduler_address}" if found else ""
        process = started(command, folder)
        while done < kills and not gone_on(process, log, chance.uniform(0, 0.2)):
            done += 1
            if found and chance.random() < 0.5:
                os.kill(chance.choice(pids_of(found)), signal.SIGKILL)
                workers += 1
                continue
            kill(process)
            process = started(command, folder)
        finish(process)
    check(done > 0, f"{executor}: all is done before a kill: give more --megabytes")
    return Killed(executor, time.perf_counter() - start, done, workers, regions_in(log))


# Processes -----------------------------------------------------------------------------------


@contextmanager
def cluster() -> Iterator[Any]:
    """A cluster of two workers, each a process that is replaced when it is lost."""
    from distributed import LocalCluster

    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": None}
    with LocalCluster(dashboard_address="127.0.0.1:0", silence_logs=50, **options) as found:
        yield found


def pids_of(found: Any) -> list[int]:
    """The processes of the workers, once some run."""
    until = time.monotonic() + LONGEST
    while not (pids := [nanny.pid for nanny in found.workers.values() if nanny.pid]):
        check(time.monotonic() < until, "no worker comes back")
        time.sleep(0.005)
    return pids


def started(command: str, folder: Path) -> subprocess.Popen[bytes]:
    """A run of poolcli with all that it starts in a group of its own."""
    words = [sys.executable, "-m", "poolcli", *command.split()]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        words,
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


def gone_on(process: subprocess.Popen[bytes], log: Path, pause: float) -> bool:
    """Wait until a run has entered another region, and a moment; whether it has ended."""
    before, until = regions_in(log), time.monotonic() + LONGEST
    while regions_in(log) == before and process.poll() is None:
        check(time.monotonic() < until, "a run hangs")
        time.sleep(0.005)
    time.sleep(pause)
    return process.poll() is not None


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a run and all processes that it has started, at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait until a run has ended well."""
    _, errors = process.communicate(timeout=LONGEST)
    check(process.returncode == 0, errors.decode(errors="replace"))


# What is there -------------------------------------------------------------------------------


def regions_in(log: Path) -> int:
    """How many regions a log has entered."""
    return log.read_bytes().count(b'{"region": ') if log.exists() else 0


def check_same(folder: Path, executor: str) -> None:
    """Compare with the undisturbed run, and look for what should not be there."""
    whole, found = (files_of(folder / f"{name}.zarr") for name in ("whole", executor))
    check(whole == found, f"{executor}: not the bytes of an undisturbed run")
    left = sorted(path.name for path in folder.glob(".*"))
    check(not left, f"{executor}: {', '.join(left)} is left")


def files_of(folder: Path) -> dict[str, bytes]:
    """The bytes of all files of a store."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def check(holds: bool, message: str) -> None:  # noqa: FBT001 - what is checked
    """Exit with a message unless something holds."""
    if not holds:
        sys.exit(message)


def line_of(killed: Killed) -> str:
    """What it took, in a line."""
    workers = f" ({killed.workers} of a worker)" if killed.workers else ""
    return (
        f"{killed.executor}: {killed.kills} kills{workers}, {killed.regions} regions written, "
        f"{killed.seconds:.1f} s: the same bytes"
    )


if __name__ == "__main__":
    main()

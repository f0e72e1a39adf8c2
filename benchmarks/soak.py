"""Runs that are killed and taken up again, two at once, until every file is done.

    python -m benchmarks.soak                             # a thousand files, under each executor
    python -m benchmarks.soak --files 50000 --seed 7      # an hour

For each executor two runs, each with a log of its own, write the results of the same inputs to one
folder. Again and again both get a signal at a random moment (SIGKILL, SIGTERM or SIGINT), and are
started anew with `--resume`, until both end by themselves. It fails where a run hangs, shows a
traceback, or ends with another code than it should; and where the folder holds one byte that is not
that of an undisturbed run, or one file more or less.
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
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

EXECUTORS = ("threads", "processes", "dask")
STEPS = {"max": "max -k 2", "median": "median -k 3 -s 2"}  # two runs at once
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
LONGEST = 300.0  # seconds after which a run counts as hung that was told to end, or does nothing
PER_FOLDER = 1000  # files


class Soaked(NamedTuple):
    """What it took until all was done."""

    executor: str
    seconds: float
    runs: int
    signals: Counter[str]


def main(words: Sequence[str] | None = None) -> None:
    """Soak under each executor, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--executor", choices=EXECUTORS, action="append")
    parser.add_argument("--disturbances", type=int, default=12, help="of each executor, at most")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    # A shell lets what it starts in the background ignore SIGINT, and so would the runs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder / "in", options.files, options.seed)
        start = time.perf_counter()
        for label in STEPS:
            run = started(folder, label, "expected", "threads", options.jobs)
            check_ended(run, folder / f"expected-{label}.log", (0,))
        undisturbed, expected = time.perf_counter() - start, digest(folder / "expected")
        count = 2 * options.files
        print(f"undisturbed: {count} results in {undisturbed:.1f} s")
        for executor in options.executor or EXECUTORS:
            span = max(3.0, undisturbed / 3)
            moments = [chance.uniform(0.2, span) for _ in range(options.disturbances)]
            runs = partial(started, folder, out=executor, executor=executor, jobs=options.jobs)
            soaked = soak(folder / executor, runs, moments, chance)
            found = digest(folder / executor)
            if found != expected:
                sys.exit(f"{executor}: {different(found, expected)}")
            print(line_of(soaked, count))


def make_inputs(folder: Path, count: int, seed: int) -> None:
    """Small arrays, each of its own values, in folders of a thousand."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        path = folder / f"{number // PER_FOLDER:03}" / f"{number:06}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, rng.integers(0, 256, (3, 24, 32), np.uint8))


def soak(
    out: Path,
    runs: Callable[[str], subprocess.Popen[str]],
    moments: Sequence[float],
    chance: random.Random,
) -> Soaked:
    """Start the runs, disturb them after each of so many seconds, and let them end."""
    start, count, sent = time.perf_counter(), 0, Counter[str]()
    left = set(STEPS)
    for moment in (*moments, None):
        running = {label: runs(label) for label in sorted(left)}
        count += len(running)
        if moment is not None:
            time.sleep(moment)
            for process in running.values():
                disturb(process, chance, sent)
        for label, process in running.items():
            log = out.with_name(f"{out.name}-{label}.log") if moment is None else None
            left -= {label} if is_done(process, log) else set()
        if not left:
            return Soaked(out.name, time.perf_counter() - start, count, sent)
    sys.exit(f"{out.name}: {', '.join(left)} is not done, undisturbed")


def started(folder: Path, label: str, out: str, executor: str, jobs: int) -> subprocess.Popen[str]:
    """A run that names its results by its label, in a process group of its own."""
    step, _, options = STEPS[label].partition(" ")
    words = [step, *options.split(), "-r", "in", "-o", f"{out}/", "--name", f"{{stem}}-{label}.npy"]
    words += ["--resume", f"{out}-{label}.log", "--executor", executor, "-j", str(jobs), "-q"]
    return subprocess.Popen(
        [sys.executable, "-m", "poolcli", *words],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONFAULTHANDLER": "1"},
    )


def disturb(process: subprocess.Popen[str], chance: random.Random, sent: Counter[str]) -> None:
    """Send a signal, unless the run has ended: to kill, to all of its processes."""
    if process.poll() is not None:
        return
    number = chance.choice(SIGNALS)
    sent[number.name] += 1
    if number == signal.SIGKILL:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def is_done(process: subprocess.Popen[str], log: Path | None) -> bool:
    """Whether a run ended because all was done; exits where it did not end as it should."""
    early = (130, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)
    return check_ended(process, log, (0, *early)) == 0


def check_ended(process: subprocess.Popen[str], log: Path | None, codes: Sequence[int]) -> int:
    """The exit code of a run, once it has ended; exits where it hangs, or says what it should not.

    It hangs where its log does not grow, or without a log if it was told to end and does not. A
    signal before poolcli has set its handlers ends Python as it always does.
    """
    errors, size = None, -1
    while errors is None:
        try:
            _, errors = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            before, size = size, log.stat().st_size if log and log.exists() else 0
            if log is None or size == before:
                show_hung(process)
    if process.returncode not in codes:
        sys.exit(f"exit code {process.returncode}: {process.args}\n{errors}")
    if process.returncode >= 0 and "Traceback" in errors:
        sys.exit(f"a traceback: {process.args}\n{errors}")
    return process.returncode


def show_hung(process: subprocess.Popen[str]) -> NoReturn:
    """End with what each thread of a run was doing."""
    process.send_signal(signal.SIGABRT)  # PYTHONFAULTHANDLER
    errors = ""
    with suppress(subprocess.TimeoutExpired):
        _, errors = process.communicate(timeout=10)
    os.killpg(process.pid, signal.SIGKILL)
    sys.exit(f"hung: {process.args}\n{errors}")


def digest(folder: Path) -> dict[str, str]:
    """A hash of every file of a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def different(found: dict[str, str], expected: dict[str, str]) -> str:
    """What one folder holds and the other does not."""
    changed = {name for name in found.keys() & expected.keys() if found[name] != expected[name]}
    more, less = found.keys() - expected.keys(), expected.keys() - found.keys()
    words = {"changed": changed, "too much": more, "missing": less}
    return "; ".join(f"{len(some)} {word}: {sorted(some)[:3]}" for word, some in words.items())


def line_of(soaked: Soaked, count: int) -> str:
    """The line that is printed of an executor."""
    sent = ", ".join(f"{number} {name}" for name, number in sorted(soaked.signals.items()))
    return (
        f"{soaked.executor}: {count} results as undisturbed, in {soaked.runs} runs and "
        f"{soaked.seconds:.1f} s; {sent or 'no signal'}"
    )


if __name__ == "__main__":
    main()

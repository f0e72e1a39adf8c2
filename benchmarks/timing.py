"""Calls timed in turn, and what the memory can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import perf_counter, sleep
from typing import Any

import numpy as np

from benchmarks.peers import CORES

Call = Callable[[], Any]
SAMPLE = 0.01  # seconds a sample lasts at least: a short call is repeated
PAUSE = 0.01  # seconds before a sample, so that the threads of the one before have stopped spinning


def interleaved(calls: Mapping[str, Call], repeats: int) -> dict[str, float]:
    """The median of each call in seconds, from samples taken in turn: A B C A B C."""
    numbers = {name: max(1, int(SAMPLE / sample(call))) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            samples[name].append(sample(call, numbers[name]))
    return {name: median(times) for name, times in samples.items()}


def sample(call: Call, number: int = 1) -> float:
    """Seconds for one of so many calls in a row."""
    sleep(PAUSE)
    start = perf_counter()
    for _ in range(number):
        call()
    return (perf_counter() - start) / number


@dataclass(frozen=True)
class Bandwidth:
    """Seconds for a byte, with all cores: to read it, and to write it."""

    read: float
    write: float

    def limit(self, read: int, written: int) -> float:
        """Seconds to read and to write so many bytes once."""
        return read * self.read + written * self.write

    def __str__(self) -> str:
        return f"reads {1e-9 / self.read:.0f} GB/s, copies {2e-9 / (self.read + self.write):.0f} GB/s"


def measured_bandwidth(size: int = 1 << 28, repeats: int = 7) -> Bandwidth:
    """The best of several reads (a maximum) and copies of an array that no cache holds."""
    parts = np.array_split(np.ones(size // 4, np.float32), CORES)
    copies = np.array_split(np.ones(size // 4, np.float32), CORES)
    with ThreadPoolExecutor(CORES) as threads:
        reading = min(sample(lambda: list(threads.map(np.max, parts))) for _ in range(repeats))
        copying = min(sample(lambda: list(threads.map(np.copyto, copies, parts))) for _ in range(repeats))
    return Bandwidth(reading / size, max(copying - reading, reading) / size)

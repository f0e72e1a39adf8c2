"""Calls timed in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, sleep
from typing import Any

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

"""Calls timed in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, sleep
from typing import Any

Call = Callable[[], Any]
SAMPLE = 0.01  # seconds a sample lasts at least: a short call is repeated
WARM = 0.05  # seconds of calls before that: threads are on processors of their own, and memory is at hand
PAUSE = 0.06  # seconds before these, so that the threads of others have stopped spinning (onnxruntime's take 50 ms)


def interleaved(calls: Mapping[str, Call], repeats: int) -> dict[str, float]:
    """The median of each call in seconds, from samples taken in turn: A B C A B C."""
    once = {name: sample(call) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            samples[name].append(
                sample(call, max(1, int(SAMPLE / once[name])), int(WARM / once[name]))
            )
    return {name: median(times) for name, times in samples.items()}


def sample(call: Call, number: int = 1, before: int = 0) -> float:
    """Seconds for one of so many calls in a row, after so many that do not count."""
    sleep(PAUSE)
    for _ in range(before):
        call()
    start = perf_counter()
    for _ in range(number):
        call()
    return (perf_counter() - start) / number

"""Time calls in turn, so that a change of the machine's speed meets all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, sleep
from typing import Any

TimedCall = Callable[[], Any]
SAMPLE = 0.01  # seconds of a sample at least, in which a short call is repeated
# Seconds of calls before a sample: threads spread over the processors, and memory is mapped.
WARM_UP = 0.05
PAUSE = 0.06  # seconds before that, for threads of other libraries: onnxruntime's spin for 50 ms


def interleaved(calls: Mapping[str, TimedCall], repeats: int) -> dict[str, float]:
    """The median of each call in seconds, of samples taken in the order A B C A B C."""
    once = {name: sample(call) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            samples[name].append(
                sample(call, max(1, int(SAMPLE / once[name])), int(WARM_UP / once[name]))
            )
    return {name: median(times) for name, times in samples.items()}


def sample(call: TimedCall, number: int = 1, before: int = 0) -> float:
    """Seconds of a call, the mean of `number` calls after `before` calls that are not timed."""
    sleep(PAUSE)
    for _ in range(before):
        call()
    start = perf_counter()
    for _ in range(number):
        call()
    return (perf_counter() - start) / number

"""One line timed with all who can do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import ModuleType

import numpy as np

from benchmarks.case import Case
from benchmarks.timing import Bandwidth, Call, interleaved, sample

CHOOSES = frozenset({"max", "min", "median", "mode"})  # what is chosen is the same to the bit
RELATIVE, ABSOLUTE = 1e-4, 1e-5  # what is computed in float32
LEVELS = 1  # what is rounded to whole numbers
PATIENCE = 2.0  # seconds after which a call is timed by its first run alone


@dataclass
class Timing:
    """Milliseconds of a line, by name; `notes` tell why a peer that has the operation does not count."""

    line: str
    poolcli: float
    limit: float
    peers: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def fastest(self) -> str | None:
        return min(self.peers, key=lambda name: self.peers[name], default=None)

    @property
    def ratio(self) -> float | None:
        """How many times as long the fastest peer takes."""
        return self.peers[self.fastest] / self.poolcli if self.fastest else None

    @property
    def share(self) -> float:
        """The part of the time that memory alone would take."""
        return self.limit / self.poolcli

    def __str__(self) -> str:
        times = sorted({"poolcli": self.poolcli, **self.peers}.items(), key=lambda pair: pair[1])
        return f"{self.line}: " + ", ".join(f"{name} {time:.3g}" for name, time in times)


def timed(case: Case, peers: Mapping[str, ModuleType], repeats: int, bandwidth: Bandwidth) -> Timing:
    """All peers that agree with poolcli, timed in turn with it."""
    expected = case.pool()
    calls: dict[str, Call] = {"poolcli": case.pool}
    slow, notes = {}, {}
    for name, peer in peers.items():
        if peer.can(case):
            try:
                way, seconds = quickest(case, peer, expected)
            except Exception as error:  # noqa: BLE001 (a peer may fail in any way: it is named, and the run goes on)
                notes[name] = f"{type(error).__name__}: {error}".splitlines()[0]
                continue
            if seconds > PATIENCE:
                slow[name] = seconds
            else:
                calls[name] = way
    times = {name: 1e3 * seconds for name, seconds in (interleaved(calls, repeats) | slow).items()}
    limit = 1e3 * bandwidth.limit(case.x.nbytes, expected.nbytes)
    return Timing(case.line.name, times.pop("poolcli"), limit, times, notes)


def quickest(case: Case, peer: ModuleType, expected: np.ndarray) -> tuple[Call, float]:
    """The peer's quickest way to the result, and its seconds; AssertionError where one gives another result."""
    seconds: dict[Call, float] = {}
    for way in peer.prepare(case):
        start = perf_counter()
        result = way()
        seconds[way] = perf_counter() - start
        check_equal(case, peer.read(case, result), expected)
        if seconds[way] > PATIENCE:
            break
        seconds[way] = min(sample(way) for _ in range(3))
    best = min(seconds, key=lambda way: seconds[way])
    return best, seconds[best]


def check_equal(case: Case, result: np.ndarray, expected: np.ndarray) -> None:
    """AssertionError that says how far a result is from poolcli's, where that is more than rounding."""
    if result.shape != expected.shape:
        raise AssertionError(f"shape {result.shape}, poolcli {expected.shape}")
    exact = case.op in CHOOSES
    relative = RELATIVE if expected.dtype.kind == "f" and not exact else 0
    absolute = 0 if exact else ABSOLUTE if expected.dtype.kind == "f" else LEVELS
    if not np.allclose(result, expected, relative, absolute):
        gap = np.abs(np.subtract(result, expected, dtype=np.float64))
        raise AssertionError(f"other values: {np.mean(gap > absolute):.1%} differ, by up to {gap.max():.3g}")

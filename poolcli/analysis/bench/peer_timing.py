"""poolcli timed next to all who can do the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import ModuleType

import numpy as np

from poolcli.analysis.bench.case import Case
from poolcli.analysis.bench.timing import Call, interleaved, sample
from poolcli.maps.array import Array

CHOOSES = frozenset({"max", "min", "median", "mode"})  # what is chosen is the same to the bit
RELATIVE, ABSOLUTE = 1e-4, 1e-5  # what is computed in float32
LEVELS = 1  # what is rounded to whole numbers
PATIENCE = 2.0  # seconds after which a call is timed by its first run alone


class OtherResult(Exception):
    """The result is another than poolcli's."""


@dataclass(frozen=True)
class Timing:
    """Milliseconds by name; `notes` tell why a peer that has the operation does not count."""

    poolcli: float
    peers: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def fastest(self) -> str | None:
        return min(self.peers, key=lambda name: self.peers[name], default=None)

    @property
    def ratio(self) -> float | None:
        """How many times as long the fastest peer takes."""
        return self.peers[self.fastest] / self.poolcli if self.fastest else None


def timed(case: Case, peers: Mapping[str, ModuleType], repeats: int) -> Timing:
    """All peers that agree with poolcli, timed in turn with it."""
    expected = case.pool()
    calls: dict[str, Call] = {"poolcli": case.pool}
    slow, notes = {}, {}
    for name, peer in peers.items():
        if can(peer, case):
            try:
                way, seconds = quickest(case, peer, expected)
            except OtherResult as error:
                notes[name] = str(error)
            except Exception as error:  # noqa: BLE001 (a peer may fail in any way: it is named, and the run goes on)
                notes[name] = f"{type(error).__name__}: {error}".splitlines()[0]
            else:
                if seconds > PATIENCE:
                    slow[name] = seconds
                else:
                    calls[name] = way
    times = {name: 1e3 * seconds for name, seconds in (interleaved(calls, repeats) | slow).items()}
    return Timing(times.pop("poolcli"), times, notes)


def can(peer: ModuleType, case: Case) -> bool:
    """Whether a peer has the operation, with all its options."""
    return not case.special and bool(peer.can(case))


def quickest(case: Case, peer: ModuleType, expected: Array) -> tuple[Call, float]:
    """The peer's quickest way to the result, and its seconds; OtherResult where one gives another."""
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


def check_equal(case: Case, result: Array, expected: Array) -> None:
    """OtherResult that says how far a result is from poolcli's, where that is more than rounding."""
    if result.shape != expected.shape:
        raise OtherResult(f"its shape is {result.shape}, poolcli's {expected.shape}")
    exact = case.op in CHOOSES
    relative = RELATIVE if expected.dtype.kind == "f" and not exact else 0
    absolute = 0 if exact else ABSOLUTE if expected.dtype.kind == "f" else LEVELS
    if not np.allclose(result, expected, relative, absolute, equal_nan=True):
        gap = np.abs(np.subtract(result, expected, dtype=np.float64))
        raise OtherResult(
            f"{np.mean(~(gap <= absolute)):.1%} of the values differ, by up to {np.nanmax(gap):.3g}"
        )

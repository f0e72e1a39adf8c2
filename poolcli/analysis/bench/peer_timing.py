"""Time poolcli next to other libraries, after checking that they give the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import ModuleType

import numpy as np

from poolcli.analysis.bench.backends import backend_restored, in_backend
from poolcli.analysis.bench.case import Case
from poolcli.analysis.bench.timing import TimedCall, interleaved, sample
from poolcli.maps.array import Array

# Results may differ by what other orders of float32 operations and other rules of rounding explain.
EXACT = frozenset({"max", "min", "median", "mode"})  # choose a value: no difference
RELATIVE, ABSOLUTE = 1e-4, 1e-5  # of floats
LEVELS = 1  # of integers: half-way cases are rounded up or down
PATIENCE = 2.0  # seconds of a call that is not repeated: seven repeats would take long enough


class OtherResult(Exception):
    """A library's result is another than poolcli's."""


@dataclass(frozen=True)
class Timing:
    """Milliseconds of poolcli by backend, and of peers by library.

    `notes` say why a peer with the operation has none.
    """

    poolcli: dict[str, float]
    peers: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def fastest(self) -> str | None:
        return min(self.peers, key=lambda name: self.peers[name], default=None)

    @property
    def ratios(self) -> dict[str, float]:
        """The time of the fastest peer, in times of each backend; empty without a peer."""
        if self.fastest is None:
            return {}
        least = self.peers[self.fastest]
        return {backend: least / ms for backend, ms in self.poolcli.items()}


def timed(
    case: Case, peers: Mapping[str, ModuleType], repeats: int, backends: Sequence[str]
) -> Timing:
    """Time the backends of poolcli and all peers that give its result, in turn."""
    expected = case.pool()
    calls: dict[str, TimedCall] = {
        backend: in_backend(backend, case.pooling(expected)) for backend in backends
    }
    slow, notes = {}, {}
    for name, peer in peers.items():
        if not can(peer, case):
            continue
        try:
            call, seconds = quickest(case, peer, expected)
        except OtherResult as error:
            notes[name] = str(error)
        except Exception as error:  # noqa: BLE001 - libraries raise errors of any kind
            notes[name] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            if seconds > PATIENCE:
                slow[name] = seconds
            else:
                calls[name] = call
    with backend_restored():
        seconds_by_name = interleaved(calls, repeats) | slow
    times = {name: 1e3 * seconds for name, seconds in seconds_by_name.items()}
    own = {backend: times.pop(backend) for backend in backends}
    return Timing(own, times, notes)


def can(peer: ModuleType, case: Case) -> bool:
    """Whether a peer has the operation, with all its options."""
    return not lacking(peer, case) and bool(peer.can(case))


def lacking(peer: ModuleType, case: Case) -> str:
    """The flag of an option that the peer does not have, or "".

    A peer names the options that it has, and others do not, in `HAS`.
    """
    return case.lacking(getattr(peer, "HAS", frozenset()))


def quickest(case: Case, peer: ModuleType, expected: Array) -> tuple[TimedCall, float]:
    """The peer's fastest call and its seconds; OtherResult where a call gives another result."""
    seconds: dict[TimedCall, float] = {}
    for call in peer.prepare(case):
        start = perf_counter()
        result = call()
        seconds[call] = perf_counter() - start
        check_equal(case, peer.read(case, result), expected)
        if seconds[call] > PATIENCE:
            break
        seconds[call] = min(sample(call) for _ in range(3))
    best = min(seconds, key=seconds.__getitem__)
    return best, seconds[best]


def check_equal(case: Case, result: Array, expected: Array) -> None:
    """Raise OtherResult, with the distance, for a result that is not poolcli's up to rounding."""
    if result.shape != expected.shape:
        raise OtherResult(f"its shape is {result.shape}, poolcli's {expected.shape}")
    relative, absolute = _tolerances(case, expected)
    if not np.allclose(result, expected, relative, absolute, equal_nan=True):
        gap = np.abs(np.subtract(result, expected, dtype=np.float64))
        raise OtherResult(
            f"{np.mean(~(gap <= absolute)):.1%} of the values differ, by up to {np.nanmax(gap):.3g}"
        )


def _tolerances(case: Case, expected: Array) -> tuple[float, float]:
    """The relative and the absolute difference that rounding explains."""
    if case.op in EXACT:
        return 0, 0
    return (RELATIVE, ABSOLUTE) if expected.dtype.kind == "f" else (0, LEVELS)

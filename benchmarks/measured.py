"""A line timed, next to what memory alone would take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from benchmarks.bandwidth import Bandwidth
from benchmarks.case import opened
from benchmarks.lines import Line
from poolcli.analysis.bench.backends import built
from poolcli.analysis.bench.peer_timing import Timing, timed


@dataclass(frozen=True, kw_only=True)
class Measured(Timing):
    """The milliseconds of a line; `limit` are those of reading the input and writing the output
    once.
    """

    line: str
    limit: float

    @property
    def share(self) -> float:
        """The part of the first backend's time that memory alone would take."""
        return self.limit / next(iter(self.poolcli.values()))

    def __str__(self) -> str:
        times = sorted({**self.poolcli, **self.peers}.items(), key=lambda pair: pair[1])
        return f"{self.line}: " + ", ".join(f"{name} {time:.3g}" for name, time in times)


def measured(
    line: Line,
    peers: Mapping[str, ModuleType],
    repeats: int,
    bandwidth: Bandwidth,
    most: int | None = None,
) -> Measured:
    """A line with every backend, and all peers that agree."""
    with opened(line, most) as case:
        limit = 1e3 * bandwidth.limit(case.x.nbytes, case.pool().nbytes)
        return Measured(line=line.name, limit=limit, **vars(timed(case, peers, repeats, built())))

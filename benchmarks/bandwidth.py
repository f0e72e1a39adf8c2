"""What the memory can do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from poolcli.analysis.bench.timing import sample
from poolcli.resources.threads import cores


@dataclass(frozen=True)
class Bandwidth:
    """Seconds for a byte, with all cores: to read it, and to write it."""

    read: float
    write: float

    def limit(self, read: int, written: int) -> float:
        """Seconds to read and to write so many bytes once."""
        return read * self.read + written * self.write

    def __str__(self) -> str:
        return (
            f"reads {1e-9 / self.read:.0f} GB/s, copies {2e-9 / (self.read + self.write):.0f} GB/s"
        )


def measured_bandwidth(size: int = 1 << 28, repeats: int = 7) -> Bandwidth:
    """The best of several reads (a maximum) and copies of an array that no cache holds."""
    parts = np.array_split(np.ones(size // 4, np.float32), cores())
    copies = np.array_split(np.ones(size // 4, np.float32), cores())
    with ThreadPoolExecutor(cores()) as threads:
        reading = min(sample(lambda: list(threads.map(np.max, parts))) for _ in range(repeats))
        copying = min(
            sample(lambda: list(threads.map(np.copyto, copies, parts))) for _ in range(repeats)
        )
    return Bandwidth(reading / size, max(copying - reading, reading) / size)

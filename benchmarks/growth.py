"""What a larger window costs at stride 1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

import poolcli
from poolcli.analysis.bench.backends import backend_restored, in_backend
from poolcli.analysis.bench.timing import interleaved

KERNELS = (3, 7, 15, 31, 63)
OPS = ("max", "min", "avg")


@dataclass(frozen=True)
class Growth:
    """Milliseconds of a backend for each kernel."""

    line: str
    backend: str
    kernels: dict[int, float]

    @property
    def ratio(self) -> float:
        """The largest window against the smallest."""
        return self.kernels[max(self.kernels)] / self.kernels[min(self.kernels)]


def name(op: str) -> str:
    return f"growth of {op} with k, stride 1, float32 4096x4096"


def growth(op: str, backend: str, repeats: int, size: int = 4096) -> Growth:
    x = np.random.default_rng(0).random((size, size), "float32")
    calls = {
        str(k): in_backend(backend, partial(poolcli.parse(f"{op} -k {k} -s 1"), x)) for k in KERNELS
    }
    with backend_restored():
        for call in calls.values():
            call()
        seconds = interleaved(calls, repeats)
    return Growth(name(op), backend, {int(k): 1e3 * each for k, each in seconds.items()})

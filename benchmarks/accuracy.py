"""How far float32 averages are from float64 ones, next to PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np

import poolcli
from poolcli.analysis.bench.backends import backend_restored, built, in_backend

VALUES = {
    "random values": lambda random, count: random.random(count, "float32"),
    "large values, small differences": lambda random, count: (1e6 + random.random(count)).astype(
        "float32"
    ),
}
WINDOWS = ("global", "k 1000")


@dataclass(frozen=True)
class Error:
    """The largest difference from the float64 average: of poolcli by backend, and of PyTorch."""

    line: str
    poolcli: dict[str, float]
    torch: float | None


def name(values: str, windows: str, count: int = 10**7) -> str:
    return f"accuracy of avg, {count:.0e} {values}, {windows}".replace("e+0", "e")


def error(values: str, windows: str, count: int = 10**7) -> Error:
    x = VALUES[values](np.random.default_rng(0), count)
    kernel = count if windows == "global" else 1000
    exact = x.reshape(-1, kernel).mean(axis=1, dtype=np.float64)
    text = "avg --global" if windows == "global" else f"avg -k {kernel}"
    pool = partial(poolcli.parse(text), x, "L")
    with backend_restored():
        ours = {backend: _largest(in_backend(backend, pool)() - exact) for backend in built()}
    theirs = _largest(_torch(x, kernel) - exact) if find_spec("torch") else None
    return Error(name(values, windows, count), ours, theirs)


def _largest(difference: np.ndarray) -> float:
    return float(np.abs(difference).max())


def _torch(x: np.ndarray, kernel: int) -> np.ndarray:
    import torch

    values = torch.from_numpy(x)
    if kernel == len(x):
        return values.mean().numpy()
    return torch.nn.functional.avg_pool1d(values[None], kernel)[0].numpy()

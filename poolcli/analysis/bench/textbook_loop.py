"""The loop of the textbook: each window is cut out and reduced by the definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from time import perf_counter
from typing import Any

import numpy as np

from poolcli.analysis.bench.case import EVEN, Case
from poolcli.analysis.bench.peer_timing import OtherResult, check_equal
from poolcli.maps.array import Array
from poolcli.pipeline.step import Step

SECONDS = 0.5  # after which the loop stops; the time of all windows is extrapolated
CLOCK_INTERVAL = 16  # windows between two readings of the clock
CHOOSING = ("max", "min", "mode")  # operations that need no float64 to be exact

FORMULAS: dict[str, Callable[[Array, Step], Any]] = {
    "max": lambda x, _: x.max(),
    "min": lambda x, _: x.min(),
    "sum": lambda x, _: x.sum(),
    "avg": lambda x, _: x.mean(),
    "range": lambda x, _: x.max() - x.min(),
    "std": lambda x, _: x.std(),
    "var": lambda x, _: x.var(),
    "l2": lambda x, _: np.sqrt((x**2).mean()),
    "lp": lambda x, step: (np.abs(x) ** step["norm"]).sum() ** (1 / step["norm"]),
    "gem": lambda x, step: (np.maximum(x, 1e-6) ** step["norm"]).mean() ** (1 / step["norm"]),
    "lse": lambda x, step: (
        x.max() + np.log(np.exp(step["sharpness"] * (x - x.max())).mean()) / step["sharpness"]
    ),
    "soft": lambda x, _: np.average(x, weights=np.exp(x - x.max())),
    "mixed": lambda x, step: step["alpha"] * x.max() + (1 - step["alpha"]) * x.mean(),
    "median": lambda x, step: np.quantile(x, 0.5, method=step["interpolation"]),
    "quantile": lambda x, step: np.quantile(x, step["q"], method=step["interpolation"]),
    "trimmed": lambda x, step: _trimmed_mean(x, step["trim"]),
    "fraction": lambda x, step: np.isin(x, step["of"]).mean(),
    "mode": lambda x, _: _most_frequent(x),
}


@dataclass(frozen=True)
class LoopTiming:
    """Milliseconds for all windows, of which `part` was timed.

    `ms` is None where there is no loop, or its result is another; the note says which.
    """

    ms: float | None
    agrees: bool | None = True
    note: str = ""
    part: float = 1.0


def textbook_loop(case: Case, expected: Array, seconds: float = SECONDS) -> LoopTiming:
    """Run the loop over all windows, or over as many as it does in so many seconds."""
    if why := _no_loop(case):
        return LoopTiming(None, None, why)
    out = np.empty(case.planes.shape[:2] + case.cells, expected.dtype)
    start = perf_counter()
    done = _fill(out, case, start + seconds)
    ms = 1e3 * (perf_counter() - start) * out.size / done
    try:
        check_equal(case, out.ravel()[:done], case.planed(expected).ravel()[:done])
    except OtherResult as error:
        return LoopTiming(None, agrees=False, note=str(error))
    return LoopTiming(ms, part=done / out.size)


def _no_loop(case: Case) -> str:
    """Why there is no loop for the case, "" if there is one."""
    windows = case.step.windows
    if case.op not in FORMULAS:
        return f"{case.op} is no formula over windows"
    if windows is None or windows.name not in EVEN:
        return f"{windows.name if windows else 'these'} windows are more than a loop"
    option = case.special
    if not option and ("count_include_pad", True) in case.step.options:
        option = "--count-include-pad"
    return f"the textbook has no {option}" if option else ""


def _fill(out: Array, case: Case, deadline: float) -> int:
    """Write results until the deadline; returns their number."""
    formula, step, planes = FORMULAS[case.op], case.step, case.planes
    cells = [_windows(case, axis) for axis in range(len(case.cells))]
    rounded = np.asarray if out.dtype.kind == "f" else np.rint
    for done, index in enumerate(np.ndindex(*out.shape)):
        if done % CLOCK_INTERVAL == 0 and done and perf_counter() > deadline:
            return done
        window = planes[index[:2]][tuple(cells[axis][cell] for axis, cell in enumerate(index[2:]))]
        values = window if case.op in CHOOSING else window.astype(np.float64)
        out[index] = rounded(formula(values, step))
    return prod(out.shape)


def _windows(case: Case, axis: int) -> list[slice]:
    """The windows of one axis, clipped to the map."""
    size, count = case.sizes[axis], case.cells[axis]
    if case.step["global"]:
        return [slice(0, size)]
    if case.step["adaptive"]:
        return [
            slice(cell * size // count, -(-(cell + 1) * size // count)) for cell in range(count)
        ]
    gap = case.step["dilation"][axis % len(case.step["dilation"])]
    starts = [cell * case.stride[axis] - case.padding[axis][0] for cell in range(count)]
    return [
        slice(start % gap if start < 0 else start, start + case.kernel[axis], gap)
        for start in starts
    ]


def _trimmed_mean(x: Array, share: float) -> Any:
    cut = int(share * x.size)
    return np.sort(x, axis=None)[cut : x.size - cut].mean()


def _most_frequent(x: Array) -> Any:
    values, counts = np.unique(x, return_counts=True)
    return values[counts.argmax()]

"""The loop of the textbook: every window cut out and reduced by itself, as the definition says."""

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

SECONDS = 0.5  # after which the loop stops: the rest would take as long for each window
BETWEEN = 16  # windows between two looks at the clock
PICKS = ("max", "min", "mode")  # exact for any number

FORMULAS: dict[str, Callable[[Array, Step], Any]] = {
    "max": lambda x, _: x.max(),
    "min": lambda x, _: x.min(),
    "sum": lambda x, _: x.sum(),
    "avg": lambda x, _: x.mean(),
    "range": lambda x, _: x.max() - x.min(),
    "std": lambda x, _: x.std(),
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
    "mode": lambda x, _: _most_frequent(x),
}


@dataclass(frozen=True)
class Loop:
    """Milliseconds for all windows; `part` of them was timed. Without time where there is no loop, or it disagrees."""

    ms: float | None
    agrees: bool | None = True
    note: str = ""
    part: float = 1.0


def textbook(case: Case, expected: Array, seconds: float = SECONDS) -> Loop:
    """The loop over all windows, or over as many as it does in so many seconds."""
    if why := _no_loop(case):
        return Loop(None, None, why)
    out = np.empty(case.planes.shape[:2] + case.cells, expected.dtype)
    start = perf_counter()
    done = _fill(out, case, start + seconds)
    ms = 1e3 * (perf_counter() - start) * out.size / done
    try:
        check_equal(case, out.ravel()[:done], case.planed(expected).ravel()[:done])
    except OtherResult as error:
        return Loop(None, agrees=False, note=str(error))
    return Loop(ms, part=done / out.size)


def _no_loop(case: Case) -> str:
    """Why there is none."""
    windows = case.step.windows
    if case.op not in FORMULAS:
        return f"{case.op} is no formula over windows"
    if windows is None or windows.name not in EVEN:
        return f"{windows.name if windows else 'these'} windows are more than a loop"
    special = case.special or (
        "--count-include-pad" if ("count_include_pad", True) in case.step.options else ""
    )
    return f"the textbook has no {special}" if special else ""


def _fill(out: Array, case: Case, deadline: float) -> int:
    """Write results until the deadline; how many there are."""
    formula, step, planes = FORMULAS[case.op], case.step, case.planes
    cells = [_windows(case, axis) for axis in range(len(case.cells))]
    kept = np.asarray if out.dtype.kind == "f" else np.rint
    for done, index in enumerate(np.ndindex(*out.shape)):
        if done % BETWEEN == 0 and done and perf_counter() > deadline:
            return done
        window = planes[index[:2]][tuple(cells[axis][cell] for axis, cell in enumerate(index[2:]))]
        out[index] = kept(formula(window if case.op in PICKS else window.astype(np.float64), step))
    return prod(out.shape)


def _windows(case: Case, axis: int) -> list[slice]:
    """Where the windows of one axis begin and end, clipped to the map."""
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


def _most_frequent(x: Array) -> Any:
    values, counts = np.unique(x, return_counts=True)
    return values[counts.argmax()]

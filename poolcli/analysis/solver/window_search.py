"""Search for the sliding windows that make one size of another, the least wasteful first.

Windows waste the pixels that two of them share or that lie between them, padding, and pixels that
no window reads. `candidates` come in the order of the first two; the grid that pooling itself uses
decides which of them make the cells, and counts the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import islice, product

from poolcli.analysis.solver.axis_windows import ENDS, AxisTarget, AxisWindows, Solution
from poolcli.analysis.solver.candidates import candidates

RANKED_ENDS = (*ENDS, "same-lower")  # of equal waste, the usual ends come first


def search(targets: Sequence[AxisTarget], ends: Sequence[str], limit: int) -> list[Solution]:
    """The least wasteful windows that make these sizes, at most `limit`.

    >>> [axis.kernel for axis, in search([AxisTarget(224, 7)], ["floor"], 3)]
    [32, 33, 32]
    """
    with_floor, alone = "floor" in ends, len(targets) == 1
    solutions = []
    for end in ends:
        best = (_best(axis, end, limit, only_differing=with_floor and alone) for axis in targets)
        solutions += [
            axes
            for axes in product(*best)
            if end == "floor" or not with_floor or end_matters(axes, targets)
        ]
    return sorted(solutions, key=rank_of)[:limit]


def rank_of(solution: Solution) -> tuple[int, ...]:
    """Sorts by the waste of all axes together, then floor before ceil before same."""
    total = tuple(map(sum, zip(*(axis.rank for axis in solution), strict=True)))
    return total[0], total[1], RANKED_ENDS.index(solution[0].end), *total[2:]


def end_matters(solution: Solution, targets: Sequence[AxisTarget]) -> bool:
    """Whether the windows would be others if they ended as floor does."""
    if solution[0].padding_word:
        return any(axis.outside for axis in solution)
    return any(
        axis.cells(target.length, "floor") != target.cells
        for axis, target in zip(solution, targets, strict=True)
    )


def _best(axis: AxisTarget, end: str, limit: int, *, only_differing: bool) -> list[AxisWindows]:
    """The best windows of an axis with this end, or only those that floor cannot make."""
    ranked = (
        windows
        for windows in _ranked(axis, end)
        if not only_differing or end in ENDS[:2] or windows.outside
    )
    best = list(islice(ranked, limit))
    if end != "ceil" or only_differing:
        return best
    # Beside an axis that needs ceil, another may have windows that end alike under both.
    floors = _best(axis, "floor", limit, only_differing=True)
    alike = [replace(windows, end=end) for windows in floors]
    return best + [windows for windows in alike if windows.cells(axis.length) == axis.cells]


def _ranked(axis: AxisTarget, end: str) -> Iterator[AxisWindows]:
    """All windows that make the cells, by rank: each is held back until no better can come."""
    waiting: list[tuple[tuple[int, ...], int, AxisWindows]] = []
    for number, (least_waste, windows) in enumerate(candidates(axis, end)):
        while waiting and waiting[0][0][0] < least_waste:
            yield heappop(waiting)[2]
        if windows.cells(axis.length) == axis.cells:
            measured = windows.measured(axis.length)
            heappush(waiting, (measured.rank, number, measured))
    while waiting:
        yield heappop(waiting)[2]

"""Search for steps that make one size of another when the same step comes several times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from poolcli.analysis.solver.axis_windows import NUMERIC_ENDS, AxisTarget, AxisWindows, Solution
from poolcli.analysis.solver.window_search import end_matters, rank_of

Steps = tuple[Solution, ...]


def repeated(
    targets: Sequence[AxisTarget], ends: Sequence[str], times: int, limit: int
) -> list[Steps]:
    """The least wasteful steps, the same along all axes and so many times.

    >>> (steps,) = repeated([AxisTarget(224, 56)], ["floor"], 2, 1)
    >>> [axis.kernel for axis, in steps]
    [2, 2]
    """
    found = []
    for windows in _step_candidates(targets, ends, times):
        chain = _chain(windows, targets, times)
        if not chain:
            continue
        is_other_than_floor = windows.end == "floor" or "floor" not in ends
        if is_other_than_floor or any(end_matters(*step) for step in chain):
            found.append(tuple(solution for solution, _ in chain))
    return sorted(found, key=_rank)[:limit]


def _rank(steps: Steps) -> tuple[int, ...]:
    return tuple(map(sum, zip(*map(rank_of, steps), strict=True)))


def _step_candidates(
    targets: Sequence[AxisTarget], ends: Sequence[str], times: int
) -> Iterator[AxisWindows]:
    """Kernels and strides up to about twice the factor by which a step shrinks an axis."""
    first = targets[0]
    factor = int(max((axis.length / axis.cells) ** (1 / times) for axis in targets))
    kernels = range(1, 2 * factor + 4) if first.kernel is None else [first.kernel]
    strides = first.strides[: 2 * factor + 3]
    for kernel, stride, end in product(kernels, strides, ends):
        paddings = replace(first, kernel=kernel).paddings if end in NUMERIC_ENDS else range(1)
        for padding in paddings:
            yield AxisWindows(kernel, stride, padding, end, first.dilation)


def _chain(
    windows: AxisWindows, targets: Sequence[AxisTarget], times: int
) -> list[tuple[Solution, Sequence[AxisTarget]]]:
    """The windows of each step and what they make; nothing where the end is another size."""
    lengths = [axis.length for axis in targets]
    steps: list[tuple[Solution, Sequence[AxisTarget]]] = []
    for _ in range(times):
        cells = [count for length in lengths if (count := windows.cells(length))]
        if len(cells) < len(lengths):
            return []
        axes = [AxisTarget(*sizes) for sizes in zip(lengths, cells, strict=True)]
        steps.append((tuple(windows.measured(length) for length in lengths), axes))
        lengths = cells
    return steps if lengths == [axis.cells for axis in targets] else []

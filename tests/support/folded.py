"""The definition of a fold and of ranks, window by window in plain loops."""

from itertools import product

import numpy as np

from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.runs import Run


def tree(merge, taps):
    """T(n) of a list of taps: halves of an even number, and all but the last of an odd one."""
    if len(taps) == 1:
        return taps[0]
    head = len(taps) - 1 if len(taps) % 2 else len(taps) // 2
    return merge(tree(merge, taps[:head]), tree(merge, taps[head:]))


def folded(merge, x, grid):
    """Every window of (..., *map) folded axis by axis, the outermost first."""
    for at, axis in enumerate(grid.axes, start=-len(grid.axes)):
        lines = np.moveaxis(x, at, 0)
        cells = [
            tree(merge, [lines[tap] for tap in taps_of(axis, cell)]) for cell in range(axis.cells)
        ]
        x = np.moveaxis(np.stack(cells), 0, at)
    return x


def taps_of(axis, cell):
    """The pixels of a cell along an axis."""
    for run in axis.runs:
        number, rest = divmod(cell - run.cell, run.every)
        if rest == 0 and 0 <= number < run.number:
            start = run.start + number * run.stride
            return range(start, start + run.size * run.step, run.step)
    raise AssertionError(f"cell {cell} belongs to no run")


def windows(x, grid):
    """(index of the cell, its pixels) for every window of every plane of (..., *map)."""
    lead = x.shape[: -len(grid.axes)]
    for plane in product(*map(range, lead)):
        for cell in product(*map(range, grid.shape)):
            taps = [taps_of(axis, at) for axis, at in zip(grid.axes, cell, strict=True)]
            yield (*plane, *cell), (*plane, *np.ix_(*taps))


def random_axis(random, length):
    """An axis of a few runs of any kind whose cells lie anywhere in the axis."""
    every = int(random.integers(1, 3))
    numbers = sorted((int(random.integers(1, 6)) for _ in range(every)), reverse=True)
    numbers = [max(numbers[0] - (number < numbers[0]), 1) for number in numbers]
    runs = []
    for cell, number in enumerate(numbers):
        step = int(random.integers(1, 4))
        size = int(random.integers(1, max(2, min(12, (length - 1) // step + 1) + 1)))
        size = min(size, (length - 1) // step + 1)
        spare = length - ((size - 1) * step + 1)
        stride = int(random.integers(1, 6))
        if number > 1:
            stride = min(stride, spare // (number - 1))
        if stride == 0:
            return random_axis(random, length)
        start = int(random.integers(0, spare - (number - 1) * stride + 1))
        runs.append(Run(cell, number, start, stride, size, size, step, every))
    if any(numbers[at] != numbers[0] for at in range(every)) and numbers[-1] not in (
        numbers[0],
        numbers[0] - 1,
    ):
        return random_axis(random, length)
    largest = max(run.size for run in runs)
    return Axis(sum(numbers), tuple(runs), largest, largest, runs[0].stride)


def random_grid(random, space):
    """A grid of such axes over a map of this size."""
    return Grid(tuple(random_axis(random, length) for length in space))

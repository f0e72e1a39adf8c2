"""A window in parts that come in any order has the bits of the whole."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from poolcli.engine.operations.operation import Pooling
from poolcli.engine.operations.part_collector import PartCollector, parts_of
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules, counted
from poolcli.engine.operations.window_parts import Weighing, Window
from poolcli.engine.reducers import folds
from poolcli.engine.windows.adaptive import Adaptive
from poolcli.engine.windows.fold_tree import FoldTree
from poolcli.maps.frame import Frame

SPACE = (13, 22)
REDUCERS = {
    "max": folds.max,
    "sum": folds.sum,
    "avg": partial(folds.avg, count_include_pad=False, divisor=None),
    "std": folds.std,
    "lse": partial(folds.lse, sharpness=2.0),
}


@pytest.mark.parametrize("most", [(1, 1), (3, 2), (4, 30), (40, 5)])
@pytest.mark.parametrize("nan", ["propagate", "ignore"])
@pytest.mark.parametrize("name", REDUCERS)
def test_any_cut_in_any_order(rng, name, nan, most):
    planes = rng.standard_normal((2, *SPACE)).astype(np.float32)
    planes[1, 3:9, ::4] = np.nan
    rules, place = ValueRules(np.float32, nan=nan), Adaptive((1,))
    expected = Pooling(place, REDUCERS[name])(planes, Frame(None, 2, SPACE), rules)
    grid = place.grid(SPACE)
    weighing = Weighing(weighed=rules.picky, picky=rules.picky)
    window = Window(grid, grid, (slice(0, 1), slice(0, 1)))
    parts = parts_of(window, REDUCERS[name], rules, (planes.dtype, weighing))
    trees = tuple(FoldTree(size, part) for size, part in zip(SPACE, most, strict=True))
    collector = PartCollector(parts, trees)
    leaves = list(product(*(tree.leaves for tree in trees)))
    states = []
    for number in rng.permutation(len(leaves)):
        at = tuple(slice(leaf.start, leaf.start + leaf.number) for leaf in leaves[number])
        pixels = counted(MaskedPixels(planes[(slice(None), *at)], None, None), rules)
        states.append(collector.put(leaves[number], pixels))
    assert all(state is None for state in states[:-1])
    made = parts.finished(states[-1])
    assert made.tobytes() == expected.tobytes()


def test_the_leaves_of_a_tree_are_the_window():
    for number, most in product(range(1, 40), range(1, 9)):
        leaves = FoldTree(number, most).leaves
        taps = [tap for leaf in leaves for tap in range(leaf.start, leaf.start + leaf.number)]
        assert taps == list(range(number))
        assert max(leaf.number for leaf in leaves) <= most + 1

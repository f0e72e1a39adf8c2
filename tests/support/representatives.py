"""Of a test with several parameters, a few cases in which each value of each parameter occurs."""

from collections import Counter

import pytest


def representatives(items):
    """The tests that stand for all: every value of a single parameter, a diagonal of several."""
    grids = {}
    for item in items:
        grids.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for grid in grids.values():
        yield from diagonal(grid) if hasattr(grid[0], "callspec") else grid


def diagonal(grid):
    """Cases chosen one by one: that of the most values not seen so far, then of the rarest."""
    values = {item: values_of(item) for item in grid}
    seen = Counter()
    missing = set().union(*values.values())
    while missing:
        item = max(
            values,
            key=lambda item: (
                len(missing & values[item]),
                -sum(seen[value] for value in values[item]),
            ),
        )
        chosen = values.pop(item)
        missing -= chosen
        seen.update(chosen)
        yield item


def values_of(item):
    """What a case has of each `parametrize`, and of each fixture with parameters."""
    given = item.callspec.params
    marked = [names_of(mark) for mark in item.iter_markers("parametrize")]
    fixtures = [(name,) for name in given if name not in set().union(*marked)]
    return {(names, *(id(given[name]) for name in names)) for names in [*marked, *fixtures]}


def names_of(mark):
    """The names of the parameters that a mark `parametrize` gives together."""
    names = mark.args[0]
    return tuple(part.strip() for part in names.split(",")) if isinstance(names, str) else names


def first(count, cases):
    """Cases for `parametrize`, of which those after the first `count` are left to `--complete`."""
    cases = [case if isinstance(case, tuple) else (case,) for case in cases]
    rest = [pytest.param(*case, marks=pytest.mark.complete) for case in cases[count:]]
    return [*(pytest.param(*case) for case in cases[:count]), *rest]

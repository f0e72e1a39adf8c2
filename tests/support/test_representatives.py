"""The cases that stand for a grid of parameters."""

from types import SimpleNamespace

from representatives import first, representatives

OPS, SIZES = ("max", "min", "avg", "sum"), [(1, 2), (3, 4)]


class Case(SimpleNamespace):
    """A test as pytest collects it."""

    def __hash__(self):
        return id(self)

    def iter_markers(self, name):
        return [SimpleNamespace(args=["op"]), SimpleNamespace(args=["height, width"])]


def grid():
    return [
        Case(
            nodeid=f"test[{op}-{height}-{width}]",
            callspec=SimpleNamespace(params={"op": op, "height": height, "width": width}),
        )
        for op in OPS
        for height, width in SIZES
    ]


def test_a_diagonal_has_each_value_of_each_parameter():
    chosen = [case.nodeid for case in representatives(grid())]
    assert chosen == ["test[max-1-2]", "test[min-3-4]", "test[avg-1-2]", "test[sum-3-4]"]


def test_a_test_without_parameters_stands_for_itself():
    single = [Case(nodeid="one"), Case(nodeid="two")]
    assert list(representatives(single)) == single


def test_what_follows_the_first_is_left_to_complete():
    cases = first(1, [("a", 1), ("b", 2)])
    assert [case.values for case in cases] == [("a", 1), ("b", 2)]
    assert [[mark.name for mark in case.marks] for case in cases] == [[], ["complete"]]

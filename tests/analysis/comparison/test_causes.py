"""The rules that cause a difference, and no other, are named."""

import numpy as np
import pytest
from compared import rules, told

import poolcli
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.table import OPS


def test_only_the_rule_that_matters_is_named():
    """Of all that torch and onnx do differently in a max of whole numbers, only the order of
    indices shows.
    """
    each = told("max -k 2 -s 2", np.arange(32).reshape(2, 4, 4))
    assert rules(each["onnx", "indices"]) == ["index of max"]


def test_branches_are_told_too():
    text = "fuse 'avg -k 3 -p 1 -s 2' 'max -k 3 -p 1 -s 2' --merge sum"
    each = told(text, np.arange(49.0).reshape(7, 7))["onnx", "values"]
    one, other = (
        poolcli.parse(text.replace("-s 2'", f"-s 2 --semantics {name}'"))
        for name in ("torch", "onnx")
    )
    x = np.arange(49.0).reshape(7, 7)
    assert each.largest == pytest.approx(abs(one(x) - other(x)).max())
    assert rules(each) == ["divisor of avg"]


def options_that_differ():
    for name, op in OPS.items():
        for one in PROFILES:
            for other in PROFILES:
                mine, theirs = op.defaults(one), op.defaults(other)
                yield from (
                    (name, key) for key in mine if mine[key] != theirs[key] and key != "semantics"
                )


@pytest.mark.parametrize(("op", "option"), sorted(set(options_that_differ())))
def test_each_difference_of_profiles_has_its_rule(op, option):
    under = [rule for rule in RULES if rule.option == option and (not rule.ops or op in rule.ops)]
    assert under


def test_each_formula_of_a_framework_has_its_rule():
    for profile in PROFILES.values():
        for op in profile.functions:
            assert any(rule.option == "functions" and op in rule.ops for rule in RULES), op


def test_defaults_that_cannot_be_written_have_words():
    missing = {
        name
        for op in OPS.values()
        for profile in PROFILES
        for name, value in op.defaults(profile).items()
        if value is None and any(op.defaults(other)[name] is not None for other in PROFILES)
    }
    assert missing == {"stride", "divisor", "min_valid"}  # see `causes.WORDS`

"""The table is whole: every row has its function, its place, and options that are told apart."""

import inspect
import pkgutil

import pytest

import poolcli
from poolcli.engine.windows import by_name
from poolcli.pipeline import frameworks
from poolcli.pipeline.configuration import loaded
from poolcli.pipeline.parser import STEP_TYPES
from poolcli.pipeline.profile import FACTS
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.registry import op_named
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.table import OPS, ROWS
from poolcli.pipeline.window_kinds import STRIDED, WEIGHT_SIZED, WINDOW_KINDS


def keywords(function):
    parameters = inspect.signature(function).parameters.items()
    return {name for name, parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def test_names_are_told_apart():
    assert len(OPS) == len(ROWS)
    kinds = [*WINDOW_KINDS, STRIDED, WEIGHT_SIZED]
    assert len({kind.name for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("op", [op for op in ROWS if op.name not in STEP_TYPES], ids=str)
def test_every_row_has_its_function(op):
    assert keywords(loaded(op.function)) == {parameter.name for parameter in op.parameters}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_function_of_a_profile(profile):
    for name, function in profile.functions.items():
        own = dict.fromkeys(option.name for option in OPS[name].parameters)
        values = () if OPS[name].windows == () else (None,)
        inspect.signature(loaded(function)).bind(*values, **own)
    for name, defaults in profile.ops.items():
        assert defaults.keys() <= {option.name for option in OPS[name].options}


@pytest.mark.parametrize("kind", [*WINDOW_KINDS, STRIDED, WEIGHT_SIZED], ids=lambda kind: kind.name)
def test_every_kind_of_windows_has_its_place(kind):
    function = getattr(by_name, kind.place)
    takes_any = any(
        each.kind is each.VAR_KEYWORD for each in inspect.signature(function).parameters.values()
    )
    assert takes_any or keywords(function) == {each.name for each in kind.parameters}
    assert kind.key is None or kind.key in kind.parameters


@pytest.mark.parametrize("op", ROWS, ids=str)
def test_options_are_found_by_all_their_words(op):
    for option in op.options:
        words = (
            option.name,
            option.name + "_",
            *option.flags,
            *([option.off] if option.off else []),
        )
        for word in words:
            assert op.option(word) in op.options
        assert op.option(option.name) == option
    assert set(op.required) <= set(op.options)
    assert op.defaults("poolcli").keys() >= {option.name for option in op.options}


def test_no_such_operation():
    with pytest.raises(poolcli.RequestError, match="did you mean max"):
        op_named("mux")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_are_about_operations_and_options(rule):
    assert rule.lacks
    assert set(rule.ops) <= OPS.keys()
    named = {option.name for name in rule.ops or OPS for option in OPS[name].options}
    assert rule.option in (*named, *FACTS)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_profiles_are_about_rules(profile):
    assert profile.rules.keys() <= {rule.name for rule in RULES}
    assert all(cited.does and cited.source for cited in profile.rules.values())


def test_poolcli_has_every_rule():
    assert list(PROFILES["poolcli"].rules) == [rule.name for rule in RULES]


def test_each_module_of_a_framework_is_a_profile():
    modules = {module.name for module in pkgutil.iter_modules(frameworks.__path__)}
    assert modules == set(PROFILES) == {profile.name for profile in PROFILES.values()}

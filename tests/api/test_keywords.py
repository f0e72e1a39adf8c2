"""The keywords of `pool` are the options of the table: each once, typed, and documented."""

import inspect
import re

import pytest

import poolcli
from poolcli.api.keywords import PoolOptions
from poolcli.pipeline.table import OPS

CALL = {"x", "reducer", "layout", "axes", "channel_axis", "return_indices", "out"}


def table_keywords():
    """The options of all operations, as Python writes them."""
    words = {option.word for op in OPS.values() for option in op.options if option.flags}
    named = {word.strip("`") for word in words} | {"branches"}
    return {"global_" if name == "global" else name for name in named}


def test_signature_has_every_option_of_the_table():
    own = {"own"}  # the options of plugins
    assert set(inspect.signature(poolcli.pool).parameters) == CALL | own | table_keywords()


def test_overloads_have_every_option_of_the_table():
    assert PoolOptions.__annotations__.keys() == table_keywords()


def test_options_default_to_not_set():
    parameters = inspect.signature(poolcli.pool).parameters
    assert {parameters[name].default for name in table_keywords()} == {None}


def test_docstring_describes_every_parameter():
    heads = re.findall(
        r"^    (\w[\w, ]*) : ", inspect.getdoc(poolcli.pool).replace("\n", "\n    "), re.M
    )
    assert sorted(name for head in heads for name in head.split(", ")) == sorted(
        CALL | table_keywords()
    )


@pytest.mark.parametrize("name", poolcli.__all__)
def test_what_is_exported_is_documented(name):
    assert name in dir(poolcli)
    assert inspect.getdoc(getattr(poolcli, name))


def test_star_import():
    names = {}
    exec("from poolcli import *", names)
    assert set(poolcli.__all__) <= names.keys()


def test_an_unknown_keyword_is_a_type_error():
    with pytest.raises(TypeError, match="kernle"):
        poolcli.pool([1, 2], "max", kernle=2)

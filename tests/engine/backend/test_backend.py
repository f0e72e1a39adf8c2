"""Which backend is used, and what is said where it cannot be."""

import numpy as np
import pytest

import poolcli
from poolcli.engine import backend as backends
from poolcli.engine.backend import plain


@pytest.fixture(autouse=True)
def _choices_are_made_anew():
    """A choice is remembered, and one made under other circumstances is not to be."""
    backends._backend.cache_clear()
    backends._name.cache_clear()
    yield
    backends._backend.cache_clear()
    backends._name.cache_clear()


def test_plain_is_always_there(monkeypatch):
    monkeypatch.setenv("POOLCLI_BACKEND", "plain")
    assert backends.backend() is plain
    assert backends.name() == "plain"


def test_compiled_is_the_default_where_it_was_built(monkeypatch):
    monkeypatch.delenv("POOLCLI_BACKEND", raising=False)
    assert backends.name() == ("compiled" if backends.is_built() else "plain")


@pytest.mark.parametrize(
    ("word", "says"), [("fast", "takes plain or compiled"), ("compiled", "not built")]
)
def test_a_backend_that_there_is_not(monkeypatch, word, says):
    monkeypatch.setenv("POOLCLI_BACKEND", word)
    monkeypatch.setattr(backends, "is_built", lambda: False)
    with pytest.raises(poolcli.RequestError, match=f"^POOLCLI_BACKEND={word}: .*{says}") as caught:
        backends.backend()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("order", "<>=")
def test_a_dtype_may_name_its_byte_order(order):
    for letter in "bBhHiIqQfd":
        x = np.random.default_rng(0).integers(0, 100, (6, 8)).astype(letter)
        named = x.astype(x.dtype.newbyteorder(order))
        for reducer in ("max", "avg", "median", "mode"):
            np.testing.assert_array_equal(poolcli.pool(named, reducer), poolcli.pool(x, reducer))

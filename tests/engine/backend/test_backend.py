"""Which backend is used, and what is said where it cannot be."""

from hashlib import sha256

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
    monkeypatch.setattr(backends, "_interface", lambda: None)
    with pytest.raises(poolcli.RequestError, match=f"^POOLCLI_BACKEND={word}: .*{says}") as caught:
        backends.backend()
    assert "\n" not in str(caught.value)


@pytest.fixture
def stale_core(monkeypatch):
    """An extension that was built from other sources."""
    core = pytest.importorskip("poolcli.engine.backend._core", reason="the extension is optional")
    monkeypatch.setattr(core, "INTERFACE", backends.INTERFACE + 1)


def test_a_core_of_another_version_is_an_error_where_it_is_asked_for(monkeypatch, stale_core):
    monkeypatch.setenv("POOLCLI_BACKEND", "compiled")
    with pytest.raises(poolcli.RequestError, match=r"another version: run `pip install \.` again$"):
        backends.backend()


def test_a_core_of_another_version_is_not_used(monkeypatch, stale_core):
    monkeypatch.delenv("POOLCLI_BACKEND", raising=False)
    with pytest.warns(RuntimeWarning, match=r"NumPy pools instead.*run `pip install \.` again$"):
        assert backends.backend() is plain


def test_a_core_that_is_older_than_its_number_is_not_used(monkeypatch, stale_core):
    monkeypatch.delattr("poolcli.engine.backend._core.INTERFACE")
    assert not backends.is_built()


def test_plain_does_not_care_about_a_core_of_another_version(monkeypatch, stale_core):
    monkeypatch.setenv("POOLCLI_BACKEND", "plain")
    assert backends.backend() is plain


def test_a_change_of_the_interface_changes_its_number():
    """If this fails, raise INTERFACE in `__init__.py` and `_core.cpp`, and write both here."""
    core = pytest.importorskip("poolcli.engine.backend._core", reason="the extension is optional")
    names = sorted(name for name in vars(core) if not name.startswith("_"))
    facts = [
        (name, each.__doc__ if callable(each := getattr(core, name)) else each) for name in names
    ]
    digest = sha256(repr(facts).encode()).hexdigest()[:16]
    assert (backends.INTERFACE, digest) == (7, "3a6453db52b1c8c1")


@pytest.mark.parametrize("order", "<>=")
def test_a_dtype_may_name_its_byte_order(order):
    for letter in "bBhHiIqQfd":
        x = np.random.default_rng(0).integers(0, 100, (6, 8)).astype(letter)
        named = x.astype(x.dtype.newbyteorder(order))
        for reducer in ("max", "avg", "median", "mode"):
            np.testing.assert_array_equal(poolcli.pool(named, reducer), poolcli.pool(x, reducer))

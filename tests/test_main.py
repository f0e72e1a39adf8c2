"""The process of a command."""

import gc

import pytest

from poolcli.__main__ import collect_garbage_from


@pytest.fixture
def usual():
    """The thresholds of the collector, as they are and as they are left."""
    before, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield before
    gc.set_threshold(*before)
    gc.callbacks[:] = callbacks


def test_garbage_is_collected_as_usual_after_the_first_time(usual):
    callbacks = list(gc.callbacks)
    collect_garbage_from(50_000)
    assert gc.get_threshold() == (50_000, *usual[1:])
    gc.collect()
    assert gc.get_threshold() == usual
    assert gc.callbacks == callbacks

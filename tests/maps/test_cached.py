"""Cached properties: computed once, and without a lock that others would wait for."""

from threading import Event, Thread

import pytest

from poolcli.maps.cached import cached_property


class Number:
    def __init__(self, value, wait=lambda: None):
        self.value, self.wait, self.computed = value, wait, 0

    @cached_property
    def double(self):
        """Twice the value."""
        self.computed += 1
        self.wait()
        return [2 * self.value]


def test_it_is_computed_once():
    number = Number(3)
    assert number.double is number.double
    assert (number.double, number.computed) == ([6], 1)
    assert Number.double.__doc__ == "Twice the value."
    with pytest.raises(AttributeError):
        Number.double.triple  # noqa: B018 - the property, and no value


def test_nobody_waits_for_what_another_thread_computes():
    """A child that is forked meanwhile would wait for ever: it has no such thread."""
    began, goes_on = Event(), Event()

    def wait():
        began.set()
        goes_on.wait(10)

    slow = Number(1, wait)
    thread = Thread(target=lambda: slow.double)
    thread.start()
    began.wait()
    assert Number(2).double == [4]
    assert thread.is_alive()
    goes_on.set()
    thread.join()
    assert slow.double == [2]

"""Threads that share items: what fails comes out, and no thread works on behind it."""

import os
import threading
import time
from _thread import allocate_lock
from collections import deque
from contextvars import ContextVar

import pytest

from poolcli.resources import threads
from poolcli.resources.threads import cores, for_each

ITEMS = range(40)


def test_each_item_is_done_once():
    done = []
    for_each(ITEMS, done.append, 3)
    assert sorted(done) == list(ITEMS)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_no_more_threads_than_asked_for(count):
    busy, most, lock = [], [], threading.Lock()

    def work(item):
        with lock:
            busy.append(item)
            most.append(len(busy))
        time.sleep(0.002)
        with lock:
            busy.remove(item)

    for_each(ITEMS, work, count)
    assert 1 <= max(most) <= count


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize("failing", [0, 1, 2, 20])
def test_an_error_ends_all_threads(error, failing):
    begun, ended = [], []

    def work(item):
        begun.append(item)
        if item == failing:
            raise error
        time.sleep(0.01)
        ended.append(item)

    with pytest.raises(error):
        for_each(ITEMS, work, 3)
    assert len(begun) == len(ended) + 1
    assert len(begun) < len(ITEMS)
    begun.clear()
    time.sleep(0.05)
    assert not begun


def test_the_error_of_the_calling_thread_counts():
    caller = threading.current_thread()

    def work(_):
        if threading.current_thread() is caller:
            raise KeyboardInterrupt
        time.sleep(0.02)
        raise MemoryError

    with pytest.raises(KeyboardInterrupt):
        for_each(ITEMS, work, 3)


def test_an_interrupted_wait_goes_on_until_no_thread_works(monkeypatch):
    """The second look for the end of the work is the one that sees it."""
    release, done = threading.Event(), []

    class Interrupted:
        """A lock for which the caller is interrupted the first time that it waits."""

        def __init__(self):
            self._lock = allocate_lock()
            self.release = self._lock.release

        def acquire(self):
            if begun.is_set() and not release.is_set():
                release.set()
                raise KeyboardInterrupt
            return self._lock.acquire()

    monkeypatch.setattr(threads, "allocate_lock", Interrupted)
    caller, begun = threading.current_thread(), threading.Event()

    def work(item):
        if threading.current_thread() is caller:
            begun.wait()
            return
        begun.set()
        release.wait()
        time.sleep(0.02)
        done.append(item)

    with pytest.raises(KeyboardInterrupt):
        for_each(range(2), work, 2)
    assert len(done) == 1


@pytest.mark.parametrize("when", ["pop", "append"])
def test_a_thread_without_memory_lets_nobody_wait(monkeypatch, when):
    """It ends before it has an item, or after: what it holds is reported without new memory."""

    def refuse(*_):
        raise MemoryError

    done, team = [], threads.Team()
    monkeypatch.setattr(threads, "_team", lambda: team)
    if when == "append":
        team._idle = type("Idle", (deque,), {"append": refuse})()
    else:
        monkeypatch.setattr(threads, "partial", lambda *_: refuse)
    for _ in range(3):
        for_each(ITEMS, done.append, 2)
    assert sorted(done) == sorted([*ITEMS] * 3)


def test_a_system_that_gives_no_threads(monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    done = []
    monkeypatch.setattr(threads, "start_new_thread", refuse)
    monkeypatch.setattr(threads, "_teams", {})
    for_each(ITEMS, done.append, 3)
    assert done == list(ITEMS)


def test_threads_see_the_context_of_the_caller():
    variable, seen = ContextVar("variable"), set()
    variable.set("of the caller")

    def work(_):
        time.sleep(0.002)
        seen.add((threading.get_ident(), variable.get()))

    for_each(ITEMS, work, 3)
    assert {value for _, value in seen} == {"of the caller"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_has_threads_of_its_own():
    for_each(ITEMS, lambda _: time.sleep(0.001), 3)
    child = os.fork()
    if not child:
        done = []
        for_each(ITEMS, lambda item: (time.sleep(0.001), done.append(item)), 3)
        os._exit(0 if sorted(done) == list(ITEMS) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_where_a_thread_runs_is_left_to_the_system():
    before = cores()
    for_each(ITEMS, lambda _: time.sleep(0.001), 3)
    assert cores() == before


def test_a_system_that_does_not_tell(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores() == os.cpu_count()

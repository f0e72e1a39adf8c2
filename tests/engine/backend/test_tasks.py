"""Threads that share the blocks of an array: what fails comes out, and nobody works on behind it."""

import os
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import tasks
from poolcli.engine.backend.tasks import Load, Task, run
from poolcli.resources import threads as share

LOAD = Load(1, 1, 1, 1 << 30)
BLOCKS = [Task((at,), (), ()) for at in range(40)]


@pytest.fixture(autouse=True)
def _three_threads(monkeypatch):
    monkeypatch.setattr(share, "threads", 3)


def test_each_block_is_done_once():
    done = []
    run(BLOCKS, lambda task: done.append(task.source[0]), LOAD)
    assert sorted(done) == list(range(40))


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize("failing", [0, 1, 2, 20])
def test_an_error_ends_all_threads(error, failing):
    begun, ended = [], []

    def work(task):
        begun.append(task)
        if task.source[0] == failing:
            raise error
        time.sleep(0.01)
        ended.append(task)

    with pytest.raises(error):
        run(BLOCKS, work, LOAD)
    assert len(begun) == len(ended) + 1
    assert len(begun) < len(BLOCKS)
    begun.clear()
    time.sleep(0.05)
    assert not begun


def test_an_interruption_before_all_threads_have_begun(monkeypatch):
    crew, done = tasks._crew, []

    class Interrupted:
        def __init__(self, process):
            self.crew, self.left = crew(process), 1

        def submit(self, *call):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            return self.crew.submit(*call)

    interrupted = Interrupted(0)
    monkeypatch.setattr(tasks, "_crew", lambda _: interrupted)

    def work(task):
        time.sleep(0.01)
        done.append(task)

    with pytest.raises(KeyboardInterrupt):
        run(BLOCKS, work, LOAD)
    at_once = len(done)
    time.sleep(0.05)
    assert len(done) == at_once < len(BLOCKS)


def test_the_error_of_the_calling_thread_counts():
    def work(_):
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.02)
        raise MemoryError

    with pytest.raises(KeyboardInterrupt):
        run(BLOCKS, work, LOAD)


def test_a_system_that_gives_no_threads(monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    crew, done = tasks.Crew(), []
    monkeypatch.setattr(tasks, "_crew", lambda _: crew)
    monkeypatch.setattr(tasks, "start_new_thread", refuse)
    run(BLOCKS, lambda task: done.append(task.source[0]), LOAD)
    assert done == list(range(40))


def test_little_is_done_by_one_thread():
    assert LOAD._replace(effort=tasks.ALONE).threads == 1
    assert LOAD._replace(effort=tasks.ALONE + 1).threads == 3
    assert Load.of([LOAD._replace(effort=tasks.ALONE)] * 2).threads == 3


@pytest.mark.parametrize("op", ["max", "avg", "std", "median", "mode", "stochastic"])
def test_threads_do_not_change_a_bit(monkeypatch, op):
    x = np.random.default_rng(0).standard_normal((6, 90, 70)).astype(np.float32)
    x = abs(x) if op == "stochastic" else x
    alone = poolcli.pool(x, op, kernel=3, stride=2, layout="CHW")
    for name in ("ALONE", "APART"):
        monkeypatch.setattr(tasks, name, 0)
    monkeypatch.setattr(tasks, "BLOCK", 10_000)
    together = poolcli.pool(x, op, kernel=3, stride=2, layout="CHW")
    assert together.tobytes() == alone.tobytes()


# Processors ---------------------------------------------------------------------------------------------------

tells = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="the system does not tell who runs where"
)


@pytest.fixture
def processors(monkeypatch):
    """What threads ask for, on a system with four processors."""
    allowed = {}

    def ask(_, which=None):
        mine = allowed.setdefault(threading.get_ident(), {0, 1, 2, 3})
        if which is not None:
            allowed[threading.get_ident()] = set(which)
        return mine

    monkeypatch.setattr(os, "sched_getaffinity", ask, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", ask, raising=False)
    monkeypatch.setattr(share, "threads", 4)
    free = [0, 1, 2, 3]
    monkeypatch.setattr(share, "_free", lambda _: free)
    crew = tasks.Crew()
    monkeypatch.setattr(tasks, "_crew", lambda _: crew)
    return SimpleNamespace(allowed=allowed, free=free)


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_each_thread_has_a_processor_of_its_own_while_it_works(processors, monkeypatch, error):
    monkeypatch.setattr(tasks, "APART", 0)
    seen = []

    def work(task):
        seen.append((threading.get_ident(), *processors.allowed[threading.get_ident()]))
        time.sleep(0.01)
        if error and task.source[0] == 20:
            raise error

    for _ in range(2):
        seen.clear()
        if error:
            with pytest.raises(error):
                run(BLOCKS, work, LOAD)
        else:
            run(BLOCKS, work, LOAD)
        assert len({own for _, own in seen}) == len({thread for thread, _ in seen}) > 1
    assert all(each == {0, 1, 2, 3} for each in processors.allowed.values())
    assert sorted(processors.free) == [0, 1, 2, 3]


def test_who_does_not_take_all_processors_leaves_the_choice_to_the_system(processors, monkeypatch):
    """Other processes may have the rest, and would ask for the same."""
    monkeypatch.setattr(tasks, "APART", 0)
    monkeypatch.setattr(share, "threads", 3)
    run(BLOCKS, lambda _: time.sleep(0.001), LOAD)
    assert not processors.allowed or set(map(frozenset, processors.allowed.values())) == {
        frozenset({0, 1, 2, 3})
    }


def test_an_interruption_gives_the_processor_back(processors):
    def interrupted():
        assert processors.allowed[threading.get_ident()] == {0}
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            share.apart(interrupted)
        assert sorted(processors.free) == [0, 1, 2, 3]
        assert processors.allowed[threading.get_ident()] == {0, 1, 2, 3}


def test_who_has_a_processor_keeps_it(processors):
    seen = []
    share.apart(lambda: share.apart(lambda: seen.append(os.sched_getaffinity(0))))
    assert seen == [{0}]


def test_who_comes_late_shares_the_processors_with_all(processors):
    processors.free.clear()
    seen = []
    share.apart(lambda: seen.append(os.sched_getaffinity(0)))
    assert seen == [{0, 1, 2, 3}]


def test_a_processor_that_was_taken_away_is_left_alone(processors):
    processors.allowed[threading.get_ident()] = {2, 3}
    seen = []
    share.apart(lambda: seen.append(os.sched_getaffinity(0)))
    assert seen == [{2, 3}]
    assert sorted(processors.free) == [0, 1, 2, 3]


def test_a_system_that_does_not_let_it(processors, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    seen = []
    share.apart(lambda: seen.append(1))
    assert seen == [1]
    assert sorted(processors.free) == [0, 1, 2, 3]


def test_a_system_that_does_not_tell(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert share.cores() == os.cpu_count()
    seen = []
    share.apart(lambda: seen.append(1))
    assert seen == [1]


@tells
def test_the_system_takes_what_it_is_asked():
    before, seen = os.sched_getaffinity(0), []
    share.apart(lambda: seen.append(os.sched_getaffinity(0)))
    assert len(seen[0]) == 1
    assert os.sched_getaffinity(0) == before

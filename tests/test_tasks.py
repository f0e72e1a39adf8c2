"""Threads that share the blocks of an array: what fails comes out, and nobody works on behind it."""

import threading
import time

import pytest

from poolcli import share
from poolcli.engine import tasks
from poolcli.engine.tasks import Load, Task, run

LOAD = Load(1, 1, 1, 1 << 30)
BLOCKS = [Task((at,), (), ()) for at in range(40)]


@pytest.fixture(autouse=True)
def _three_threads(monkeypatch):
    monkeypatch.setattr(share, "threads", 3)


def test_each_block_is_done_once():
    done = []
    run(BLOCKS, lambda task: done.append(task.source[0]), 1 << 30, LOAD)
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
        run(BLOCKS, work, 1 << 30, LOAD)
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
        run(BLOCKS, work, 1 << 30, LOAD)
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
        run(BLOCKS, work, 1 << 30, LOAD)

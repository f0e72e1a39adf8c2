"""Limits: they hold within their block and in the threads begun from it, and nowhere else."""

import threading

import numpy as np
import pytest

from poolcli.resources.limits import LARGE, Budget, current, limits
from poolcli.resources.threads import cores, for_each


def test_by_default_there_are_none():
    assert current().threads == cores()
    assert current().memory.scratch == float("inf")


def test_they_nest_and_end_with_their_blocks():
    budget = Budget(1000)
    with limits(threads=3):
        with limits(memory=budget):
            assert (current().threads, current().memory) == (3, budget)
            with limits(threads=1):
                assert (current().threads, current().memory) == (1, budget)
        assert current().memory is not budget
        assert current().threads == 3
    assert current().threads == cores()


@pytest.mark.parametrize("name", ["threads", "memory"])
@pytest.mark.parametrize("number", [0, "2G", 1.5, True])
def test_they_are_whole_numbers_from_1_up(name, number):
    error = ValueError if number == 0 else TypeError
    message = f"`{name}` is a whole number from 1 up, and not {number!r}"
    with pytest.raises(error, match=message), limits(**{name: number}):
        pass


def test_whole_numbers_of_numpy_are_taken():
    with limits(threads=np.int64(3), memory=np.uint32(1 << 20)):
        assert (current().threads, current().memory.limit) == (3, 1 << 20)


def test_an_error_ends_them_too():
    with pytest.raises(ValueError, match="wrong"), limits(threads=77):
        raise ValueError("wrong")
    assert current().threads == cores()


def test_they_hold_in_the_threads_of_a_call_and_in_no_other():
    seen = set()
    with limits(threads=5):
        for_each(range(20), lambda _: seen.add(current().threads), 3)
        other = threading.Thread(target=lambda: seen.add(-current().threads))
        other.start()
        other.join()
    assert seen == {5, -cores()}


def test_a_budget_is_half_for_scratch_and_a_quarter_for_arrays():
    budget = Budget(1000, held=200)
    assert budget.scratch == 400
    assert budget.fits(200)
    assert not budget.fits(201)
    assert Budget().fits(LARGE)
    assert not Budget().fits(1 << 50)

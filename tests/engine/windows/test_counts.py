"""Numbers for each count, by a table of counts and by a sort: as one by one."""

import numpy as np
import pytest

from poolcli.engine.windows.counts import per_count


def numbers(count):
    return count // 3, count * 2, -count


@pytest.mark.parametrize(
    "counts",
    [
        np.array([[3, 1, 4], [1, 5, 9]]),
        np.array([0, 0, 7]),
        np.array([1 << 40, 2, 1 << 40]),
        np.array([[1 << 40]]),
        np.arange(60).reshape(3, 4, 5).transpose(2, 0, 1) % 7,
        np.full((2, 3), 5),
        np.array(5),
    ],
)
def test_each_window_has_the_numbers_of_its_count(counts):
    expected = [[numbers(count)[at] for count in counts.ravel().tolist()] for at in range(3)]
    found = [np.broadcast_to(each, counts.shape) for each in per_count(numbers, counts)]
    assert [each.ravel().tolist() for each in found] == expected


def test_one_count_for_all():
    assert per_count(numbers, 9) == (3, 18, -9)

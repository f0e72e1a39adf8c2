"""Pictures, titles and figures of a contact sheet."""

import numpy as np
import pytest

from poolcli.analysis.drawing.contact_sheet import (
    LARGEST,
    Figure,
    Section,
    contact_sheet,
    scaled,
    wrapped,
)


def test_small_pictures_are_enlarged_by_whole_numbers_and_huge_ones_shrunk():
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(scaled(small), small.repeat(128, 0).repeat(128, 1))
    huge = np.arange(2000 * 40 * 3).reshape(2000, 40, 3).astype(np.uint8)
    assert scaled(huge).shape == (500, 10, 3)
    assert max(scaled(huge).shape) <= LARGEST
    flat = np.full((700, 700, 3), 77, np.uint8)
    assert (scaled(flat) == 77).all()


def test_titles_wrap_and_every_letter_stays():
    text = "max -k 3 -s 2 -p 1 | fuse 'avg -k 2' 'median -k 2' --merge avg | averyveryverylongname"
    for width in (1, 7, 12, 200):
        found = list(wrapped(text, width, len))
        assert all(len(line) <= width for line in found)
        assert "".join(found).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (64, 64)])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_sheet_has_room_for_all(size, count):
    figures = [
        Figure(
            f"title {'long ' * 20}Ünïcødé 漢字 {number}",
            np.full((*size, 3), number, np.uint8),
            "note",
        )
        for number in range(count)
    ]
    made = contact_sheet([Section("x", tuple(figures))]).data
    area = np.prod(scaled(np.zeros((*size, 3), np.uint8)).shape[:2])
    assert all((made == number).all(-1).sum() >= area for number in range(count))
    assert made.shape[1] <= 1800 + 2 * LARGEST

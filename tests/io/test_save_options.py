"""The options of formats: what they are, and what is refused."""

from __future__ import annotations

import pytest
from round_trips import image_map, written

from poolcli.errors import RequestError


@pytest.mark.parametrize(
    ("word", "save", "words"),
    [
        ("jpg", {"qualty": "3"}, "did you mean quality"),
        ("jpg", {"quality": "101"}, "whole number from 1 to 100, not '101'"),
        ("png", {"compress_level": "high"}, "from 0 to 9"),
        ("webp", {"lossless": "maybe"}, "one of true, false"),
        ("bmp", {"quality": "3"}, "there are none"),
        ("npy", {"compressed": "true"}, "there are none"),
        ("tiff", {"quality": "80"}, "compression=jpeg"),
        ("tiff", {"compression": "rar"}, "none, lzw, deflate"),
    ],
)
def test_wrong_save_options(word, save, words):
    with pytest.raises(RequestError, match=words):
        written(image_map("L"), word, save=save)

"""A file that is no image or array is named for what it is, with what to do."""

import pickle

import pytest
from round_trips import refusal

FILES = {
    "a PDF": b"%PDF-1.7",
    "a HEIC photo": b"\0\0\0\x18ftypheic",
    "a raw photo": b"\0\0\0\x18ftypcrx ",
    "a video or a sound": b"\0\0\0\x18ftypisom",
    "a JPEG XL": b"\xff\x0a",
    "a text such as SVG": b"\n<svg xmlns=",
    "a pickle": pickle.dumps([1.0]),
    "a MATLAB file": b"MATLAB 5.0 MAT-file",
    "an archive": b"7z\xbc\xaf\x27\x1c",
}


@pytest.mark.parametrize("name", FILES)
def test_it_is_named(name):
    assert f"it is {name}" in refusal(FILES[name] + bytes(99))


def test_a_sound_is_no_webp():
    assert "WebP" not in refusal(b"RIFF\x24\0\0\0WAVEfmt " + bytes(99))

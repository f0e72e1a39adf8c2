"""What is said of an input that is not there, by the habit that its name shows."""

import pytest


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("photo.png out.png", "out.png: there is no such file or folder: if it is to be written, "),
        ("-k 2 2 photo.png", "2: there is no such file or folder: several numbers of one option"),
        ("nothing.png", "nothing.png: there is no such file or folder\n"),
        ("phoot.png", "phoot.png: there is no such file or folder; did you mean photo.png?\n"),
    ],
)
def test_the_cure(cli, photo, words, cure):
    ran = cli("max", *words.split(), "-q")
    assert ran.code == 1
    assert cure in ran.err

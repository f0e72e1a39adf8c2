"""Paths that cannot be read or written are refused in one line, with a cure."""

import os

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("max none.png", 1, ["none.png: there is no such file"]),
        ("max photo.png/a.png", 1, ["photo.png/a.png: a part of the path is a file"]),
        ("max none*.png", 3, ["none*.png: no image or array to read", "--include"]),
        ("max empty", 3, ["empty: no image or array to read", "-r looks"]),
        ("info empty", 3, ["empty: no image or array to read"]),
        ("shape max empty", 1, ["empty: it is a folder, not a file: name a file"]),
        ("max photo.png -o photo.png", 1, ["photo.png is there already: --overwrite replaces it"]),
        (
            "max photo.png -o photo.png/a.png",
            1,
            ["photo.png: photo.png is a file, and a folder", "another place"],
        ),
        (
            "max photo.png -o photo.png/a/b.png",
            1,
            ["cannot make the folder photo.png/a: a part of the path is a file"],
        ),
        (
            "max photo.png photo.png/ x.npy -o photo.png",
            2,
            ["photo.png is a file, and a folder is needed"],
        ),
        (
            "max photo.png --name empty --overwrite",
            1,
            ["cannot write empty: it is a folder, not a file: name a file"],
        ),
        ("max photo.png -o a.xyz", 2, ["no format '.xyz'"]),
        (
            "max photo.png x.npy -o out --name same.png",
            2,
            ["photo.png and x.npy would both write out/same.png", "{stem}"],
        ),
        ("max photo.png x.npy empty/../photo.png", 2, ["would both write"]),
        ("max x.npy -o new/a.png", 1, ["x.npy: ", "no pixel range: give --scale minmax"]),
        (
            "max x.npy -o new/a.npz --save quality=3",
            2,
            ["npz has no option 'quality'", "compressed"],
        ),
        (
            "max photo.png -o a.jpg --save quality=101",
            2,
            ["quality is a whole number from 1 to 100"],
        ),
        ("max --files-from none", 2, ["--files-from none: there is no such file"]),
        ("max --files-from empty", 2, ["--files-from empty: it is a folder, not a file"]),
        ("max --files-from photo.png", 2, ["--files-from photo.png: it is not UTF-8 text"]),
        ("max --files-from blank", 2, ["give INPUT: files, folders, or - for stdin"]),
        ("run --file none.toml photo.png", 2, ["--file none.toml: there is no such file"]),
        ("run --file photo.png photo.png", 2, ["--file photo.png: it is not UTF-8 text"]),
    ],
)
def test_paths(refused, photo, tmp_path, command, code, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").write_text("\n  \n\n")
    np.save(tmp_path / "x.npy", np.ones((4, 4), np.float32))
    refused(command, code, *said)


@pytest.mark.parametrize("word", ["", "a\0b.png"])
@pytest.mark.parametrize(
    "words",
    [
        ["max", ...],
        ["max", "photo.png", "-o", ...],
        ["max", "photo.png", "--name", ...],
        ["max", "--files-from", ...],
        ["run", "--file", ..., "photo.png"],
        ["shape", "max", ...],
        ["info", ...],
    ],
)
def test_words_that_are_no_path(refused, photo, words, word):
    """An empty word is what an unset variable leaves; it must not stand for the working folder."""
    refused(
        [word if each is ... else each for each in words],
        2,
        repr(word),
        "no path: give the name of a file",
    )


def test_names_that_are_too_long(refused, photo):
    long = "a" * 300
    refused(["max", long], 1, f"{long}: the name is too long: choose a shorter one")
    refused(["max", "photo.png", "-o", long], 1, "the name is too long: choose a shorter one")
    refused(
        ["max", "photo.png", "-o", f"{long}/a.png"], 1, "the name is too long: choose a shorter one"
    )


def test_a_folder_that_is_read_only(refused, photo, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write into read-only folders")
    refused(
        "max photo.png -o locked/a.png",
        1,
        "photo.png: cannot write locked/a.png: permission is denied",
        "choose",
    )
    refused(
        "max photo.png -o locked/b/a.png",
        1,
        "cannot make the folder locked/b: permission is denied",
        "choose",
    )

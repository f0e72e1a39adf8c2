"""What a folder holds: inputs, what should have been one and cannot be read, and the rest."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from poolcli.run.expand import Inputs, expand


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in/below").mkdir(parents=True)
    np.save(tmp_path / "in/a.npy", np.ones((4, 4)))
    Image.new("L", (4, 4)).save(tmp_path / "in/below/b.png")
    for name in ("notes.txt", "below/README", ".hidden.txt"):
        (tmp_path / "in" / name).write_text("no picture")
    return tmp_path / "in"


def report(cli, *words):
    ran = cli("max", "in", "-o", "out", "--report", "json", *words)
    return ran, json.loads(ran.text)


def test_files_of_no_known_kind_are_counted(cli, folder):
    ran, told = report(cli, "-r")
    assert (ran.code, told["total"]["done"], told["total"]["ignored"]) == (0, 2, 2)
    assert "1 done, 1 ignored (.txt)" in cli("max", "in", "-o", "other").text
    assert "2 ignored (no suffix, .txt)" in cli("max", "in", "-r", "-o", "more").text
    _, told = report(cli, "-r", "--include", "*.png", "--overwrite")
    assert (told["total"]["done"], told["total"]["ignored"]) == (1, 0)
    _, told = report(cli, "-r", "--exclude", "*.txt", "--overwrite")
    assert told["total"]["ignored"] == 1


def test_what_a_folder_without_images_holds_is_named(cli, tmp_path):
    for name in ("a.heic", "b.HEIC", "c.pdf"):
        (tmp_path / name).write_text("no picture")
    ran = cli("max", ".")
    assert ran.code == 3
    assert "no image or array to read among 3 files (.heic, .pdf); -r looks" in ran.err


def test_a_dangling_link_is_a_failed_row(cli, folder):
    (folder / "link.png").symlink_to("nowhere.png")
    (folder / "link.txt").symlink_to("nowhere.txt")
    ran, told = report(cli)
    assert ran.code == 1
    assert ran.err == "Error: in/link.png: it is a link to nowhere.png, which is not there\n"
    assert (told["total"]["done"], told["total"]["failed"], told["total"]["ignored"]) == (1, 1, 2)
    assert cli("max", "in", "-o", "out", "--dry-run").code == 1


def test_a_folder_that_cannot_be_read_is_a_failed_row(cli, folder, monkeypatch):
    scandir = os.scandir

    def refusing(path="."):
        if Path(path).name == "below":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    ran, told = report(cli, "-r")
    assert ran.code == 1
    assert ran.err.startswith("Error: in/below: permission is denied")
    assert [row["status"] for row in told["files"]] == ["done", "failed"]
    assert report(cli, "--overwrite")[0].code == 0  # it is not asked for


def test_links_to_folders_are_not_followed(cli, folder):
    (folder / "loop").symlink_to(folder)
    assert report(cli, "-r")[1]["total"]["files"] == 2


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a10.png", "a2.png", "a02.png", ".a1.png", "b.png"):
        Image.new("L", (2, 2)).save(name)


def names(pattern):
    return [str(file.path) for file in expand(Inputs((Path(pattern),))).files]


def test_numbers_in_names_count(pictures):
    assert names(".") == ["a02.png", "a2.png", "a10.png", "b.png"]


def test_a_pattern_leaves_hidden_files_as_a_shell_does(pictures):
    assert names("*.png") == ["a02.png", "a2.png", "a10.png", "b.png"]
    assert names(".*.png") == [".a1.png"]

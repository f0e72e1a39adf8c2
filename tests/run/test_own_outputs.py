"""A command that pools a folder can be run again there, and so can another."""

import numpy as np
import pytest
from PIL import Image
from processes import rows

PICTURE = np.arange(64, dtype=np.uint8).reshape(8, 8)


@pytest.fixture
def folder(tmp_path):
    """Three pictures, the name of one of which ends like that of a result."""
    for name in ("a1.png", "a10.png", "a2.png", "flood-max.png"):
        (tmp_path / "f").mkdir(exist_ok=True)
        Image.fromarray(PICTURE).save(tmp_path / "f" / name)
    return ["f/a1.png", "f/a2.png", "f/a10.png", "f/flood-max.png"]


def inputs(cli, *words):
    """The inputs of a run, in the order of its rows, and how each ended."""
    ran = cli(*words, "--report", "jsonl")
    assert ran.code == 0, ran.err
    return [(row["input"], row["status"]) for row in rows(ran.out.decode())]


COMMANDS = [
    ["max", "f"],
    ["avg", "-k", "3", "-s", "1", "f"],
    ["run", "max -k 2 | avg -k 2", "f"],
    ["pyramid", "--op", "avg", "--levels", "2", "f"],
    ["max", "-r", "f", "-o", "f/small"],
    ["roi-align", "--boxes", "boxes.csv", "--output-size", "2", "f", "--to", "npy"],
]


def test_folders_are_pooled_again_and_by_others(cli, folder, tmp_path):
    (tmp_path / "boxes.csv").write_text("x1,y1,x2,y2\n0,0,4,4\n")
    for words in COMMANDS:
        assert inputs(cli, *words) == [(name, "done") for name in folder]
        assert inputs(cli, *words, "--skip-existing") == [(name, "skipped") for name in folder]
        assert inputs(cli, *words, "--overwrite") == [(name, "done") for name in folder]


def test_a_run_with_a_log_goes_on_in_its_folder(cli, folder):
    words = ["avg", "f", "--resume", "log"]
    assert inputs(cli, *words) == [(name, "done") for name in folder]
    assert inputs(cli, *words) == [(name, "skipped") for name in folder]


def test_a_named_file_is_an_input_whatever_its_name(cli, folder):
    assert inputs(cli, "max", "f") == [(name, "done") for name in folder]
    assert inputs(cli, "avg", "f/a1-max.png") == [("f/a1-max.png", "done")]

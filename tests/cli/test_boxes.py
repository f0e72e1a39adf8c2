"""Boxes from files on the command line: the formats, and what is wrong with some."""

import pickle

import numpy as np
import pytest

import poolcli
from poolcli.pipeline.parser import parse, step

SQUARE = np.arange(16.0).reshape(4, 4)


FILES = {
    "boxes.csv": "x1,y1,x2,y2\n0,0,3,3\n1,1,2.5,3\n",
    "spaced.csv": "\ufeffx2, y2, x1, y1, name\r\n3, 3, 0, 0, cat\r\n\r\n2.5, 3, 1, 1, dog\r\n",
    "index.csv": "batch,x1,y1,x2,y2\n0,0,0,3,3\n0,1,1,2.5,3\n",
    "lists.json": "[[0, 0, 3, 3], [1, 1, 2.5, 3]]",
    "objects.json": (
        '[{"x1": 0, "y1": 0, "x2": 3, "y2": 3}, {"y2": 3, "x2": 2.5, "y1": 1, "x1": 1}]'
    ),
    "boxes.json": '{"boxes": [[0, 0, 0, 3, 3], [0, 1, 1, 2.5, 3]]}',
}


@pytest.mark.parametrize("command", ["max", "roi-align"])
def test_boxes_from_files(cli, tmp_path, command):
    np.save(tmp_path / "x.npy", SQUARE)
    np.save(tmp_path / "boxes.npy", np.array([[0, 0, 3, 3], [1, 1, 2.5, 3]]))
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    want = poolcli.pool(SQUARE, command, boxes=[[0, 0, 3, 3], [1, 1, 2.5, 3]], output_size=2)
    for name in [*FILES, "boxes.npy"]:
        ran = cli(
            command, "--boxes", name, "--output-size", 2, "x.npy", "-o", "y.npy", "--overwrite"
        )
        assert ran.code == 0, ran.text + ran.err
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), want)


BAD = {
    # text of the file, exit code, what the line says
    "": (2, "is empty"),
    "\n\n": (2, "is empty"),
    "x1,y1,x2,y2\n": (2, "holds no box"),
    "[]": (2, "holds no box"),
    "x1,y1,x2\n0,0,1\n": (2, "has no column y2"),
    "0,0,3,3\n": (2, "has no column x1"),
    "x1,y1,x2,y2\n0,0,1\n": (2, "a row of 3 columns"),
    "x1,y1,x2,y2\n0,0,cat,3\n": (2, 'box 1 is ["0", "0", "cat", "3"]'),
    "x1,y1,x2,y2\n0,0,nan,3\n": (2, "is not finite"),
    "[[0,0,1,Infinity]]": (2, "is not finite"),
    "[[0,0,1]]": (2, "has the shape 1x3"),
    "[0,0,1,1]": (2, "has the shape 4"),
    "[[0,0,1,1],[0,0,1]]": (2, "box 2 is [0, 0, 1]"),
    "[[0,0,1,null]]": (2, "is not finite"),
    '[{"x1": 0}]': (2, "has no column y1"),
    '{"rois": []}': (2, 'without "boxes"'),
    "[[0,0,": (2, "is not JSON"),
    "[[3,0,1,1]]": (2, "box 1 (3,0,1,1) has its corners swapped"),
    "[[0,0,1,1],[0,3,1,1]]": (2, "box 2 (0,3,1,1) has its corners swapped"),
    "[[-1,0,0,1,1]]": (2, "has an index that is no whole number"),
    "[[0.5,0,0,1,1]]": (2, "has an index that is no whole number"),
    "[[2,0,0,1,1]]": (1, "box 1 (0,0,1,1) is of image 2, and the batch has 2"),
    "[[0,0,1,1]]": (1, "no index column, and the batch 2 images"),
    "[[1,0,0,1,1],[1,4,0,9,9]]": (
        1,
        "box 2 (4,0,9,9) is outside the map, which is 4 wide and 4 high",
    ),
    "[[1,0,-9,1,-4]]": (1, "is outside the map"),
}


@pytest.mark.parametrize("command", ["max", "roi-align"])
@pytest.mark.parametrize("text", BAD)
def test_bad_boxes(cli, tmp_path, command, text):
    code, message = BAD[text]
    (tmp_path / "boxes.txt").write_text(text)
    np.save(tmp_path / "x.npy", np.stack([SQUARE, SQUARE])[:, None])
    if command == "roi-align":
        message = message.replace("4,0,9,9", "4.5,0,9,9")
        (tmp_path / "boxes.txt").write_text(text.replace("4,0,9,9", "4.5,0,9,9"))
    ran = cli(command, "--boxes", "boxes.txt", "--output-size", 2, "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (code, False)
    said = ran.text + ran.err
    assert message in said
    assert code == 1 or len(said.splitlines()) == 1


@pytest.mark.parametrize("command", ["max", "roi-align"])
def test_boxes_that_cannot_be_read(cli, tmp_path, command):
    np.save(tmp_path / "x.npy", np.ones((3, 4, 5)))
    np.save(tmp_path / "boxes.npy", np.ones(3))
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00\x80")
    for words, message in [
        (["--boxes", "missing.csv", "--output-size", 2], "no such file"),
        (["--boxes", "boxes.npy", "--output-size", 2], "has the shape 3"),
        (["--boxes", "noise", "--output-size", 2], "neither CSV, JSON nor .npy"),
        (["--boxes", "[[0,0,1,1]]"], "needs --output-size"),
        (
            ["--boxes", "[[0,0,1,1]]", "--output-size", 2, "--spatial-scale", 0],
            "takes a number above 0",
        ),
    ]:
        ran = cli(command, *words, "x.npy", "-o", "y.npy")
        assert (ran.code, (tmp_path / "y.npy").exists()) == (2, False)
        assert message in ran.err
    ran = cli(
        command,
        "--boxes",
        "[[0,0,1,1]]",
        "--output-size",
        2,
        "--layout",
        "DHW",
        "x.npy",
        "-o",
        "y.npy",
    )
    assert ran.code == 1
    assert "boxes lie on height and width" in ran.text + ran.err


def test_boxes_print_parse_and_pickle(tmp_path):
    (tmp_path / "my boxes.csv").write_text(FILES["boxes.csv"])
    for boxes in (
        str(tmp_path / "my boxes.csv"),
        [[0, 0, 3, 3], [1, 1, 2.5, 3]],
        np.array([[0, 0, 1, 1]]),
    ):
        one = step("avg", {"boxes": boxes, "output_size": 2})
        assert parse(str(one)).steps == (one,)
        again = pickle.loads(pickle.dumps(one))
        assert (again, hash(again)) == (one, hash(one))

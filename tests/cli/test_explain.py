"""The command `explain`."""

import json
from itertools import product

import numpy as np
import pytest
from explained import X, places
from PIL import Image

import poolcli
from poolcli.analysis.explanation import substitution


@pytest.fixture(autouse=True)
def write_all_out(monkeypatch):
    monkeypatch.setattr(substitution, "MOST_TERMS", 10**6)


def test_images_alpha_palettes_and_light(tmp_path, cli):
    pixels = np.random.default_rng(1).integers(0, 256, (8, 9, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., :3]).quantize(16).save(tmp_path / "p.png")
    for name, text in product(
        ["a.png", "p.png"],
        ["avg -k 3", "max -k 3 -p 1", "median -k 2", "blur", "avg -k 2 --linear"],
    ):
        op, *options = text.split()
        assert cli(op, *options, name, "-o", "out.png", "--overwrite").code == 0
        with Image.open("out.png") as image:
            palette = image.mode == "P"
            out = np.asarray(image)
        for at in places(out.shape):
            ran = cli("explain", text, name, "--at", ",".join(map(str, at)), "--report", "json")
            (row,) = json.loads(ran.out)
            assert (row["value"], palette) == (out[at], name == "p.png" and op == "max")
            if (
                "linear" not in text
                and row["values"] is not None
                and row["numbers"] != "no pixel counts"
            ):
                assert abs(row["exact"] - out[at]) <= 0.5


def test_prints_window_formula_and_choice(cli):
    np.save("x.npy", np.arange(16.0).reshape(1, 1, 4, 4))
    ran = cli("explain", "avg -k 3 -s 2 -p 1", "x.npy", "--at", "0,0,0,0")
    assert ran.code == 0
    for part in (
        "= 2.5",
        "-1:2",
        "sum x / n = (0 + 1 + 4 + 5) / 4 = 2.5",
        "4 of the window's 9 taps",
    ):
        assert part in ran.text
    assert (
        "n = 9: 4 and 5 of the padding"
        in cli("explain", "avg -k 3 -p 1 --count-include-pad", "x.npy", "--at", "0,0,0,0").text
    )
    assert "chosen: H 3, W 3 (*)" in cli("explain", "max -k 2", "x.npy", "--at", "0,0,-1,-1").text
    assert (
        "x.npy: max -k 2\nN 0, C 0, H 1, W 1 of 1x1x2x2" in cli("explain", "max -k 2", "x.npy").text
    )
    assert cli("explain", "max -k 2", "x.npy", "--report", "csv").text.startswith(
        "input,pipeline,index,value"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("max -k 2", "x.npy", "--at", "0,0,2,0"),
            2,
            "the result is 1x1x2x2 (NCHW), and H goes from 0 to 1",
        ),
        (("max -k 2", "x.npy", "--at", "0,0"), 2, "has 4 numbers"),
        (("max -k 2", "x.npy", "--at", "0,0,x,0"), 2, "takes whole numbers"),
        (("max -k 2", "x.npy", "--level", "2"), 2, "gives 1, from 1 on"),
        (("max -k 2", "none.npy"), 1, "none.npy"),
        (("max -k 20", "x.npy"), 1, "kernel 20 is larger"),
        (("maxx -k 2", "x.npy"), 2, "did you mean max"),
        (("max -k 2",), 2, "give one INPUT"),
    ],
)
def test_wrong_requests(cli, words, code, said):
    np.save("x.npy", np.arange(16.0).reshape(1, 1, 4, 4))
    ran = cli("explain", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err


FRAME = np.array([255, 214, 0], np.uint8)


def test_pictures_are_shown_and_written(cli, photo):
    shown = cli(
        "explain", "avg -k 4", "photo.png", "--at", "1,1,0", "--show=half", "-o", "window.png"
    )
    assert (shown.code, "▀" in shown.text, "sum x / n" in shown.text) == (0, True, True)
    with Image.open("window.png") as image:
        assert (np.asarray(image) == FRAME).all(axis=-1).sum() > 100
    again = cli("explain", "avg -k 4", "photo.png", "-o", "window.png")
    assert (again.code, "--overwrite replaces it" in again.err) == (1, True)
    assert (
        cli("explain", "avg -k 4", "photo.png", "-o", "window.png", "--overwrite", "-q").code == 0
    )


@pytest.mark.parametrize(
    "text",
    [
        "avg -k 3",
        "max -k 3",
        "std -k 3",
        "median -k 3",
        "soft -k 3",
        "blur",
        "roi-align --boxes [[0,1,1,5,5]] --output-size 2 --mode max",
    ],
)
def test_numbers_that_are_not_finite_are_told_without_a_warning(cli, text):
    x = X.copy()
    x[0, 0, 1, 1], x[0, 0, 4, 4] = np.nan, np.inf
    np.save("x.npy", x)
    for at in ((0, 0, 0, 0), (0, 0, 1, 1)):
        ran = cli("explain", text, "x.npy", "--at", ",".join(map(str, at)), "--report", "json")
        (row,) = json.loads(ran.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
        assert (ran.code, ran.err, float(row["value"])) == (
            0,
            "",
            pytest.approx(poolcli.parse(text)(x)[at], nan_ok=True),
        )

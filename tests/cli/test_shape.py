"""The plan for papers: where receptive fields lie, and tables to paste."""

import json
from fractions import Fraction

import numpy as np
import pytest

import poolcli

PIPELINES = [
    "avg -k 3 -s 2 -p 1 | avg -k 2",
    "avg -k 5 -s 3 -p 2 | avg -k 3 -s 1 -p 1 | sample -s 2",
    "avg -k 3 -d 2 -s 2 -p 0:3 | avg -k 4 -s 2 -p same",
    "blur | blur --filter 4 -s 3",
    "sample -s 3 | avg -k 2 -s 1",
    "avg --adaptive 21 | avg -k 2 -s 1",
    "weighted -k 5 -s 2 -p 2",
    "avg -k 2 | restore --output-size 63 --interpolation bilinear",
]


@pytest.mark.parametrize("text", PIPELINES)
def test_centres_are_those_of_the_pixels_that_cells_depend_on(text):
    """Far from the border a cell depends on pixels that lie alike about its centre."""
    length = 63
    x = np.random.default_rng(0).random(length)
    stage = poolcli.plan(text, (length,))[-1]
    pipeline = poolcli.parse(text)
    result = pipeline(x)
    depends = np.array(
        [pipeline(x + 100 * (np.arange(length) == pixel)) != result for pixel in range(length)]
    )
    for cell in range(len(result) // 3, 2 * len(result) // 3 + 1):
        (pixels,) = np.nonzero(depends[:, cell])
        centre = stage.centre[0] + cell * stage.jump[0]
        found = Fraction(int(pixels[0] + pixels[-1]), 2)
        assert abs(found - centre) < 1 if "restore" in text else found == centre
        assert pixels[-1] - pixels[0] < stage.receptive[0]


def test_start_is_where_the_first_window_begins():
    row = poolcli.plan("max -k 7 -s 2 -p 3 | max -k 3 -s 2 -p 1", (1, 3, 224, 224))[-1]
    assert (row.receptive, row.jump, row.centre) == (
        (11, 11),
        (4, 4),
        (0, 0),
    )  # ResNet's stem (Araujo et al. 2019)


def shape(cli, *words):
    return cli("shape", "max -k 3 --ceil-mode | avg -k 2", "--input", "1x64x112x112", *words)


def test_json_has_centre_and_start(cli):
    first, last = json.loads(shape(cli, "--format", "json").out)
    assert (first["centre"], first["start"]) == ([1.0, 1.0], [0.0, 0.0])
    assert (last["centre"], last["start"], last["jump"]) == ([2.5, 2.5], [0.0, 0.0], [6.0, 6.0])


def test_markdown(cli):
    lines = shape(cli, "--format", "markdown").text.splitlines()
    assert lines[0].startswith("| step | shape | dtype | receptive |")
    assert lines[1] == "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    assert {line.count("|") for line in lines} == {9}
    bars = cli(
        "shape", "fuse 'max -k 2 | max -k 1' 'avg -k 2'", "--input", "8x8", "--format", "markdown"
    ).text
    assert r"fuse 'max -k 2 \| max -k 1' 'avg -k 2'" in bars


def test_latex(cli):
    lines = shape(cli, "--format", "latex").text.splitlines()
    assert lines[0] == r"\begin{tabular}{lllrrrrr}"
    assert lines[-1] == r"\end{tabular}"
    rows = [line for line in lines if line.rstrip("\\hline ").count("&")]
    assert {line.count("&") for line in rows} == {7}
    assert rows[2].startswith(
        r"max -k 3 -{}-ceil-mode & $1 \times 64 \times 38 \times 38$ & float32 & $3 \times 3$ &"
    )


def test_one_way_to_tell(cli):
    ran = shape(cli, "--format", "latex", "--report", "json")
    assert (ran.code, "give one of them" in ran.err) == (2, True)


class TestShape:
    def test_plan(self, cli):
        text = "max -k 3 -s 2 -p 1 | avg -k 2"
        steps = json.loads(cli("shape", text, "--input", "1x64x112x112", "--report", "json").out)
        assert [step["output_shape"] for step in steps] == [[1, 64, 56, 56], [1, 64, 28, 28]]
        assert [step["receptive_field"] for step in steps] == [[3, 3], [5, 5]]
        assert [step["jump"] for step in steps] == [[2, 2], [4, 4]]
        assert steps[1]["operations"] == 64 * 28 * 28 * 3
        assert steps[1]["memory_bytes"] == 4 * 64 * (56 * 56 + 28 * 28)

    def test_of_a_file(self, cli, photo):
        (step,) = json.loads(cli("shape", "max -k 2", "photo.png", "--report", "json").out)
        assert step["output_shape"] == [6, 8, 3]
        assert step["output_dtype"] == "uint8"

    def test_table(self, cli):
        text = cli("shape", "max -k 3 -s 2 -p 1", "--input", "1x64x112x112").text
        assert "1x64x56x56" in text
        assert "3x3" in text

    def test_does_not_fit(self, cli, photo):
        written = cli("shape", "max -k 9", "--input", "4x4")
        assert written.code == 2
        assert "kernel 9 is larger than axis H" in written.err
        assert cli("shape", "max -k 99", "photo.png").code == 1

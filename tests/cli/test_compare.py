"""The command `compare`: the table, and the contact sheet."""

import io
import json

import numpy as np
import pytest
from images import opened
from noisy_pictures import skimage_metrics
from PIL import Image

STEPS = ("max -k 4", "avg -k 4", "sample -s 4")


def lines(ran):
    assert ran.code == 0, ran.err
    return ran.text.splitlines()


def test_the_table_has_a_row_for_each_pipeline(cli, photo):
    head, _, first, *rest = lines(cli("compare", "photo.png", *STEPS))
    assert head.split("  ")[0] == "pipeline"
    assert first.split() == ["photo.png", "12x16x3", "uint8"]
    assert [tuple(line.split("  ")[0] for line in rest)] == [STEPS]


def test_figures_are_those_of_scikit_image(cli, photo):
    """A constant result: what bilinear interpolation makes of it needs no second computation."""
    (record,) = json.loads(cli("compare", "photo.png", "avg --global", "--report", "json").text)
    mean = np.rint(photo.mean((0, 1), keepdims=True)).astype(np.uint8)
    expected = skimage_metrics().peak_signal_noise_ratio(photo, np.broadcast_to(mean, photo.shape))
    assert record["psnr_db"] == pytest.approx(expected, abs=1e-5)
    assert (record["output_shape"], record["aliased_percent"], record["shift_change_percent"]) == (
        [1, 1, 3],
        0,
        0,
    )


def test_pipelines_and_inputs_come_in_any_order(cli, photo):
    told = [
        cli("compare", *words, "--report", "json").text
        for words in (
            ("photo.png", "max", "avg -k 2|max -k 2"),
            ("max", "avg -k 2|max -k 2", "photo.png"),
            ("max", "photo.png", "avg -k 2|max -k 2"),
        )
    ]
    facts = [[(each["pipeline"], each["psnr_db"]) for each in json.loads(one)] for one in told]
    assert facts[0] == facts[1] == facts[2]
    assert [name for name, _ in facts[0]] == ["max -k 2", "avg -k 2 | max -k 2"]


def test_the_same_is_infinitely_near(cli, photo):
    (record,) = json.loads(cli("compare", "photo.png", "sample -s 1", "--report", "json").text)
    assert (record["psnr_db"], record["ssim"]) == ("inf", 1.0)


def test_several_inputs_and_one_that_is_broken(cli, photo, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(0, 1, (2, 3, 8, 8)))
    ran = cli(
        "compare",
        "photo.png",
        "broken.png",
        "x.npy",
        "max -k 2",
        "-o",
        "sheet.png",
        "--report",
        "csv",
    )
    assert ran.code == 1
    assert ran.err.startswith("Error: broken.png: ")
    assert [line.split(",")[0] for line in ran.text.splitlines()] == ["input", "photo.png", "x.npy"]
    assert opened(tmp_path / "sheet.png")[:2] == ("RGB", "PNG")


def test_of_several_maps_the_first_is_taken_and_told(cli, tmp_path):
    first, second = (Image.new("L", (16, 16), gray) for gray in (10, 200))
    first.save(tmp_path / "pages.tif", save_all=True, append_images=[second])
    text = cli("compare", "pages.tif", "max").text
    assert "pages.tif (0, the first of 2)" in text


def test_an_image_from_stdin(cli, photo, tmp_path):
    ran = cli("compare", "-", "max -k 2", stdin=(tmp_path / "photo.png").read_bytes())
    assert lines(ran)[2].split()[0] == "-"


@pytest.mark.parametrize(
    "name", ["gray", "rgba", "palette", "bits", "deep", "float", "volume", "line", "whole", "nan"]
)
def test_any_kind_of_map_has_a_sheet(cli, tmp_path, name):
    rng = np.random.default_rng(0)
    gray = Image.fromarray(rng.integers(0, 256, (20, 24), np.uint8))
    holed = rng.normal(0, 1, (2, 16, 16))
    holed[0, :5] = np.nan
    images = {
        "gray": gray,
        "rgba": gray.convert("RGBA"),
        "palette": gray.convert("RGB").quantize(7),
        "bits": gray.convert("1"),
        "deep": Image.fromarray(rng.integers(0, 65536, (20, 24), np.uint16)),
        "float": Image.fromarray(rng.random((20, 24), np.float32)),
    }
    arrays = {
        "volume": rng.random((1, 2, 8, 9, 10)),
        "line": rng.random(64),
        "nan": holed,
        "whole": rng.integers(-9, 9, (3, 40, 12, 12)),
    }
    if name in images:
        images[name].save(tmp_path / "x.tif")
    else:
        np.save(tmp_path / "x.npy", arrays[name])
    file = "x.tif" if name in images else "x.npy"
    ran = cli("compare", file, *STEPS, "-o", "s.png", "--html", "p.html", "--report", "json")
    assert (ran.code, ran.err) == (0, "")
    assert all(isinstance(each["psnr_db"], float) for each in json.loads(ran.text))
    assert opened(tmp_path / "s.png")[2].shape[1] >= 256


def test_a_sheet_shows_the_results_pixels(cli, tmp_path):
    """Every colour of the pooled picture is there, as often as it is enlarged."""
    colours = (
        np.random.default_rng(0)
        .permutation(np.arange(16 * 12 * 3))
        .reshape(12, 16, 3)
        .astype(np.uint8)
    )
    x = colours.repeat(2, 0).repeat(2, 1)
    Image.fromarray(x).save(tmp_path / "x.png")
    assert cli("compare", "x.png", "max -k 2", "-o", "s.png").code == 0
    *_, shown = opened(tmp_path / "s.png")
    times = 256 // 32
    big = x.repeat(times, 0).repeat(times, 1)
    places = list(find(shown, big))
    assert len(places) == 2  # the original and the result, which is the same at its size
    assert places[0][0] == places[1][0]


def find(paper, picture):
    """Where a picture lies in another."""
    rows, columns = (np.flatnonzero((paper == picture[0, 0]).all(-1).any(axis)) for axis in (1, 0))
    for row in rows:
        for column in columns:
            part = paper[row : row + picture.shape[0], column : column + picture.shape[1]]
            if part.shape == picture.shape and (part == picture).all():
                yield int(row), int(column)


def test_outputs_are_refused_unless_overwritten(cli, photo, tmp_path):
    for option, name in (("-o", "s.png"), ("--html", "p.html")):
        (tmp_path / name).write_text("mine")
        ran = cli("compare", "photo.png", "max", option, name)
        assert (ran.code, ran.out) == (1, b"")
        assert f"{name} is there already: --overwrite replaces it" in ran.err
        assert (tmp_path / name).read_text() == "mine"
        assert cli("compare", "photo.png", "max", option, name, "--overwrite", "-q").code == 0
        assert (tmp_path / name).stat().st_size > 1000


def test_a_sheet_on_stdout_sends_the_table_to_stderr(cli, photo):
    ran = cli("compare", "photo.png", "max", "-o", "-")
    assert opened(io.BytesIO(ran.out))[1] == "PNG"
    assert "photo.png" in ran.err


def test_pictures_in_the_terminal_are_asked_for(cli, photo):
    assert "\x1b[" not in cli("compare", "photo.png", "max", "--show").text
    ran = cli("compare", "photo.png", "max", "avg", "--show=half")
    assert "\x1b[" in ran.text
    assert ran.text.rindex("avg -k 2") > ran.text.index("aliased %")


def test_the_suffix_names_the_format(cli, photo, tmp_path):
    assert cli("compare", "photo.png", "max", "-o", "s.jpg", "-q").code == 0
    assert opened(tmp_path / "s.jpg")[1] == "JPEG"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("photo.png",), 2, "give a pipeline or more"),
        (("max",), 2, "give INPUT"),
        (("photo.png", "max", "-k", "4"), 2, "go into its quotes"),
        (("photo.png", "maxx -k 2"), 2, "did you mean max?"),
        (("photo.png", "max", "-o", "s.xyz"), 2, ".xyz"),
        (("photo.png", "max", "-o", "."), 2, "is a folder"),
        (("photo.png", "max", "-o", "no/s.png"), 1, "no/s.png"),
        (("photo.png", "max", "-o", "same", "--html", "same"), 2, "give two files"),
        (("photo.png", "max --levels 1,2"), 1, "does not lie over it"),
        (("photo.png", "max -k 99"), 1, "photo.png: max -k 99: kernel 99 is larger"),
        (("none.png", "max"), 1, "none.png: "),
        (("no*.png", "max"), 3, "no image or array"),
    ],
)
def test_what_cannot_be_is_one_line(cli, photo, words, code, message):
    ran = cli("compare", *words)
    assert ran.code == code
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1

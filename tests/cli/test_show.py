"""--show: input and result in the terminal."""

import io
import json
import re
import subprocess

import numpy as np
import pytest
from PIL import Image
from processes import on_terminal, run
from representatives import first
from screens import block_pixels, kitty_pixels, opaque, seen, sixel_pixels

TRUE = {"COLORTERM": "truecolor"}


def test_before_and_after_side_by_side(tmp_path, photo):
    pixels, texts, _ = seen(tmp_path, "max -k 2 photo.png --show -q", **TRUE)
    largest = photo.reshape(6, 2, 8, 2, 3).max((1, 3))
    assert pixels.shape == (24, 41 + 32, 4)
    np.testing.assert_array_equal(pixels[:, :32], opaque(photo.repeat(2, 0).repeat(2, 1)))
    np.testing.assert_array_equal(pixels[:, 41:], opaque(largest.repeat(4, 0).repeat(4, 1)))
    assert not pixels[:, 32:41].any()
    assert [line.split("  ")[0] for line in texts] == ["photo.png", "12x16x3 RGB"]
    assert [line.split("  ")[-1] for line in texts] == ["→ max -k 2", "6x8x3 RGB"]


def test_one_above_the_other_where_it_is_narrow(tmp_path, photo):
    pixels, texts, _ = seen(tmp_path, "max -k 2 photo.png --show -q", 40, **TRUE)
    largest = photo.reshape(6, 2, 8, 2, 3).max((1, 3))
    np.testing.assert_array_equal(pixels[:24, :32], opaque(photo.repeat(2, 0).repeat(2, 1)))
    np.testing.assert_array_equal(pixels[24:], opaque(largest.repeat(5, 0).repeat(5, 1)))
    assert texts == ["photo.png", "12x16x3 RGB", "→ max -k 2", "6x8x3 RGB"]


def test_large_pictures_are_averaged(tmp_path, rng):
    photo = rng.integers(0, 256, (76, 156, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "a.png")
    pixels, _, _ = seen(tmp_path, "view a.png", 78, **TRUE)
    mean = np.rint(photo.reshape(38, 2, 78, 2, 3).mean((1, 3)))
    np.testing.assert_array_equal(pixels, opaque(mean.astype(np.uint8)))


def test_labels_are_not_mixed(tmp_path, rng):
    labels = np.kron(rng.integers(0, 3, (38, 78)), np.ones((4, 4), int)).astype(np.uint8)
    many = labels.copy()
    many[::4, ::4] = 3  # a few pixels of every block are of another kind
    table = rng.integers(0, 256, (4, 3), np.uint8)
    image = Image.fromarray(many)
    image.putpalette(table.tobytes())
    image.save(tmp_path / "labels.png")
    pixels, _, _ = seen(tmp_path, "view labels.png", 78, **TRUE)
    np.testing.assert_array_equal(pixels, opaque(table[labels[::4, ::4]]))


@pytest.mark.parametrize("columns", first(1, [80, 40, 200]))
def test_nothing_is_wider_than_the_terminal(tmp_path, columns):
    np.save(tmp_path / "x.npy", np.arange(6.0 * 60 * 90).reshape(6, 60, 90))
    pixels, _, shown = seen(tmp_path, "pyramid --op avg --levels 3 x.npy --show", columns, **TRUE)
    assert columns * 0.7 < pixels.shape[1] <= columns
    for line in re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines():
        assert len(line) <= columns


@pytest.mark.parametrize("environ", first(1, [{"NO_COLOR": "1"}, {"TERM": "dumb"}]))
def test_colours_are_left_out_where_they_are_not_wanted(tmp_path, photo, environ):
    code, shown, _ = on_terminal("max -k 2 photo.png --show", tmp_path, 80, TRUE | environ)
    assert (code, "\x1b[38" in shown, "▀" in shown) == (0, False, False)
    assert "→ max -k 2" in shown
    drawn = [line for line in shown.splitlines() if re.fullmatch(r"[ .:\-=+*#%@]+", line)]
    assert len(drawn) >= 12


@pytest.mark.parametrize(
    ("environ", "decode"), [({"TERM": "xterm-kitty"}, kitty_pixels), ({"TERM": "foot"}, None)]
)
def test_pixels_where_the_terminal_has_them(tmp_path, photo, environ, decode):
    code, shown, _ = on_terminal("view photo.png", tmp_path, 80, environ)
    assert code == 0
    pixels = decode(shown)[0] if decode else sixel_pixels(shown)
    large = opaque(photo.repeat(31, 0).repeat(31, 1))  # 19 rows of 20 pixels
    np.testing.assert_allclose(pixels[:372, :496].astype(int), large, atol=0 if decode else 2)
    assert shown.split("\x1b\\")[-1].splitlines() == ["\x1b8\x1b[19Bphoto.png", "12x16x3 RGB", ""]


def test_pictures_stay_out_of_what_is_no_terminal(tmp_path, photo):
    code, out, err = run("max -k 2 photo.png --show", tmp_path)
    assert (code, err, b"\x1b" in out) == (0, "", False)
    code, out, _ = run("max -k 2 photo.png --show=half --overwrite -q", tmp_path)
    assert block_pixels(out.decode())[0].shape == (24, 41 + 32, 4)


def test_pictures_keep_clear_of_data(tmp_path, photo):
    code, shown, out = on_terminal(
        "max -k 2 photo.png -o - --show", tmp_path, 80, TRUE, stdout=subprocess.PIPE
    )
    assert (code, block_pixels(shown)[0].shape) == (0, (24, 73, 4))
    with Image.open(io.BytesIO(out)) as result:
        np.testing.assert_array_equal(np.asarray(result), photo.reshape(6, 2, 8, 2, 3).max((1, 3)))
    code, out, err = run("max -k 2 photo.png --show=half --report json", tmp_path)
    assert code == 0
    assert json.loads(out)["files"][0]["output"] == "photo-max.png"
    assert block_pixels(err)[0].shape == (24, 73, 4)


def test_many_files_are_shown_in_their_order(tmp_path, photo):
    for name in "abc":
        (tmp_path / f"{name}.png").hardlink_to(tmp_path / "photo.png")
    (tmp_path / "photo.png").unlink()
    (tmp_path / "bb.png").write_text("no picture")
    code, shown, _ = on_terminal("max . -o out --show -r", tmp_path, 80, TRUE)
    assert code == 1
    pixels, texts = block_pixels(shown)
    assert pixels.shape[0] == 3 * 24
    assert [line.split()[0] for line in texts if "→ max" in line] == ["a.png", "b.png", "c.png"]
    assert any(line.startswith("Error: bb.png: ") for line in texts)


def test_a_dry_run_has_nothing_to_show(cli, photo):
    ran = cli("max", "photo.png", "--dry-run", "--show")
    assert (ran.code, ran.err) == (
        2,
        "Error: --dry-run reads no pixels, and --show needs some: leave one of them out\n",
    )


def test_the_word_after_show_is_an_input(cli, photo):
    assert cli("max", "--show", "photo.png", "-q").code == 0
    assert cli("max", "-q", "--overwrite", "--", "photo.png", "--show").err.startswith(
        "Error: --show: there is no such"
    )


def test_a_large_picture_is_cropped_to_what_can_be_seen(tmp_path, rng):
    photo = np.full((400, 400, 3), 90, np.uint8)
    photo[300:320, 40:60] = rng.integers(0, 256, (20, 20, 3))
    Image.fromarray(photo).save(tmp_path / "photo.png")
    pixels, texts, _ = seen(tmp_path, "avg -k 2 photo.png --show -q", 80, **TRUE)
    text = " ".join(" ".join(line[:41] for line in texts).split())
    where = re.search(r"rows (\d+):(\d+), columns (\d+):(\d+) of 400x400", text)
    top, bottom, left, right = map(int, where.groups())
    np.testing.assert_array_equal(pixels[:, : right - left], opaque(photo[top:bottom, left:right]))
    assert (top <= 300, bottom >= 320, left <= 40, right >= 60) == (True,) * 4


def test_lines_are_curves_on_one_axis(tmp_path):
    np.save(tmp_path / "x.npy", np.sin(np.arange(200) / 9))
    pixels, texts, _ = seen(tmp_path, "avg -k 20 x.npy --show -q", 60, **TRUE)
    assert pixels.shape == (38, 60, 4)
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) == 3  # two curves before the background
    assert texts[:2] == ["grey: x.npy, 200 float64 L", "yellow: → avg -k 20, 10 float64 L"]
    assert seen(tmp_path, "view x.npy", 60, **TRUE)[0].shape == (38, 60, 4)

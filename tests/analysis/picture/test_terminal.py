"""Pictures in the terminal: what is written is read back into pixels, and compared with those that went in."""

import io
import json
import re
import subprocess

import numpy as np
import pytest
from PIL import Image
from screens import block_pixels, kitty_pixels, shared_colour, sixel_pixels
from test_process import on_terminal, run

from poolcli.analysis.picture.screen import Screen, screen_of
from poolcli.analysis.picture.terminal import encoded, nearest256

RNG = np.random.default_rng(0)
TRUE = {"COLORTERM": "truecolor"}


def noise(height, width, few=256):
    """Pixels of at most so many colours, with a hole in a corner."""
    table = RNG.integers(0, 256, (few, 4), np.uint8)
    pixels = table[RNG.integers(0, few, (height, width))]
    pixels[..., 3] = 255
    pixels[:3, :5] = 0
    return pixels


def opaque(pixels):
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


# ---- the ways


@pytest.mark.parametrize("height", [8, 9, 2, 1])
def test_half_blocks_are_the_pixels(height):
    pixels = noise(height, 13)
    shown, texts = block_pixels(encoded(pixels, Screen("half")))
    np.testing.assert_array_equal(shown[:height], pixels)
    assert not shown[height:].any()
    assert texts == []


def test_the_256_colours_are_the_nearest_of_those_terminals_share():
    pixels = noise(30, 30)
    shown, _ = block_pixels(encoded(pixels, Screen("half256")))
    table = np.array([shared_colour(index) for index in range(16, 256)])
    seen = pixels[..., 3] > 0
    away = np.square(pixels[seen][:, None, :3].astype(int) - table).sum(-1)
    np.testing.assert_array_equal(
        np.square(shown[seen][:, :3].astype(int) - pixels[seen][:, :3]).sum(-1), away.min(1)
    )
    np.testing.assert_array_equal(shown[..., 3], pixels[..., 3])
    assert [shared_colour(index) for index in nearest256(table).tolist()] == [
        tuple(row) for row in table.tolist()
    ]


def test_letters_grow_with_brightness():
    levels = np.linspace(0, 255, 10).astype(np.uint8)
    ramp = opaque(np.repeat(np.repeat(levels[None, :, None], 3, axis=2), 2, axis=0))
    assert encoded(ramp, Screen("text")) == " .:-=+*#%@\n"
    ramp[..., 3] = 0
    assert encoded(ramp, Screen("text")) == "\n"


@pytest.mark.parametrize(("height", "width"), [(20, 30), (7, 300), (13, 1)])
def test_sixels_are_the_pixels(height, width):
    pixels = noise(height, width, few=200)
    text = encoded(pixels, Screen("sixel", cell=(10, 20)))
    shown = sixel_pixels(text)
    np.testing.assert_array_equal(shown[:height, :width, 3], pixels[..., 3])
    np.testing.assert_allclose(
        shown[:height, :width].astype(int), pixels, atol=2
    )  # sixel counts to 100
    assert not shown[height:].any()
    rows = -(-height // 20)
    assert text.startswith("\n" * rows + f"\x1b[{rows}A\x1b7\x1bP")
    assert text.endswith(f"\x1b\\\x1b8\x1b[{rows}B")


def test_sixels_of_a_photograph_are_near_it():
    across, down = np.meshgrid(np.arange(200), np.arange(150))
    smooth = opaque(np.stack([across, down, (across + down) // 2], -1).astype(np.uint8))
    shown = sixel_pixels(encoded(smooth, Screen("sixel", cell=(10, 10))))
    assert np.abs(shown.astype(int) - smooth).mean() < 6


@pytest.mark.parametrize("size", [(20, 30), (90, 333)])
def test_kitty_gets_the_pixels(size):
    pixels = noise(*size)
    shown, keys = kitty_pixels(encoded(pixels, Screen("kitty", cell=(10, 20))))
    np.testing.assert_array_equal(shown[: size[0], : size[1]], pixels)
    assert not shown[size[0] :].any()
    assert shown.shape[:2] == (20 * int(keys["r"]), 10 * int(keys["c"]))


# ---- which way


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True

    def fileno(self):
        raise OSError


class Ascii(Terminal):
    encoding = "ascii"


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-256color"}, "half256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "half"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "half256"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "half"),
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "foot-extra"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"}, "half256"),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"}, "half"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "text"),
        ({"TERM": "vt100"}, "text"),
        ({}, "text"),
        ({"WT_SESSION": "x"}, "half"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "text"),
        ({"TERM": "xterm-kitty", "NO_COLOR": ""}, "kitty"),
    ],
)
def test_the_environment_says_what_a_terminal_can(environ, way):
    assert screen_of(Terminal(), "auto", environ).graphics == way
    assert screen_of(Ascii(), "auto", environ).graphics == "text"
    assert screen_of(io.StringIO(), "auto", environ) is None
    assert screen_of(io.StringIO(), "sixel", environ).graphics == "sixel"


def test_the_environment_says_how_much_room_there_is():
    assert screen_of(Terminal(), "half", {"COLUMNS": "132", "LINES": "50"}) == Screen(
        "half", 132, 50
    )
    assert screen_of(Terminal(), "half", {"COLUMNS": "wide"}) == Screen("half", 80, 24)
    assert screen_of(Terminal(), "kitty", {}) == Screen("kitty", 80, 24, (10, 20))


# ---- the commands, on a terminal


def seen(folder, words, columns=80, **environ):
    """The pixels that a terminal shows, and the text."""
    code, shown, _ = on_terminal(words, folder, columns, environ)
    assert code == 0
    return *block_pixels(shown), shown


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


def test_large_pictures_are_averaged(tmp_path):
    photo = RNG.integers(0, 256, (76, 156, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "a.png")
    pixels, _, _ = seen(tmp_path, "view a.png", 78, **TRUE)
    mean = np.rint(photo.reshape(38, 2, 78, 2, 3).mean((1, 3)))
    np.testing.assert_array_equal(pixels, opaque(mean.astype(np.uint8)))


def test_labels_are_not_mixed(tmp_path):
    labels = np.kron(RNG.integers(0, 3, (38, 78)), np.ones((4, 4), int)).astype(np.uint8)
    many = labels.copy()
    many[::4, ::4] = 3  # a few pixels of every block are of another kind
    table = RNG.integers(0, 256, (4, 3), np.uint8)
    image = Image.fromarray(many)
    image.putpalette(table.tobytes())
    image.save(tmp_path / "labels.png")
    pixels, _, _ = seen(tmp_path, "view labels.png", 78, **TRUE)
    np.testing.assert_array_equal(pixels, opaque(table[labels[::4, ::4]]))


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_nothing_is_wider_than_the_terminal(tmp_path, columns):
    np.save(tmp_path / "x.npy", np.arange(6.0 * 60 * 90).reshape(6, 60, 90))
    pixels, _, shown = seen(tmp_path, "pyramid --op avg --levels 3 x.npy --show", columns, **TRUE)
    assert columns * 0.7 < pixels.shape[1] <= columns
    for line in re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines():
        assert len(line) <= columns


def test_colours_are_left_out_where_they_are_not_wanted(tmp_path, photo):
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, shown, _ = on_terminal(
            "max -k 2 photo.png --show --overwrite", tmp_path, 80, TRUE | environ
        )
        assert (code, "\x1b[38" in shown, "▀" in shown) == (0, False, False)
        assert "→ max -k 2" in shown
        assert (
            len([line for line in shown.splitlines() if re.fullmatch(r"[ .:\-=+*#%@]+", line)])
            >= 12
        )


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


# ---- view


def test_view_tells_where_it_cannot_show(cli, photo):
    np.save("x.npy", np.arange(50.0).reshape(2, 5, 5))
    ran = cli("view", "photo.png", "x.npy")
    assert (ran.code, ran.text) == (
        0,
        "photo.png, 12x16x3 RGB\nx.npy, 2x5x5 float64 CHW, 0 .. 49\n",
    )
    assert cli("view", "photo.png", "--show=text").text.count("\n") > 12


def test_view_of_a_pipe(cli, photo, tmp_path, monkeypatch):
    raw = (tmp_path / "photo.png").read_bytes()
    assert cli("view", "-", stdin=raw).text == "-, 12x16x3 RGB\n"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    pixels, _ = block_pixels(cli("view", "-", "--show=half", stdin=raw).text)
    np.testing.assert_array_equal(pixels, opaque(photo.repeat(3, 0).repeat(3, 1)))


def test_view_of_channels_and_pages(cli):
    np.savez("two.npz", a=np.arange(36.0).reshape(4, 3, 3), b=np.zeros((4, 4)))
    told = cli("view", "two.npz")
    assert (
        told.text == "two.npz, a, 4x3x3 float64 CHW, 0 .. 35\ntwo.npz, b, 4x4 float64 HW, 0 .. 0\n"
    )
    assert (
        cli("view", "two.npz", "--page", "a", "--channels", "1,3").text
        == "two.npz, 2x3x3 float64 CHW, 9 .. 35\n"
    )
    frames = [Image.new("L", (4, 4), number) for number in range(20)]
    frames[0].save("move.tiff", save_all=True, append_images=frames[1:])
    lines = cli("view", "move.tiff").text.splitlines()
    assert len(lines) == 12
    assert lines[-1] == "move.tiff, 11 (first 12 of 20), 4x4 L"
    assert cli("view", "move.tiff", "--page", 19).text == "move.tiff, 4x4 L\n"


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["none.npy"], 1, "none.npy: there is no such file or folder"),
        (["x.npy", "--channels", "2"], 1, "x.npy: --channels 2: there are 2, from 0 to 1"),
        (
            ["x.npy", "--channels", "a"],
            2,
            "--channels a: takes numbers and ranges of them, such as 0,4-7",
        ),
        (
            ["x.npy", "--channels", "3-1"],
            2,
            "--channels 3-1: takes ranges from the lower to the higher",
        ),
        (["x.npy", "--channels", "0-99999999999999"], 2, "of 4096 at most"),
        (["gray.png", "--channels", "0"], 1, "gray.png: --channels: a map of layout HW has none"),
        (["x.npy", "--page", "7"], 1, "x.npy: --page 7: there is 0"),
        (["x.npy", "--show=loud"], 2, "is not one of 'auto', 'kitty'"),
        (["text.png"], 1, "text.png: it is neither an array"),
        (["six.npy"], 1, "six.npy: an array of 6 axes has no usual layout"),
        ([], 2, "give INPUT: files, folders, or - for stdin"),
    ],
)
def test_view_of_what_is_odd(cli, tmp_path, words, code, reason):
    np.save("x.npy", np.zeros((2, 3, 3)))
    np.save("six.npy", np.zeros((1,) * 6))
    Image.new("L", (4, 4)).save("gray.png")
    (tmp_path / "text.png").write_text("no picture")
    ran = cli("view", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert reason in ran.err
    assert ran.err.count("\n") == 1


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


def test_a_name_cannot_drive_the_terminal(cli, photo, tmp_path):
    (tmp_path / "photo.png").rename(tmp_path / "\x1b[31mred.png")
    assert "\x1b" not in cli("view", ".").text

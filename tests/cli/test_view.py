"""The command `view`."""

import numpy as np
import pytest
from PIL import Image
from screens import block_pixels, opaque


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
        (["x.npy", "--show=loud"], 2, "--show loud: takes auto, kitty, sixel"),
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


def test_a_name_cannot_drive_the_terminal(cli, photo, tmp_path):
    (tmp_path / "photo.png").rename(tmp_path / "\x1b[31mred.png")
    assert "\x1b" not in cli("view", ".").text

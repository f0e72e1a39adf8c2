"""What the environment says of a terminal."""

import io

import pytest

from poolcli.analysis.drawing.screen import Screen, screen_of


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

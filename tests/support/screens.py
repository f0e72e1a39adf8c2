"""What a terminal would show: the pixels that each way of writing them stands for, read back from
the escapes.
"""

import base64
import re
import zlib

import numpy as np
from processes import on_terminal

LEVELS = (0, 95, 135, 175, 215, 255)


def shared_colour(index):
    """One of the 256 colours, as xterm's manual page gives them."""
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    red, rest = divmod(index - 16, 36)
    return LEVELS[red], LEVELS[rest // 6], LEVELS[rest % 6]


def half_blocks(line):
    """Two rows of RGBA of a line of half blocks, and the text that is none."""
    upper, lower, text = [], [], ""
    ink = paper = (0, 0, 0, 0)
    for style, letters in re.findall(r"(?:\x1b\[([\d;]*)m)?([^\x1b]*)", line):
        if style:
            ink, paper = colours([int(number) for number in style.split(";")], ink, paper)
        for letter in letters:
            pair = {"▀": (ink, paper), "▄": (paper, ink), " ": (paper, paper)}.get(letter)
            if pair:
                upper.append(pair[0])
                lower.append(pair[1])
            else:
                text += letter
    return [upper, lower], text


def colours(codes, ink, paper):
    """The ink and the paper after these numbers of a style."""
    while codes:
        kind = codes.pop(0)
        if kind == 0:
            ink = paper = (0, 0, 0, 0)
            continue
        assert kind in (38, 48), kind
        if codes.pop(0) == 2:
            colour, codes = (*codes[:3], 255), codes[3:]
        else:
            colour = (*shared_colour(codes.pop(0)), 255)
        ink, paper = (colour, paper) if kind == 38 else (ink, colour)
    return ink, paper


def block_pixels(shown):
    """RGBA of all lines of half blocks, and the lines of text."""
    rows, texts = [], []
    for line in shown.replace("\r", "").split("\n"):
        if re.search("[▀▄]", line):
            rows += half_blocks(line)[0]
        elif line.strip():
            texts.append(line)
    width = max(map(len, rows))
    return np.array([row + [(0, 0, 0, 0)] * (width - len(row)) for row in rows], np.uint8), texts


def sixel_pixels(shown):
    """RGBA of a sixel picture: the first of what was written."""
    body = re.search(r"\x1bP[\d;]*q(.*?)\x1b\\", shown, re.DOTALL)[1]
    width, height = map(int, re.match(r'"1;1;(\d+);(\d+)', body).groups())
    pixels, table = np.zeros((height + 6, width, 4), np.uint8), {}
    row = column = 0
    colour = None
    words = re.compile(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|([?-~])|(.)", re.DOTALL)
    for new, red, green, blue, old, times, many, move, one, odd in words.findall(
        body.split(str(height), 1)[1]
    ):
        assert not odd, odd
        if new:
            table[int(new)] = [*(round(int(each) * 2.55) for each in (red, green, blue)), 255]
        elif old:
            colour = table[int(old)]
        elif move:
            row, column = row + 6 * (move == "-"), 0
        else:
            bits, end = ord(many or one) - 63, column + int(times or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    pixels[row + bit, column:end] = colour
            column = end
    assert not pixels[height:].any()
    return pixels[:height]


def kitty_pixels(shown):
    """RGBA of a picture of kitty's protocol, and its keys."""
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", shown)
    assert all(len(data) <= 4096 and (len(data) % 4 == 0) for _, data in chunks)
    keys = [dict(pair.split("=") for pair in head.split(",")) for head, _ in chunks]
    assert [key["m"] for key in keys] == ["1"] * (len(keys) - 1) + ["0"]
    raw = zlib.decompress(base64.standard_b64decode("".join(data for _, data in chunks)))
    height, width = int(keys[0]["v"]), int(keys[0]["s"])
    assert (keys[0]["f"], keys[0]["o"], keys[0]["a"]) == ("32", "z", "T")
    return np.frombuffer(raw, np.uint8).reshape(height, width, 4), keys[0]


def opaque(pixels):
    """Pixels with an alpha of 255."""
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


def seen(folder, words, columns=80, **environ):
    """The pixels that a terminal shows, and the text."""
    code, shown, _ = on_terminal(words, folder, columns, environ)
    assert code == 0
    return *block_pixels(shown), shown

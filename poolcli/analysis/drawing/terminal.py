"""Pixels as text for a terminal: coloured half blocks, plain letters, sixel, or kitty's protocol.

Pixels are RGBA of uint8, (height, width, 4); one whose alpha is 0 is not painted. The cursor starts
at the left margin and ends there, below the picture.
"""

from __future__ import annotations

import re
import zlib
from base64 import standard_b64encode
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np
from PIL import Image

from poolcli.analysis.drawing.screen import Screen
from poolcli.maps.array import Array

LETTERS = " .:-=+*#%@"  # from dark to bright
CUBE_LEVELS = np.array([0, 95, 135, 175, 215, 255])  # of xterm's 6 x 6 x 6 colours
SIXEL_ROWS = 6  # pixels above each other in one character of sixel
KITTY_CHUNK = 4096  # bytes of a piece, the most that the protocol allows
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def encoded(pixels: Array, screen: Screen) -> str:
    """What to write so that the terminal shows the pixels."""
    across, down = screen.cell
    full = np.pad(pixels, ((0, -pixels.shape[0] % down), (0, -pixels.shape[1] % across), (0, 0)))
    if screen.graphics in LINE_ENCODERS:
        return "".join(f"{line}\n" for line in LINE_ENCODERS[screen.graphics](full))
    rows, columns = int(full.shape[0]) // down, int(full.shape[1]) // across
    # Empty lines first, then back up: terminals differ in whether a picture scrolls the screen, and
    # in where it leaves the cursor, which is therefore saved (ESC 7) and restored (ESC 8).
    picture = PICTURE_ENCODERS[screen.graphics](full, columns, rows)
    return "\n" * rows + f"\x1b[{rows}A\x1b7{picture}\x1b8\x1b[{rows}B"


def _half(pixels: Array) -> Iterator[str]:
    return _blocks(
        pixels, [[f"2;{r};{g};{b}" for r, g, b in line] for line in pixels[..., :3].tolist()]
    )


def _half256(pixels: Array) -> Iterator[str]:
    return _blocks(
        pixels, [[f"5;{index}" for index in line] for line in nearest256(pixels[..., :3]).tolist()]
    )


def _blocks(pixels: Array, colours: list[list[str]]) -> Iterator[str]:
    """Lines of half blocks: the foreground is the upper pixel, the background the lower one."""
    painted = (pixels[..., 3] > 0).tolist()
    for row in range(0, len(colours), 2):
        blocks = map(_half_block, colours[row], colours[row + 1], painted[row], painted[row + 1])
        line = ""
        for style, run in groupby(blocks, key=itemgetter(0)):
            line += f"\x1b[{style}m{''.join(letter for _, letter in run)}"
        yield line + "\x1b[0m"


def _half_block(upper: str, lower: str, has_upper: bool, has_lower: bool) -> tuple[str, str]:  # noqa: FBT001
    """The style and the character of two pixels above each other, and whether each is painted."""
    if has_upper and has_lower:
        return f"0;38;{upper};48;{lower}", "▀"
    if has_upper:
        return f"0;38;{upper}", "▀"
    return (f"0;38;{lower}", "▄") if has_lower else ("0", " ")


def nearest256(colours: Array) -> Array:
    """The nearest of xterm's 256 colours: a cube of 6 x 6 x 6 from 16, and 24 grays from 232.

    >>> nearest256(np.array([[255, 0, 0], [118, 118, 118]], np.uint8))
    array([196, 243])
    """
    values = colours.astype(np.int64)
    steps = np.abs(values[..., None] - CUBE_LEVELS).argmin(-1)
    cube = 16 + steps @ [36, 6, 1]
    grays = np.clip((values.mean(-1) - 8 + 5) // 10, 0, 23).astype(np.int64)
    error_of_cube = np.square(values - CUBE_LEVELS[steps]).sum(-1)
    error_of_gray = np.square(values - (8 + 10 * grays)[..., None]).sum(-1)
    nearest: Array = np.where(error_of_gray < error_of_cube, 232 + grays, cube)
    return nearest


def _text(pixels: Array) -> Iterator[str]:
    """A letter for two pixels above each other, denser for brighter pixels."""
    luma = pixels[..., :3] @ LUMA * (pixels[..., 3] > 0)
    mean = (luma[0::2] + luma[1::2]) / 2
    steps = np.rint(mean / 255 * (len(LETTERS) - 1)).astype(int)
    return ("".join(LETTERS[step] for step in line).rstrip() for line in steps.tolist())


def _kitty(pixels: Array, columns: int, rows: int) -> str:
    """Source: sw.kovidgoyal.net/kitty/graphics-protocol."""
    height, width, _ = pixels.shape
    data = standard_b64encode(zlib.compress(pixels.tobytes())).decode()
    pieces = [data[start : start + KITTY_CHUNK] for start in range(0, len(data), KITTY_CHUNK)]
    heads = ["m=1"] * (len(pieces) - 1) + ["m=0"]
    # Compressed RGBA, displayed at once, no reply, the cursor not moved.
    heads[0] = f"a=T,q=2,f=32,o=z,C=1,s={width},v={height},c={columns},r={rows}," + heads[0]
    return "".join(f"\x1b_G{head};{piece}\x1b\\" for head, piece in zip(heads, pieces, strict=True))


def _sixel(pixels: Array, _columns: int, _rows: int) -> str:
    """Source: VT330/VT340 Programmer Reference Manual, volume 2, chapter 14."""
    height, width, _ = pixels.shape
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3])).quantize(
        255, dither=Image.Dither.NONE
    )
    table = np.array(image.getpalette("RGB")).reshape(-1, 3)
    indices = np.where(pixels[..., 3] > 0, np.asarray(image), 255)
    colours = "".join(
        f"#{number};2;{r};{g};{b}"
        for number, (r, g, b) in enumerate(np.rint(table / 2.55).astype(int))
    )
    bands = "-".join(
        "$".join(_band(indices[top : top + SIXEL_ROWS])) for top in range(0, height, SIXEL_ROWS)
    )
    return f'\x1bP0;1;0q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(indices: Array) -> Iterator[str]:
    """Six rows of pixels, colour by colour; runs of more than three characters are shortened."""
    weights = 1 << np.arange(len(indices))
    for colour in np.unique(indices[indices < 255]).tolist():
        letters = (
            (63 + weights @ (indices == colour)).astype(np.uint8).tobytes().decode().rstrip("?")
        )
        yield f"#{colour}" + re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", letters)


LINE_ENCODERS: dict[str, Callable[[Array], Iterator[str]]] = {
    "half": _half,
    "half256": _half256,
    "text": _text,
}
PICTURE_ENCODERS: dict[str, Callable[[Array, int, int], str]] = {"kitty": _kitty, "sixel": _sixel}

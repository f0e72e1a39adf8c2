"""A contact sheet: one image of pictures in rows, each with a title and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from poolcli.analysis.drawing.resizing import shrunk
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

# Pixels. A sheet fits a screen of 1920 by 1080 with two or three pictures in a row.
SMALLEST, LARGEST = 256, 640  # of a picture's longer side
WIDEST_ROW = 1800
NARROWEST_TEXT = 200  # of a column of text under a small picture
GAP, MARGIN = 6, 18  # between the parts of a figure, and between figures
TITLE_SIZE, NOTE_SIZE = 17, 13  # of the font
LETTER_SPACING = 0.5
PAPER, INK, PALE_INK = (250, 250, 250), (20, 20, 20), (95, 95, 95)


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture (height, width, 3) with a title and a note; below it another one with its title."""

    title: str
    pixels: Array
    note: str = ""
    below: Array | None = None
    below_title: str = ""


@dataclass(frozen=True, eq=False)
class Section:
    """The figures of one input."""

    name: str
    figures: tuple[Figure, ...]


def contact_sheet(sections: Sequence[Section]) -> FeatureMap:
    """The figures of all sections, below each other, as an RGB image."""
    pixels = _framed(_stacked([row for section in sections for row in _rows(section)]))
    return FeatureMap(pixels, "HWC", Picture("RGB"))


def scaled(pixels: Array, smallest: int = SMALLEST, largest: int = LARGEST) -> Array:
    """A picture enlarged by a whole number to `smallest` pixels, or shrunk to `largest`."""
    longest = max(pixels.shape[:2])
    if longest > largest:
        times = -(-longest // largest)
        rows, columns = (-(-length // times) for length in pixels.shape[:2])
        return shrunk(pixels, (rows, columns))
    times = max(1, smallest // longest)
    return pixels.repeat(times, 0).repeat(times, 1)


def _rows(section: Section) -> Iterator[Array]:
    """The figures in rows of equal length; parts of the same kind start at the same height."""
    width = _figure_width(section)
    count = len(section.figures)
    most_columns = max(1, min(count, WIDEST_ROW // (width + MARGIN)))
    rows = ceil(count / most_columns)
    columns = ceil(count / rows)
    for first in range(0, count, columns):
        figures = [_parts(figure, width) for figure in section.figures[first : first + columns]]
        heights = [max(map(len, parts)) for parts in zip(*figures, strict=True)]
        aligned = [
            [_padded(part, height) for part, height in zip(parts, heights, strict=True)]
            for parts in figures
        ]
        row = _beside([_stacked(parts) for parts in aligned])
        yield _padded(row, len(row) + MARGIN)


def _parts(figure: Figure, width: int) -> list[Array]:
    """Title, picture, note, and title and picture below: all of one width, some without height."""
    empty = np.empty((0, width, 3), np.uint8)
    below = empty if figure.below is None else scaled(figure.below)
    return [
        _text(figure.title, width, TITLE_SIZE, INK),
        _widened(scaled(figure.pixels), width),
        _text(figure.note, width, NOTE_SIZE, PALE_INK),
        _text(figure.below_title, width, NOTE_SIZE, PALE_INK),
        _widened(below, width),
    ]


def _figure_width(section: Section) -> int:
    widths: list[int] = [scaled(figure.pixels).shape[1] for figure in section.figures]
    return max(NARROWEST_TEXT, *widths)


def _text(text: str, width: int, size: int, colour: tuple[int, int, int]) -> Array:
    """Wrapped text as a picture of this width; letters that the font lacks are escaped."""
    font = ImageFont.load_default(size)
    known = text.encode("latin-1", "backslashreplace").decode("latin-1")
    broken = wrapped(known, width, partial(_length, font))
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in broken]  # which the font lacks
    image = Image.new("RGB", (width, len(lines) * (size + 4)), PAPER)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        for count, letter in enumerate(line):  # one by one, as kerning joins two dashes
            draw.text((_length(font, line[:count]), number * (size + 4)), letter, colour, font)
    return np.asarray(image) if lines else np.empty((0, width, 3), np.uint8)


def _length(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> float:
    return sum(font.getlength(letter) for letter in text) + LETTER_SPACING * len(text)


def wrapped(text: str, width: int, length: Callable[[str], float]) -> Iterator[str]:
    """The text in lines that fit the width, broken between words, and inside words that do not fit.

    >>> list(wrapped("max -k 4 | restoration", 8, len))
    ['max -k 4', '|', 'restorat', 'ion']
    """
    line = ""
    for word in filter(None, text.split(" ")):  # a no-break space is no end of a word
        if line and length(f"{line} {word}") > width:
            yield line
            line = ""
        line = f"{line} {word}".lstrip()
        while length(line) > width and len(line) > 1:
            fits = max(1, sum(length(line[: count + 1]) <= width for count in range(len(line))))
            yield line[:fits]
            line = line[fits:]
    if line:
        yield line


def _stacked(pictures: Sequence[Array]) -> Array:
    """Pictures below each other."""
    shown = [picture for picture in pictures if picture.shape[0]]
    width = max(picture.shape[1] for picture in shown)
    gap = np.full((GAP, width, 3), PAPER, np.uint8)
    return np.concatenate([part for each in shown for part in (gap, _widened(each, width))][1:])


def _beside(pictures: Sequence[Array]) -> Array:
    height = max(picture.shape[0] for picture in pictures)
    gap = np.full((height, MARGIN, 3), PAPER, np.uint8)
    return np.concatenate(
        [part for each in pictures for part in (gap, _padded(each, height))][1:], axis=1
    )


def _padded(picture: Array, height: int) -> Array:
    return _on_paper(picture, (height, picture.shape[1]), (0, 0))


def _widened(picture: Array, width: int) -> Array:
    return _on_paper(picture, (picture.shape[0], max(width, picture.shape[1])), (0, 0))


def _framed(picture: Array) -> Array:
    height, width = picture.shape[:2]
    return _on_paper(picture, (height + 2 * MARGIN, width + 2 * MARGIN), (MARGIN, MARGIN))


def _on_paper(picture: Array, size: tuple[int, int], corner: tuple[int, int]) -> Array:
    paper = np.full((*size, 3), PAPER, np.uint8)
    rows, columns = (
        slice(start, start + length) for start, length in zip(corner, picture.shape, strict=False)
    )
    paper[rows, columns] = picture
    return paper

"""A contact sheet: pictures in rows, each under its title, readable at any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

SMALLEST, LARGEST = 256, 640  # pixels of a picture's longer side
WIDEST = 1800
_GAP, _MARGIN = 6, 18
_PAPER, _INK, _PALE = (250, 250, 250), (20, 20, 20), (95, 95, 95)
_TITLE, _NOTE, _BETWEEN = 17, 13, 0.5
_TEXT = 200  # a title has at least so much room


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture (height, width, 3) under its title, with a note; below may be another, under a title of its own."""

    title: str
    pixels: Array
    note: str = ""
    below: Array | None = None
    below_title: str = ""


@dataclass(frozen=True, eq=False)
class Section:
    """Figures that belong together: an input's."""

    name: str
    figures: tuple[Figure, ...]


def sheet(sections: Sequence[Section]) -> FeatureMap:
    """All sections below each other, as an RGB image."""
    pixels = _framed(_stacked([row for section in sections for row in _rows(section)]))
    return FeatureMap(pixels, "HWC", Picture("RGB"))


def scaled(pixels: Array, smallest: int = SMALLEST, largest: int = LARGEST) -> Array:
    """A picture enlarged by a whole number as far as `smallest`, or shrunk by one to `largest` at most."""
    longest = max(pixels.shape[:2])
    if longest > largest:
        return np.asarray(Image.fromarray(pixels).reduce(-(-longest // largest)))
    times = max(1, smallest // longest)
    return pixels.repeat(times, 0).repeat(times, 1)


def _rows(section: Section) -> Iterator[Array]:
    """The figures in rows of equal length; what belongs together in a row starts at one height."""
    width = _figure_width(section)
    columns = max(1, min(len(section.figures), WIDEST // (width + _MARGIN)))
    columns = -(-len(section.figures) // -(-len(section.figures) // columns))
    for first in range(0, len(section.figures), columns):
        parts = [_parts(figure, width) for figure in section.figures[first : first + columns]]
        heights = [max(part.shape[0] for part in line) for line in zip(*parts, strict=True)]
        row = _beside(
            [
                _stacked(
                    [_padded(part, height) for part, height in zip(each, heights, strict=True)]
                )
                for each in parts
            ]
        )
        yield _padded(row, row.shape[0] + _MARGIN)


def _parts(figure: Figure, width: int) -> list[Array]:
    """Title, picture, note, and the title and the picture below, all of one width."""
    empty = np.empty((0, width, 3), np.uint8)
    below = empty if figure.below is None else scaled(figure.below)
    return [
        _text(figure.title, width, _TITLE, _INK),
        _widened(scaled(figure.pixels), width),
        _text(figure.note, width, _NOTE, _PALE),
        _text(figure.below_title, width, _NOTE, _PALE),
        _widened(below, width),
    ]


def _figure_width(section: Section) -> int:
    widths: list[int] = [scaled(figure.pixels).shape[1] for figure in section.figures]
    return max(_TEXT, *widths)


def _text(text: str, width: int, size: int, colour: tuple[int, int, int]) -> Array:
    """Lines of text as a picture of this width; letters that the font lacks are spelt out."""
    font = ImageFont.load_default(size)
    lines = list(
        wrapped(
            text.encode("latin-1", "backslashreplace").decode("latin-1"),
            width,
            partial(_length, font),
        )
    )
    image = Image.new("RGB", (width, len(lines) * (size + 4)), _PAPER)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        for count, letter in enumerate(line):  # one by one: kerning would make a single dash of two
            draw.text((_length(font, line[:count]), number * (size + 4)), letter, colour, font)
    return np.asarray(image) if lines else np.empty((0, width, 3), np.uint8)


def _length(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> float:
    return sum(font.getlength(letter) for letter in text) + _BETWEEN * len(text)


def wrapped(text: str, width: int, length: Callable[[str], float]) -> Iterator[str]:
    """The text in lines that fit the width, broken between words, and inside of those that are too long.

    >>> list(wrapped("max -k 4 | restoration", 8, len))
    ['max -k 4', '|', 'restorat', 'ion']
    """
    line = ""
    for word in text.split():
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
    gap = np.full((_GAP, width, 3), _PAPER, np.uint8)
    return np.concatenate([part for each in shown for part in (gap, _widened(each, width))][1:])


def _beside(pictures: Sequence[Array]) -> Array:
    height = max(picture.shape[0] for picture in pictures)
    gap = np.full((height, _MARGIN, 3), _PAPER, np.uint8)
    return np.concatenate(
        [part for each in pictures for part in (gap, _padded(each, height))][1:], axis=1
    )


def _padded(picture: Array, height: int) -> Array:
    return _on_paper(picture, (height, picture.shape[1]), (0, 0))


def _widened(picture: Array, width: int) -> Array:
    return _on_paper(picture, (picture.shape[0], max(width, picture.shape[1])), (0, 0))


def _framed(picture: Array) -> Array:
    height, width = picture.shape[:2]
    return _on_paper(picture, (height + 2 * _MARGIN, width + 2 * _MARGIN), (_MARGIN, _MARGIN))


def _on_paper(picture: Array, size: tuple[int, int], corner: tuple[int, int]) -> Array:
    paper = np.full((*size, 3), _PAPER, np.uint8)
    rows, columns = (
        slice(start, start + length) for start, length in zip(corner, picture.shape, strict=False)
    )
    paper[rows, columns] = picture
    return paper

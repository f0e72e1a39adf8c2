"""One HTML file with a table and with pictures that are zoomed together."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib import resources
from io import BytesIO

from PIL import Image

from poolcli.analysis.drawing.contact_sheet import Figure, Section, scaled
from poolcli.maps.array import Array

LARGEST = 1280  # pixels of a picture's longer side: the file stays small enough to be sent

_MEASURED = (
    "PSNR and SSIM are against the original, after bilinear interpolation to its size. Aliased is "
    "the share of energy above the new Nyquist limit, shift change how much a result changes, "
    "beyond moving along, when the original moves by one pixel. The pictures show the nearest "
    "pixels."
)
_ZOOM = (
    "Point at a picture or tap it: all of an input are enlarged at the same place, each pixel by a "
    "whole number. Drag to look around, tap again to leave. With the keyboard, go to a picture "
    "with the tab key and move with the arrow keys."
)


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def html_page(
    sections: Sequence[Section], columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> str:
    """The text of the page; the first cell of a row is its heading."""
    names = ", ".join(section.name for section in sections)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(f'poolcli compare: {names}')}</title>",
            f"<style>{_resource('comparison.css')}</style>",
            "</head>",
            "<body>",
            "<h1>Poolings compared</h1>",
            f"<p>{_MEASURED}</p>",
            *_table(columns, rows),
            f"<p>{_ZOOM}</p>",
            *(line for section in sections for line in _section(section)),
            f"<script>{_resource('comparison.js')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield '<div class="wide" tabindex="0" role="region" aria-label="Measures">'
    yield "<table>"
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    yield f"<thead><tr>{heads}</tr></thead>"
    yield "<tbody>"
    for first, *cells in rows:
        values = "".join(
            f'<td data-name="{escape(column)}">{escape(cell)}</td>'
            for column, cell in zip(columns[1:], cells, strict=True)
        )
        name = (
            escape(first) if cells[-1] else f"<b>{escape(first)}</b>"
        )  # the row of an input, which has no measures, is bold
        yield f'<tr><th scope="row">{name}</th>{values}</tr>'
    yield "</tbody></table></div>"


def _section(section: Section) -> Iterator[str]:
    yield f'<section><h2>{escape(section.name)}</h2><div class="figures">'
    for figure in section.figures:
        yield from _figure(figure)
    yield "</div></section>"


def _figure(figure: Figure) -> Iterator[str]:
    yield f"<figure><figcaption>{escape(figure.title)}</figcaption>"
    yield _view(figure.pixels, figure.title)
    yield f"<p>{escape(figure.note)}</p>"
    if figure.below is not None:
        yield f"<p>{escape(figure.below_title)}</p>"
        text = f"{figure.title}: {figure.below_title}"
        zooms = figure.below.shape == figure.pixels.shape
        yield _view(figure.below, text) if zooms else _picture(figure.below, text)
    yield "</figure>"


def _view(pixels: Array, text: str) -> str:
    """A picture that can be zoomed."""
    attributes = f'class="view" tabindex="0" role="group" aria-label="{escape(text)}"'
    return f"<div {attributes}>{_picture(pixels, text)}</div>"


def _picture(pixels: Array, text: str) -> str:
    stream = BytesIO()
    Image.fromarray(scaled(pixels, 1, LARGEST)).save(stream, "PNG", compress_level=3)
    data = b64encode(stream.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(text)}">'

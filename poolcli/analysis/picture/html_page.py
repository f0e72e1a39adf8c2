"""One HTML file with a table and with pictures that are zoomed together."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from io import BytesIO

from PIL import Image

from poolcli.analysis.picture.contact_sheet import Figure, Section, scaled
from poolcli.maps.array import Array

LARGEST = 1280  # pixels of a picture's longer side: the file stays small enough to be sent

_MEASURED = (
    "PSNR and SSIM are against the original, after bilinear interpolation to its size. Aliased is "
    "the share of energy above the new Nyquist limit, shift change how much a result changes, "
    "beyond moving along, when the original moves by one pixel. The pictures show the nearest "
    "pixels."
)
_ZOOM = (
    "Point at a picture, or go to one with the tab key and move with the arrow keys: "
    "all show the same place."
)
_STYLE = """
:root { color-scheme: light dark; --paper: #fafafa; --card: #fff; --ink: #1b1b1b; --pale: #5c5c5c;
  --line: #d5d5d5; --mark: #0b57d0; --zoom: 4; --x: 50%; --y: 50%; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161616; --card: #202020; --ink: #ececec; --pale: #a9a9a9; --line: #3c3c3c;
    --mark: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 110rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; overflow-wrap: anywhere; }
p { color: var(--pale); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child { text-align: left; } tbody th { font: .95rem ui-monospace, monospace; }
.figures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0; padding: .7rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }
figcaption { font: 1rem ui-monospace, monospace; overflow-wrap: anywhere; }
figure p { margin: .4rem 0 0; font-size: .85rem; min-height: 1.2em; }
img { display: block; width: 100%; margin-top: .4rem; image-rendering: pixelated;
  border-radius: .2rem; }
.view { overflow: hidden; margin-top: .4rem; border-radius: .2rem; cursor: zoom-in; }
.view:focus-visible, .wide:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
.view img { margin: 0; transform-origin: var(--x) var(--y); }
.view:hover img, .view:focus-visible img, .zoomed .view img { transform: scale(var(--zoom)); }
"""
# All pictures of a section show the same place: that of the pointer, or of the arrow keys.
_SCRIPT = """
for (const figures of document.querySelectorAll(".figures")) {
  let x = 50, y = 50;
  const to = (left, top) => {
    x = Math.min(100, Math.max(0, left));
    y = Math.min(100, Math.max(0, top));
    figures.style.setProperty("--x", x + "%"); figures.style.setProperty("--y", y + "%");
  };
  const zoomed = (on) => figures.classList.toggle("zoomed", on);
  for (const view of figures.querySelectorAll(".view")) {
    view.addEventListener("pointermove", (event) => {
      const box = view.getBoundingClientRect();
      const left = 100 * (event.clientX - box.left) / box.width;
      to(left, 100 * (event.clientY - box.top) / box.height);
      zoomed(true);
    });
    view.addEventListener("pointerleave", () => zoomed(false));
    view.addEventListener("focus", () => zoomed(view.matches(":focus-visible")));
    view.addEventListener("blur", () => zoomed(false));
    view.addEventListener("keydown", (event) => {
      const steps = {
        ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5]};
      const step = steps[event.key];
      if (step) { to(x + step[0], y + step[1]); event.preventDefault(); }
      if (event.key === "Escape") view.blur();
    });
  }
}
"""


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
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<h1>Poolings compared</h1>",
            f"<p>{_MEASURED}</p>",
            *_table(columns, rows),
            f"<p>{_ZOOM}</p>",
            *(line for section in sections for line in _section(section)),
            f"<script>{_SCRIPT}</script>",
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
        values = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
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
    Image.fromarray(scaled(pixels, 1, LARGEST)).save(stream, "PNG", optimize=True)
    data = b64encode(stream.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(text)}">'

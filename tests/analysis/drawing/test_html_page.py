"""The page of `compare --html`."""

import base64
import html
import html.parser
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from images import opened

from poolcli.report.comparison_rows import COLUMNS

STEPS = ("max -k 4", "avg -k 4", "sample -s 4")


VOID = {"meta", "img", "br", "link"}


class Reader(html.parser.HTMLParser):
    """The tags of a page, each of which ends."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.attributes = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def page(cli, photo, tmp_path):
    name = "a <b>&\"'.png"
    (tmp_path / "photo.png").rename(tmp_path / name)
    assert cli("compare", name, *STEPS, "--html", "p.html", "-q").code == 0
    return (tmp_path / "p.html").read_text(encoding="utf-8")


def test_a_page_is_whole_and_escapes_names(page):
    read = Reader(page)
    assert page.startswith("<!DOCTYPE html>")
    assert read.tags.count("b") == 1  # the input's row, and not its name
    assert read.words.count("a <b>&\"'.png") == 2  # the row of the table, and the heading
    assert read.tags.count("figure") == 1 + len(STEPS)
    assert (read.tags.count("tr"), read.tags.count("th")) == (2 + len(STEPS), 8 + 1 + len(STEPS))


def test_measures_keep_their_names_on_a_phone(page):
    named = [value for _, name, value in Reader(page).attributes if name == "data-name"]
    assert named == list(COLUMNS[1:]) * (1 + len(STEPS))


def browsed(page, probe, folder):
    """What a script that is added to a page makes its title, as JSON."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser is installed")
    file = folder / "probe.html"
    file.write_text(page.replace("</body>", f"<script>{probe}</script></body>"), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'me'}"]
    ran = subprocess.run(
        [browser, *flags, "--window-size=800,900", "--dump-dom", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(html.unescape(re.search(r"<title>(.*)</title>", ran.stdout)[1]))


@pytest.mark.complete
def test_pictures_are_enlarged_by_touch_in_whole_pixels(page, tmp_path):
    """A browser taps, drags, taps again, and points with a mouse."""
    seen = browsed(page, PROBE, tmp_path)
    tapped, dragged, left, pointed, gone = seen
    assert (tapped["zoomed"], dragged["zoomed"], left["zoomed"]) == (True, True, False)
    assert (tapped["x"], dragged["x"]) == ("25%", "50%")
    assert (pointed["zoomed"], gone["zoomed"]) == (True, False)
    assert {each["rendering"] for each in seen} == {"pixelated"}  # it is larger than its pixels
    assert tapped["times"] == pytest.approx(round(tapped["times"]))


PROBE = """
window.addEventListener("load", () => {
  const figures = document.querySelector(".figures"), view = figures.querySelector(".view");
  const image = view.querySelector("img"), box = view.getBoundingClientRect(), seen = [];
  view.setPointerCapture = () => {};
  const at = (name, kind, x) => view.dispatchEvent(new PointerEvent(name, {
    pointerId: 1, pointerType: kind, bubbles: true,
    clientX: box.left + box.width * x, clientY: box.top + box.height / 2}));
  const look = () => seen.push({
    zoomed: figures.classList.contains("zoomed"), x: figures.style.getPropertyValue("--x"),
    times: figures.style.getPropertyValue("--zoom") * image.clientWidth / image.naturalWidth,
    rendering: getComputedStyle(image).imageRendering});
  at("pointerdown", "touch", 0.25); at("pointerup", "touch", 0.25); look();
  at("pointerdown", "touch", 0.1); at("pointermove", "touch", 0.5);
  at("pointerup", "touch", 0.5); look();
  at("pointerdown", "touch", 0.5); at("pointerup", "touch", 0.5); look();
  at("pointermove", "mouse", 0.75); look();
  at("pointerleave", "mouse", 0.75); look();
  document.title = JSON.stringify(seen);
});
"""


WIDTHS = """
window.addEventListener("load", () => {
  const view = document.querySelector(".view"), image = view.querySelector("img"), seen = [];
  for (const width of [40, 28, 20, 12]) {
    view.parentElement.style.width = `calc(${width}px + 1.4rem + 2px)`;
    view.parentElement.style.padding = ".7rem";
    window.dispatchEvent(new Event("resize"));
    seen.push([image.clientWidth, getComputedStyle(image).imageRendering]);
  }
  document.title = JSON.stringify(seen);
});
"""


@pytest.mark.complete
def test_pixels_of_a_picture_are_equally_large_or_it_is_smooth(page, tmp_path):
    """It is 16 pixels wide."""
    assert browsed(page, WIDTHS, tmp_path) == [
        [32, "pixelated"],
        [28, "auto"],
        [16, "pixelated"],
        [12, "auto"],
    ]


def test_a_page_needs_nothing_else(page):
    sources = [value for _, name, value in Reader(page).attributes if name in ("src", "href")]
    assert len(sources) == 2 * (1 + len(STEPS))
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.findall(r"https?:|@import|url\(", page)


def test_a_page_has_the_pictures(page, photo):
    sources = [
        value for tag, name, value in Reader(page).attributes if (tag, name) == ("img", "src")
    ]
    pictures = [opened(io.BytesIO(base64.b64decode(source.split(",")[1])))[2] for source in sources]
    np.testing.assert_array_equal(pictures[0], photo)
    largest = photo.reshape(3, 4, 4, 4, 3).max((1, 3))
    np.testing.assert_array_equal(pictures[2], largest.repeat(4, 0).repeat(4, 1))


def test_a_page_is_light_and_dark_and_reached_by_keys(page):
    read = Reader(page)
    assert "prefers-color-scheme: dark" in page
    assert ("html", "lang", "en") in read.attributes
    views = [
        value
        for tag, name, value in read.attributes
        if (tag, name, value) == ("div", "class", "view")
    ]
    stops = [value for tag, name, value in read.attributes if (tag, name) == ("div", "tabindex")]
    assert len(stops) == len(views) + 1  # the table can be moved too
    assert all(value for _, name, value in read.attributes if name == "alt")

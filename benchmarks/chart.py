"""The plot of the ratios, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from math import ceil, floor, log10
from typing import Any

from benchmarks.show import ratio_words

Results = dict[str, Any]
WIDTH, LEFT, RIGHT, TOP, ROW, RADIUS = 1000, 420, 230, 84, 22, 5.5
PEER = WIDTH - 8  # where the names of peers end
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
AHEAD, BEHIND, INK = "#3b82f6", "#f97316", "#7d8590"  # seen on white and on black


def backends(results: Results) -> list[str]:
    """The backends that were timed, the quicker one first."""
    names: list[str] = results.get("backends", [])
    return names


def ratios(results: Results, backend: str) -> list[float]:
    """What the fastest peer takes, in times of a backend, line by line."""
    return [row["ratios"][backend] for row in results["timings"] if row["fastest"]]


def svg(results: Results) -> str:
    """Dots on a logarithmic scale, a row for each line: filled for the first backend, rings for
    others.
    """
    rows = [row for row in results["timings"] if row["fastest"]]
    names = backends(results)
    logs = [log10(ratio) for name in names for ratio in ratios(results, name)]
    low, high = floor(2 * min([0, *logs])) / 2, ceil(2 * max([0, *logs])) / 2
    scale = (WIDTH - LEFT - RIGHT) / max(high - low, 0.5)
    height = TOP + ROW * len(rows) + 16

    def across(ratio: float) -> float:
        return round(LEFT + (log10(ratio) - low) * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13" fill="{INK}">',
        _text(8, 22, "How many times as long as poolcli the fastest other library takes"),
        *_legend(names),
        *(_tick(tick, across(tick), height) for tick in TICKS if low <= log10(tick) <= high),
        *(
            part
            for number, row in enumerate(rows)
            for part in _dots(row, TOP + ROW * number + ROW // 2, names, across)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend(names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        x = 16 + 110 * number
        yield _dot(x, 42, INK, filled=not number)
        yield _text(x + 12, 46, name)
        yield _text(_column(number), TOP - 14, name, anchor="end")
    if names:
        yield _text(PEER, TOP - 14, "fastest other", anchor="end")


def _column(number: int) -> int:
    """Where the numbers of a backend end, beside the plot."""
    return WIDTH - RIGHT + 80 + 50 * number


def _tick(tick: float, x: float, height: int) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 12}" stroke="{INK}" '
        f'stroke-width="{2 if tick == 1 else 0.5}"/>'
        + _text(x, TOP - 14, f"{tick:g}", anchor="middle")
    )


def _dots(
    row: dict[str, Any], middle: int, names: list[str], across: Callable[[float], float]
) -> Iterator[str]:
    yield _text(LEFT - 14, middle + 4, row["line"], anchor="end")
    places = [across(row["ratios"][name]) for name in names]
    if places:
        yield (
            f'<line x1="{min(places)}" x2="{max(places)}" y1="{middle}" y2="{middle}" '
            f'stroke="{INK}" stroke-width="2"/>'
        )
        yield _text(PEER, middle + 4, row["fastest"], anchor="end")
    for number, name in reversed(list(enumerate(names))):
        ratio = row["ratios"][name]
        colour = AHEAD if ratio >= 1 else BEHIND
        yield _dot(places[number], middle, colour, filled=not number)
        yield _text(_column(number), middle + 4, ratio_words(ratio), anchor="end", colour=colour)


def _dot(x: float, y: int, colour: str, *, filled: bool) -> str:
    fill = colour if filled else "none"
    return (
        f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    )


def _text(x: float, y: int, words: str, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'

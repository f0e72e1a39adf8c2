"""The table, the plot and the summary of the last measurements: `python -m benchmarks.plot`.

The table and the plot are in docs/speed.md, the summary is in the README.

Reads `results.json` (of `python -m benchmarks --json`) and `files.json` (of `python -m
benchmarks.files --json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

from benchmarks.show import geometric_mean, ms_words, ratio_words

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE, README, PLOT = ROOT / "docs/speed.md", ROOT / "README.md", ROOT / "docs/img/ratios.svg"

WIDTH, LEFT, RIGHT, TOP, ROW = 1000, 420, 140, 64, 22
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
AHEAD, BEHIND, INK = "#3b82f6", "#f97316", "#7d8590"  # seen on white and on black


def measured() -> tuple[dict[str, Any], dict[str, Any]]:
    """The last results, of lines and of whole commands."""
    results, files = (
        json.loads((HERE / name).read_text(encoding="utf-8"))
        for name in ("results.json", "files.json")
    )
    return results, files


def block(results: dict[str, Any], files: dict[str, Any]) -> str:
    """The generated part of docs/speed.md."""
    parts = [
        f"![ratios to the fastest peer](img/{PLOT.name})",
        f"Measured on {results['date']}, {results['machine']}, memory {results['memory']}; {results['releases']}.",
        _table(
            (
                "array and step",
                "poolcli ms",
                "fastest other",
                "its ms",
                "times as long",
                "of limit",
            ),
            _lines(results),
        ),
        _summary([row["ratio"] for row in results["timings"] if row["ratio"]]),
        f"Whole commands, from file to file, `avg -k 2`, measured on {files['date']}, {files['machine']}:",
        _table(("files", *_programs(files), "times as long"), _works(files)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    rule = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join([_row(head), rule, *map(_row, rows)])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _lines(results: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for row in results["timings"]:
        peer, ratio = row["fastest"] or "", ratio_words(row["ratio"])
        theirs = ms_words(row["peers"][peer]) if peer else ""
        yield (
            row["line"],
            ms_words(row["poolcli"]),
            peer,
            theirs,
            f"**{ratio}**",
            f"{row['share']:.0%}",
        )


def _summary(ratios: list[float]) -> str:
    behind = sum(ratio < 1 for ratio in ratios)
    return f"Geometric mean of the {len(ratios)} ratios: {geometric_mean(ratios):.2f}; behind on {behind or 'none'}."


def _programs(files: dict[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(program for row in files["files"] for program in row["ms"]))


def _works(files: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for row in files["files"]:
        cells = (
            f"{ms_words(row['ms'][each])} ms, {row['written'][each] / 1e6:.1f} MB"
            if each in row["ms"]
            else ""
            for each in _programs(files)
        )
        yield row["line"], *cells, f"**{ratio_words(row['ratio'])}**"


def svg(results: dict[str, Any]) -> str:
    """Bars from 1 to each ratio, on a scale of powers."""
    rows = [row for row in results["timings"] if row["ratio"]]
    ratios = [row["ratio"] for row in rows]
    low, high = floor(2 * log10(min(1, *ratios))) / 2, ceil(2 * log10(max(1, *ratios))) / 2
    scale = (WIDTH - LEFT - RIGHT) / max(high - low, 0.5)
    height = TOP + ROW * len(rows) + 16

    def across(ratio: float) -> float:
        return round(LEFT + (log10(ratio) - low) * scale, 1)

    ticks = [tick for tick in TICKS if low <= log10(tick) <= high]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">',
        '<text x="8" y="22" font-size="15">How many times as long as poolcli the fastest other library takes</text>',
        *(_tick(tick, across(tick), height) for tick in ticks),
        *(_bar(row, TOP + ROW * number, across) for number, row in enumerate(rows)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _tick(tick: float, x: float, height: int) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 12}" stroke="{INK}" '
        f'stroke-width="{2 if tick == 1 else 0.5}"/>'
        f'<text x="{x}" y="{TOP - 14}" text-anchor="middle">{tick:g}</text>'
    )


def _bar(row: dict[str, Any], top: int, across: Any) -> str:
    start, end = sorted((across(1), across(row["ratio"])))
    middle, colour = top + ROW // 2 + 4, AHEAD if row["ratio"] >= 1 else BEHIND
    return (
        f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{escape(row["line"])}</text>'
        f'<rect x="{start}" y="{top + 4}" width="{round(end - start, 1)}" height="{ROW - 8}" fill="{colour}"/>'
        f'<text x="{end + 6}" y="{middle}">{ratio_words(row["ratio"])} {escape(row["fastest"])}</text>'
    )


def summary(results: dict[str, Any]) -> str:
    """The generated part of the README."""
    rows = [row for row in results["timings"] if row["ratio"]]
    ahead = sum(row["ratio"] >= 1 for row in rows)
    mean = geometric_mean([row["ratio"] for row in rows])
    words = (
        f"On {len(rows)} steps, the fastest other library takes {mean:.2f} times as long as poolcli\n"
        f"(geometric mean), and poolcli is the fastest on {ahead} of them."
    )
    return f"{words} Measured on {results['date']}.\n"


def put(text: str, name: str, part: str) -> str:
    """The text with another generated part of this name."""
    marks = re.compile(rf"(<!-- begin: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    return marks.sub(lambda found: found[1] + part + found[2], text)


def pages() -> dict[Path, str]:
    """What every file that tells results should be."""
    results, files = measured()
    return {
        PAGE: put(PAGE.read_text(encoding="utf-8"), "speed", block(results, files)),
        README: put(README.read_text(encoding="utf-8"), "speed summary", summary(results)),
        PLOT: svg(results),
    }


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

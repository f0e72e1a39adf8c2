"""The table, the plot and the summary of the last measurements: `python -m benchmarks.plot`.

The table and the plot are in docs/speed.md, the summary is in the README.

Reads `results.json` (of `python -m benchmarks --json`) and `files.json` (of `python -m
benchmarks.files --json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.chart import Results, backends, ratios, svg
from benchmarks.files import Work
from benchmarks.show import geometric_mean, ms_words, ratio_words

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE, README, PLOT = ROOT / "docs/speed.md", ROOT / "README.md", ROOT / "docs/img/ratios.svg"


def measured() -> tuple[Results, Results]:
    """The last results, of lines and of whole commands."""
    results, files = (
        json.loads((HERE / name).read_text(encoding="utf-8"))
        for name in ("results.json", "files.json")
    )
    return results, files


def block(results: Results, files: Results) -> str:
    """The generated part of docs/speed.md."""
    names = backends(results)
    head = (
        "array and step",
        *(f"{name} ms" for name in names),
        "fastest other",
        "its ms",
        *(f"times as long as {name}" for name in names),
        "of limit",
    )
    works = [
        Work(*(row[name] for name in ("line", "ms", "cpu", "written"))) for row in files["files"]
    ]
    programs = tuple(dict.fromkeys(program for work in works for program in work.ms))
    parts = [
        f"![ratios to the fastest peer](img/{PLOT.name})",
        f"Measured on {results['date']}, {results['machine']}, memory {results['memory']}; "
        f"{results['releases']}.",
        _table(head, _lines(results)),
        "\n".join(_means(results)),
        f"Whole commands, from file to file, `avg -k 2`, measured on {files['date']}, "
        f"{files['machine']}. Milliseconds from start to end, those of processor time in all "
        "threads, and what is written:",
        _table(
            ("files", *programs, "times as long", "times the processor time"),
            _works(works, programs),
        ),
        "\n".join(_notes(works)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    rule = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join([_row(head), rule, *map(_row, rows)])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _lines(results: Results) -> Iterator[tuple[str, ...]]:
    names = backends(results)
    for row in results["timings"]:
        peer = row["fastest"] or ""
        yield (
            row["line"],
            *(ms_words(row["poolcli"][name]) for name in names),
            peer,
            ms_words(row["peers"][peer]) if peer else "",
            *(f"**{ratio_words(row['ratios'][name])}**" if peer else "" for name in names),
            f"{row['share']:.0%}",
        )


def _means(results: Results) -> Iterator[str]:
    for name in backends(results):
        found = ratios(results, name)
        behind = sum(ratio < 1 for ratio in found)
        mean = geometric_mean(found)
        yield (
            f"* {name}: geometric mean of the {len(found)} ratios {mean:.2f}; "
            f"behind on {behind or 'none'}."
        )


def _works(works: Iterable[Work], programs: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for work in works:
        cells = (_work_cell(work, program) for program in programs)
        times = (f"**{ratio_words(ratio)}**" for ratio in (work.ratio, work.cpu_ratio))
        yield work.line, *cells, *times


def _work_cell(work: Work, program: str) -> str:
    if program not in work.ms:
        return ""
    mark = " (x)" if program in work.notes else ""
    ms, cpu = ms_words(work.ms[program]), ms_words(work.cpu[program])
    return f"{ms}, {cpu} ms, {work.written[program] / 1e6:.1f} MB{mark}"


def _notes(works: Iterable[Work]) -> Iterator[str]:
    """Why programs are not ranked, each once."""
    reasons = {
        (program, note): work.line[-3:] for work in works for program, note in work.notes.items()
    }
    for (program, note), kind in reasons.items():
        yield f"(x): {program} is not ranked on {kind}: {note}."


def summary(results: Results) -> str:
    """The generated part of the README."""
    parts = [
        f"* {name}: the fastest other library takes {geometric_mean(ratios(results, name)):.2f} "
        f"times as long as poolcli\n  (geometric mean of {len(ratios(results, name))} steps), and "
        f"poolcli is the fastest on {sum(ratio >= 1 for ratio in ratios(results, name))} of them."
        for name in backends(results)
    ]
    if parts:
        parts += ["", f"Measured on {results['date']}."]
    return "".join(f"{part}\n" for part in parts)


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

"""Every line against every peer, then growth, accuracy and memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from benchmarks import accuracy, growth, memory, show
from benchmarks.bandwidth import Bandwidth, measured_bandwidth
from benchmarks.lines import LINES, Line
from benchmarks.measured import Measured, measured
from poolcli import PoolError
from poolcli.analysis.bench.backends import built
from poolcli.analysis.bench.peers import chosen, release


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option(
    "--line", "text", default="", metavar="TEXT", help="Only lines whose name has this text."
)
@click.option("--peers", metavar="NAMES", help="Only these, parted by commas.")
@click.option(
    "--repeats", default=7, type=click.IntRange(1), help="Samples of each call; the median counts."
)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all numbers here, too.",
)
def main(text: str, peers: str | None, repeats: int, file: Path | None) -> None:
    """Time both backends of poolcli next to the libraries that pool on CPUs: same arrays, same
    cores, in turn.
    """
    loaded, missing = chosen(peers)
    backends = built()
    notes = [f"without {name}: it is not installed" for name in missing]
    if "compiled" not in backends:
        notes.append("without compiled: the extension was not built")
    for note in notes:
        click.echo(note, err=True)
    machine = show.machine()
    bandwidth = measured_bandwidth()
    show.console.print(
        "; ".join(filter(None, [machine, str(bandwidth), _releases(loaded)])), highlight=False
    )
    found = {
        "timings": list(
            _timings([line for line in LINES if text in line.name], loaded, repeats, bandwidth)
        ),
        "growths": [
            growth.growth(op, backend, repeats)
            for op in growth.OPS
            if text in growth.name(op)
            for backend in backends
        ],
        "errors": [
            accuracy.error(values, windows)
            for values in accuracy.VALUES
            for windows in accuracy.WINDOWS
            if text in accuracy.name(values, windows)
        ],
        "needs": [
            memory.need(line)
            for line in memory.LINES
            if text in memory.name(line) and memory.STATUS.exists()
        ],
    }
    _show(found, list(loaded))
    if file:
        facts = {"date": str(date.today()), "machine": machine, "bandwidth": asdict(bandwidth)}
        facts |= {"memory": str(bandwidth), "releases": _releases(loaded)}
        facts |= {"backends": backends}
        file.write_text(
            json.dumps(facts | {name: _plain(rows) for name, rows in found.items()}, indent=1)
            + "\n"
        )


def _releases(peers: dict[str, ModuleType]) -> str:
    return ", ".join(f"{name} {release(name)}" for name in peers)


def _timings(
    lines: Sequence[Line], peers: dict[str, ModuleType], repeats: int, bandwidth: Bandwidth
) -> Iterator[Measured]:
    for number, line in enumerate(lines, 1):
        try:
            timing = measured(line, peers, repeats, bandwidth)
        except PoolError as error:
            click.echo(f"{number}/{len(lines)} skipped: {line.name}: {error}", err=True)
        else:
            click.echo(f"{number}/{len(lines)} {timing}", err=True)
            yield timing


def _show(found: dict[str, list[Any]], peers: list[str]) -> None:
    tables: dict[str, Callable[[list[Any]], None]] = {
        "timings": lambda rows: show.timings(rows, peers),
        "growths": show.growths,
        "errors": show.errors,
        "needs": show.needs,
    }
    for name, rows in found.items():
        if rows:
            show.console.print()
            tables[name](rows)


def _plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Records as JSON, with what is computed from them."""
    more = ("fastest", "ratio", "ratios", "share")
    return [
        asdict(row) | {name: getattr(row, name) for name in more if hasattr(row, name)}
        for row in rows
    ]


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")

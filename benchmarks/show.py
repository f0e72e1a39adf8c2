"""The tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import Error
from benchmarks.growth import Growth
from benchmarks.measured import Measured
from benchmarks.memory import Need
from poolcli.resources.threads import cores

if TYPE_CHECKING:
    from benchmarks.files import Work

CPUINFO = Path("/proc/cpuinfo")
NARROWEST = 200
console = Console()
if not console.is_terminal:
    console = Console(width=NARROWEST)


def machine() -> str:
    """Processor and cores."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine()
    return f"{model}, {cores()} cores, {_load()}"


def _load() -> str:
    """The load of the last minute; above 0.5 other programs have disturbed the times."""
    return f"load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else "load unknown"


def geometric_mean(ratios: Sequence[float]) -> float:
    return exp(sum(map(log, ratios)) / len(ratios))


def timings(rows: Sequence[Measured], peers: Sequence[str]) -> None:
    """A row a line, a column a peer; the fastest peer is bold."""
    backends = list(rows[0].poolcli)
    ratio_names = [f"ratio {backend}" for backend in backends]
    table = _table("line, ms", *backends, *peers, "fastest peer", *ratio_names, "of limit")
    for row in rows:
        table.add_row(
            row.line,
            *map(ms_words, row.poolcli.values()),
            *(_cell(row, peer) for peer in peers),
            row.fastest or "",
            *(ratio_words(row.ratios.get(backend)) for backend in backends),
            f"{row.share:.0%}",
        )
    console.print(table)
    for row in rows:
        for peer, note in row.notes.items():
            console.print(f"{row.line}: {peer} does not count: {note}", markup=False)
    for backend in backends:
        _summary(backend, [row for row in rows if row.ratios])


def growths(rows: Sequence[Growth]) -> None:
    table = _table("line, ms", "backend", *(f"k={k}" for k in rows[0].kernels), "ratio")
    for row in rows:
        times = map(ms_words, row.kernels.values())
        table.add_row(row.line, row.backend, *times, f"{row.ratio:.2f}")
    console.print(table)


def errors(rows: Sequence[Error]) -> None:
    table = _table("line, largest error", *rows[0].poolcli, "torch")
    for row in rows:
        own = (f"{each:.3g}" for each in row.poolcli.values())
        table.add_row(row.line, *own, "" if row.torch is None else f"{row.torch:.3g}")
    console.print(table)


def needs(rows: Sequence[Need]) -> None:
    beyond = [f"beyond, {backend}" for backend in rows[0].beyond]
    table = _table("line, MB", "input", "output", *beyond)
    for row in rows:
        grown = (f"{each:.1f}" for each in row.beyond.values())
        table.add_row(row.line, f"{row.input:.0f}", f"{row.output:.1f}", *grown)
    console.print(table)


def work(rows: Sequence[Work]) -> None:
    """A row a file or folder: milliseconds, processor time and megabytes written of each."""
    programs = list(dict.fromkeys(program for row in rows for program in row.ms))
    table = _table("ms, cpu ms (MB)", *programs, "fastest other", "ratio", "cpu ratio")
    for row in rows:
        cells = (_work_cell(row, each) for each in programs)
        table.add_row(
            row.line, *cells, row.fastest or "", *map(ratio_words, (row.ratio, row.cpu_ratio))
        )
    console.print(table)
    for row in rows:
        for program, note in row.notes.items():
            console.print(f"{row.line}: {program} does not count: {note}", markup=False)


def _work_cell(row: Work, program: str) -> str:
    if program not in row.ms:
        return ""
    mark = " x" if program in row.notes else ""
    ms, cpu = ms_words(row.ms[program]), ms_words(row.cpu[program])
    return f"{ms}, {cpu} ({row.written[program] / 1e6:.1f}){mark}"


def _summary(backend: str, rows: Sequence[Measured]) -> None:
    """The geometric mean of a backend's ratios, and the lines on which a peer is faster."""
    ratios = sorted((row.ratios[backend], row.line) for row in rows)
    behind = [(ratio, line) for ratio, line in ratios if ratio < 1]
    texts = [f"{line}: {ratio_words(ratio)}" for ratio, line in behind]
    if ratios:
        mean = geometric_mean([ratio for ratio, _ in ratios])
        texts.insert(0, f"geometric mean of {len(ratios)} ratios: {mean:.2f}")
        texts.append(f"{len(behind)} of {len(ratios)} lines behind")
    for text in texts:
        console.print(f"{backend}: {text}", highlight=False, markup=False)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _cell(row: Measured, peer: str) -> str:
    if peer not in row.peers:
        return "x" if peer in row.notes else ""
    text = ms_words(row.peers[peer])
    return f"[bold]{text}[/bold]" if peer == row.fastest else text


def ratio_words(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def ms_words(milliseconds: float) -> str:
    """Three digits are what a median is worth."""
    return f"{milliseconds:.{max(0, 2 - len(str(int(milliseconds))) + (milliseconds < 10))}f}"

"""Pool the inputs of a command and report the outcomes."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from poolcli import __version__
from poolcli.cli.option_values import (
    STDIO,
    inputs_from,
    log_from,
    memory_from,
    outputs_from,
    parallelism_from,
    style_from,
)
from poolcli.cli.shared_options import DATA_STYLES
from poolcli.cli.standard_streams import check_takes_bytes
from poolcli.errors import RequestError, plain
from poolcli.maps.layout import check_layout
from poolcli.report.encoding import encodable

if TYPE_CHECKING:
    from collections import Counter

    from poolcli.pipeline.pipeline import Pipeline
    from poolcli.run.job import Draw, Job
    from poolcli.run.parallelism import Parallelism


class _Display(NamedTuple):
    """Where the report and the pictures go, and what draws the pictures, if they are shown.

    `ignored` counts files of folders that are of no known kind, by suffix.
    """

    report: TextIO
    pictures: TextIO
    draw: Draw | None
    ignored: Counter[str] | None = None


def pool_files(pipeline: Pipeline, params: dict[str, Any]) -> int:
    """Pool the inputs, or plan to, and report the outcomes; the exit code."""
    from poolcli.run.expand import expand
    from poolcli.run.job import Settings
    from poolcli.run.plan import plan_jobs

    if params["layout"]:
        check_layout(params["layout"])
    display = _display(params)
    found, ignored = expand(inputs_from(params))
    parallelism = parallelism_from(params)
    files_at_once, _ = parallelism.split(len(found))
    memory = memory_from(params, files_at_once)
    outputs = outputs_from(params)._replace(draw=display.draw, memory=memory)
    if params["verbose"]:
        outputs = outputs._replace(tell=write_detail)
        _tell_run(pipeline, len(found), parallelism)
    settings = Settings(pipeline, outputs, params["layout"], not params["no_file_nodata"])
    jobs = plan_jobs(found, settings)
    if outputs.output == STDIO:
        check_takes_bytes("-o -", "-o FILE")
    return _run(jobs, parallelism, params, display._replace(ignored=ignored))


def _tell_run(pipeline: Pipeline, files: int, parallelism: Parallelism) -> None:
    """Tell what pools, and how the files are divided."""
    from poolcli.engine.backend import name
    from poolcli.run.details import run_details

    write_detail(f"poolcli {__version__}, {name()} backend")
    write_detail(f"pipeline: {pipeline}")
    write_detail(run_details(files, parallelism))


def write_detail(line: str) -> None:
    """Write a line of --verbose: at once and in one piece, as several threads and processes do."""
    sys.stderr.write(f"{encodable(plain(line), sys.stderr)}\n")
    sys.stderr.flush()


def _run(
    jobs: list[Job], parallelism: Parallelism, params: dict[str, Any], display: _Display
) -> int:
    from poolcli.report.progress import progress_bar
    from poolcli.report.run_report import RunReport
    from poolcli.report.totals import Totals
    from poolcli.run.run_jobs import preview_jobs, run_jobs

    run = preview_jobs if params["dry_run"] else run_jobs
    totals = Totals(len(jobs), display.ignored)
    shows_progress = _shows_progress(params, display)
    with (
        log_from(params) as log,
        RunReport(style_from(params), display.report, display.pictures, totals) as report,
        progress_bar(report.totals, shown=shows_progress) as advance,
        closing(
            run(jobs, parallelism, log, lambda: parallelism.fail_fast and report.failed)
        ) as outcomes,
    ):
        for outcome in outcomes:
            report.add(outcome)
            advance()
    return report.exit_code


def _display(params: dict[str, Any]) -> _Display:
    """The report goes to stdout, pictures too, unless stdout carries data."""
    has_output = params["output"] == STDIO
    has_data = has_output or params["report"] in DATA_STYLES
    pictures = sys.stderr if has_data else sys.stdout
    report = sys.stderr if has_output else sys.stdout
    return _Display(report, pictures, _draw(params, pictures))


def _shows_progress(params: dict[str, Any], display: _Display) -> bool:
    """Whether nothing else is written to the terminal while the jobs run."""
    writes_rows = params["report"] in DATA_STYLES and display.report.isatty()
    return not (params["quiet"] or params["verbose"] or display.draw or writes_rows)


def _draw(params: dict[str, Any], stream: TextIO) -> Draw | None:
    """What draws pictures for a stream; None where that is not asked for, or cannot be done."""
    if params["show"] is None:
        return None
    if params["dry_run"]:
        raise RequestError(
            "--dry-run reads no pixels, and --show needs some: leave one of them out"
        )
    from poolcli.analysis.drawing.screen import screen_of

    screen = screen_of(stream, params["show"])
    if screen is None:
        return None
    from poolcli.analysis.drawing.before_after import before_and_after

    return partial(before_and_after, screen=screen)

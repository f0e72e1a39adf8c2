"""Pool the inputs of a command and report the outcomes."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from poolcli.cli.option_values import (
    STDIO,
    executor_from,
    inputs_from,
    log_from,
    memory_from,
    outputs_from,
    style_from,
)
from poolcli.cli.options import DATA_STYLES
from poolcli.errors import RequestError
from poolcli.maps.layout import check_layout

if TYPE_CHECKING:
    from poolcli.analysis.picture.screen import Screen
    from poolcli.pipeline.pipeline import Pipeline
    from poolcli.run.executors import Crew
    from poolcli.run.jobs import Jobs


class _Display(NamedTuple):
    """Where the report and the pictures go, and how the pictures are shown, if they are."""

    report: TextIO
    pictures: TextIO
    screen: Screen | None


def pool_files(pipeline: Pipeline, params: dict[str, Any]) -> int:
    """Pool the inputs, or plan to, and report the outcomes; the exit code."""
    from poolcli.run.jobs import expand, plan_jobs
    from poolcli.run.order import Order

    if params["layout"]:
        check_layout(params["layout"])
    display = _display(params)
    found, executor = expand(inputs_from(params)), executor_from(params)
    memory = memory_from(params, executor.shared(len(found))[0])
    outputs = outputs_from(params)._replace(screen=display.screen, memory=memory)
    jobs = plan_jobs(found, Order(pipeline, outputs, params["layout"]))
    if outputs.output == STDIO and sys.stdout.isatty():
        raise RequestError("-o - would write binary to the terminal: pipe it on, or give -o FILE")
    return _perform(jobs, executor, params, display)


def _perform(jobs: Jobs, executor: Crew, params: dict[str, Any], display: _Display) -> int:
    from poolcli.report.progress import progress_bar
    from poolcli.report.run_report import RunReport
    from poolcli.run.session import perform, rehearse

    act = rehearse if params["dry_run"] else perform
    shows_progress = _shows_progress(params, display)
    with (
        log_from(params) as log,
        RunReport(style_from(params), display.report, display.pictures, len(jobs)) as report,
        progress_bar(report.totals, shown=shows_progress) as advance,
        closing(act(jobs, executor, log, lambda: executor.fail_fast and report.failed)) as outcomes,
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
    return _Display(report, pictures, _screen(params, pictures))


def _shows_progress(params: dict[str, Any], display: _Display) -> bool:
    """Whether nothing else is written to the terminal while the jobs run."""
    writes_rows = params["report"] in DATA_STYLES and display.report.isatty()
    return not (params["quiet"] or display.screen or writes_rows)


def _screen(params: dict[str, Any], stream: TextIO) -> Screen | None:
    """How to show pictures on the stream; None where it is not asked for, or cannot be done."""
    if params["show"] is None:
        return None
    if params["dry_run"]:
        raise RequestError(
            "--dry-run reads no pixels, and --show needs some: leave one of them out"
        )
    from poolcli.analysis.picture.screen import screen_of

    return screen_of(stream, params["show"])

"""The commands that pool: one for each operation, and `run`."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TextIO

import click

from poolcli.cli.command import Command, Option, inputs_argument, op_options, options
from poolcli.cli.options import (
    FILES,
    INDICES,
    read_text,
    take_crew,
    take_inputs,
    take_log,
    take_memory,
    take_outputs,
)
from poolcli.errors import RequestError
from poolcli.maps.layout import check_layout
from poolcli.pipeline.op import Op
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

if TYPE_CHECKING:
    from poolcli.pipeline.parser import Parser
    from poolcli.run.job import Draw

DATA = ("json", "jsonl", "csv")


def op_command(op: Op) -> click.Command:
    """The command of one row of the table."""

    @click.pass_context
    def body(ctx: click.Context, /, **given: Any) -> None:
        from poolcli.pipeline.pipeline import Pipeline

        own = {option.name: given.pop(option.name) for option in op.options if option.flags}
        if op.words:
            own[op.words.name], given["inputs"] = _parted(given["inputs"])
        if op.indexed and own["index_order"] and not given["indices_file"]:
            raise RequestError("--index-order says how --indices counts: give --indices FILE, too")
        ctx.exit(pool_files(Pipeline((parser().step(op.name, own),)), given))

    words = f"{op.words.flag}... INPUT..." if op.words else "INPUT..."
    params = [
        inputs_argument("inputs", words),
        *op_options(op),
        *(INDICES if op.indexed else ()),
        *FILES,
    ]
    of = " of each window" if op.windows == WINDOW_KINDS else ""
    more = f"\n\n{op.words.flag}: {op.words.help}" if op.words else ""
    text = (
        f"{op.summary[0].upper()}{op.summary[1:]}{of}: {op.formula}.{more}\n\nSource: {op.source}."
    )
    return Command(op.name, callback=body, params=params, help=text)


def _parted(words: tuple[str, ...]) -> tuple[list[str] | None, tuple[str, ...]]:
    """Pipelines before inputs."""
    branches = list(takewhile(is_pipeline, words))
    return branches or None, words[len(branches) :]


def is_pipeline(word: str) -> bool:
    """A word that is no file, and that an operation's name begins; or any name, if options or steps follow it."""
    name, *told = re.split("[ |]", word, maxsplit=1)
    is_file = os.path.exists(word)  # noqa: PTH110 - a long pipeline is no path, and pathlib would raise
    return not is_file and (name in OPS or (bool(told) and name.replace("-", "").isalpha()))


RECIPE = options(
    "Pipeline", Option(["--file"], metavar="RECIPE", help="Read the pipeline from a TOML file.")
)


@click.command(
    cls=Command, params=[inputs_argument("words", "[PIPELINE] INPUT..."), *RECIPE, *FILES]
)
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], file: str | None, **given: Any) -> None:
    """Run a pipeline: steps parted by |, or a recipe file."""
    pipeline, _, inputs = take_pipeline(words, file)
    ctx.exit(pool_files(pipeline, {**given, "inputs": inputs}))


def parser() -> Parser:
    """The parser of pipelines and options, which may name files."""
    from poolcli.io.load import load_arrays
    from poolcli.pipeline.parser import Parser

    return Parser(load_arrays)


def take_pipeline(
    words: tuple[str, ...], file: str | None
) -> tuple[Any, str | None, tuple[str, ...]]:
    """The pipeline, the recipe's usual input, and the words that remain."""
    if file is not None:
        pipeline, shape = _load(file)
        return pipeline, shape, words
    if not words:
        raise RequestError("give a pipeline, like 'max -k 3 -s 2 | avg --global', or --file RECIPE")
    return parser().parse(words[0]), None, words[1:]


def _load(file: str) -> tuple[Any, str | None]:
    text = read_text("--file", file)
    try:
        return parser().recipe(text)
    except RequestError as error:
        raise RequestError(f"{file}: {error}") from None


def pool_files(pipeline: Any, given: dict[str, Any]) -> int:
    """Do the jobs and report; the exit code."""
    from poolcli.report.run_report import Report
    from poolcli.report.show import live
    from poolcli.run.expand import expand
    from poolcli.run.job import Settings
    from poolcli.run.plan import plan_jobs
    from poolcli.run.run_jobs import preview_jobs, run_jobs

    if given["layout"]:
        check_layout(given["layout"])
    pictures = sys.stderr if given["output"] == "-" or given["report"] in DATA else sys.stdout
    found, crew = expand(take_inputs(given)), take_crew(given)
    memory = take_memory(given, crew.split(len(found))[0])
    outputs = take_outputs(given)._replace(draw=_draw(given, pictures), memory=memory)
    jobs = plan_jobs(found, Settings(pipeline, outputs, given["layout"]))
    if outputs.output == "-" and sys.stdout.isatty():
        raise RequestError("-o - would write binary to the terminal: pipe it on, or give -o FILE")
    stream = sys.stderr if outputs.output == "-" else sys.stdout
    busy = given["quiet"] or outputs.draw or (given["report"] in DATA and stream.isatty())
    act = preview_jobs if given["dry_run"] else run_jobs
    with (
        take_log(given) as log,
        Report(
            "none" if given["quiet"] else given["report"], stream, pictures, len(jobs)
        ) as report,
        live(report.total, shown=not busy) as tick,
        closing(act(jobs, crew, log, lambda: crew.fail_fast and report.exit_code > 0)) as outcomes,
    ):
        for outcome in outcomes:
            report.add(outcome)
            tick()
    return report.exit_code


def _draw(given: dict[str, Any], stream: TextIO) -> Draw | None:
    """What draws pictures for a stream, if that is asked for, and the stream shows them."""
    if given["show"] is None:
        return None
    if given["dry_run"]:
        raise RequestError(
            "--dry-run reads no pixels, and --show needs some: leave one of them out"
        )
    from poolcli.analysis.picture.screen import screen_of

    screen = screen_of(stream, given["show"])
    if screen is None:
        return None
    from poolcli.analysis.picture.panels import shown

    return partial(shown, screen=screen)

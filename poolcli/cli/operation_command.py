"""Build the command of an operation from its row of the table."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import click

from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.file_parser import file_parser
from poolcli.cli.option import operation_options
from poolcli.cli.pipeline_argument import is_pipeline
from poolcli.cli.pool_files import pool_files
from poolcli.cli.shared_options import FILES, INDICES
from poolcli.errors import RequestError
from poolcli.pipeline.op import Op
from poolcli.pipeline.window_kinds import WINDOW_KINDS


def operation_command(op: Op) -> click.Command:
    """The command of one row of the table."""

    @click.pass_context
    def pool(ctx: click.Context, /, **params: Any) -> None:
        from poolcli.pipeline.pipeline import Pipeline

        own = {option.name: params.pop(option.name) for option in op.options if option.flags}
        if op.positional:
            own[op.positional.name], params["inputs"] = _split_pipelines(params["inputs"])
        if op.indexed and own["index_order"] and not params["indices_file"]:
            raise RequestError("--index-order says how --indices counts: give --indices FILE, too")
        ctx.exit(pool_files(Pipeline((file_parser().step(op.name, own),)), params))

    return Command(op.name, callback=pool, params=_params(op), help=_help(op))


def _params(op: Op) -> list[click.Parameter]:
    words = f"{op.positional.flag}... INPUT..." if op.positional else "INPUT..."
    indices = INDICES if op.indexed else ()
    return [inputs_argument("inputs", words), *operation_options(op), *indices, *FILES]


def _help(op: Op) -> str:
    of_windows = " of each window" if op.windows == WINDOW_KINDS else ""
    pipelines = f"\n\n{op.positional.flag}: {op.positional.help}" if op.positional else ""
    formula = f": {op.formula}" if op.formula else ""
    summary = f"{op.summary[:1].upper()}{op.summary[1:]}{of_windows}{formula}."
    return f"{summary}{pipelines}\n\nSource: {op.source}."


def _split_pipelines(words: tuple[str, ...]) -> tuple[list[str] | None, tuple[str, ...]]:
    """The pipelines that come first, None without any, and the inputs after them."""
    pipelines = list(takewhile(is_pipeline, words))
    return pipelines or None, words[len(pipelines) :]

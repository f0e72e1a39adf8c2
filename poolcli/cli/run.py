"""The command `run`."""

from __future__ import annotations

from typing import Any

import click

from poolcli.cli.command import PipelinesCommand, inputs_argument
from poolcli.cli.pipeline_argument import pipeline_from
from poolcli.cli.pool_files import pool_files
from poolcli.cli.shared_options import FILES, RECIPE

WORDS = inputs_argument("words", "[PIPELINE] INPUT...")


@click.command(cls=PipelinesCommand, params=[WORDS, *RECIPE, *FILES])
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], file: str | None, **params: Any) -> None:
    """Run a pipeline: steps parted by |, or a recipe file."""
    pipeline, _, inputs = pipeline_from(words, file)
    ctx.exit(pool_files(pipeline, {**params, "inputs": inputs}))

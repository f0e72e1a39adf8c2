"""The commands that look and change nothing: `shape`, `ops`, `info`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from poolcli.cli.command import Command, Option, inputs_argument, options
from poolcli.cli.options import (
    FOLDERS,
    LAYOUT,
    MEMORY,
    REPORT,
    STYLES,
    take_inputs,
    take_memory,
    take_path,
)
from poolcli.cli.pool import RECIPE, take_pipeline
from poolcli.errors import PoolError, RequestError, in_flags, plain
from poolcli.pipeline.kinds import DTYPE, SIZE
from poolcli.pipeline.parameters import Parameter

SHAPE = options(
    "Pipeline",
    *RECIPE,
    Option(
        ["--input", "shape_text"], metavar="SHAPE", help="Shape of the input, such as 1x64x112x112."
    ),
    Option(
        ["--dtype"],
        default="float32",
        show_default=True,
        metavar="DTYPE",
        help="Type of --input's values.",
    ),
)
FORMAT = options(
    "Report",
    Option(
        ["--format"],
        type=click.Choice(("markdown", "latex", *STYLES)),
        help="As --report, and to paste.",
    ),
    Option(
        ["--to-code"],
        type=click.Choice(("torch", "keras", "onnx", "numpy")),
        help="The same as code, tried.",
    ),
)


@click.command(
    cls=Command,
    params=[
        inputs_argument("words", "[PIPELINE] [FILE]"),
        *SHAPE,
        *LAYOUT,
        *MEMORY,
        *FORMAT,
        *REPORT,
    ],
)
def shape(words: tuple[str, ...], file: str | None, **given: Any) -> None:
    """Plan a pipeline without pixels: shapes, receptive field, jump, operations and memory of each step."""
    from poolcli.report import describe, show
    from poolcli.resources.memory import Memory, use

    pipeline, usual, rest = take_pipeline(words, file)
    text = _asked(given, rest, usual)
    limit = take_memory(given)
    with use(Memory(limit)):
        if text is None:
            form, stages = _of_file(pipeline, take_path("FILE", rest[0]), given["layout"])
        else:
            form, stages = _written(pipeline, text, given["layout"], given["dtype"])
        records, table = describe.stage_records(stages), describe.stage_table(form, stages)
    if given["to_code"]:
        click.echo(_code(given["to_code"], pipeline, form, stages), nl=False)
        return
    show.tell(
        "none" if given["quiet"] else given["format"] or given["report"],
        sys.stdout,
        records,
        *table,
    )


def _code(target: str, pipeline: Any, form: Any, stages: Any) -> str:
    from poolcli.analysis.export import code

    return code(target, pipeline, form, stages)


def _asked(given: dict[str, Any], rest: tuple[str, ...], usual: str | None) -> str | None:
    """The shape that is asked about, or None for a file's."""
    if given["format"] and given["report"] != "table":
        raise RequestError("--report and --format both say how to tell it: give one of them")
    text: str | None = given["shape_text"] or (None if rest else usual)
    if len(rest) != (text is None):
        raise RequestError("give one input: a FILE, or --input with a shape like 1x64x112x112")
    return text


def _of_file(pipeline: Any, path: Path, layout: str | None) -> tuple[Any, Any]:
    """The form of a file's first map, and its plan."""
    peek = _peek(path, layout)
    try:
        _check_need(pipeline, peek)
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None
    return peek.maps[0].form, pipeline.plan(peek.maps[0].form)


def _check_need(pipeline: Any, peek: Any) -> None:
    from poolcli.resources.memory import here
    from poolcli.run.budget import memory_need

    if (limit := here().limit) is not None:
        memory_need(pipeline, peek, None).check(limit)


def _written(pipeline: Any, text: str, layout: str | None, dtype: str) -> tuple[Any, Any]:
    """The form that a written shape stands for, and its plan; nothing but the request can be wrong with it."""
    from poolcli.io import Header, Peek

    form = written_form(text, layout, dtype)
    try:
        stages = pipeline.plan(form)
        _check_need(pipeline, Peek("npy", (Header("", form.shape, form.dtype.name, form.layout),)))
    except PoolError as error:
        raise RequestError(str(error)) from None
    return form, stages


def written_form(text: str, layout: str | None, dtype: str) -> Any:
    """The form that a written shape stands for."""
    import numpy as np

    from poolcli.maps.feature_map import Form
    from poolcli.maps.layout import check_layout, default_layout

    sizes = Parameter("input", ("--input",), SIZE, "").read(text)
    kind = np.dtype(Parameter("dtype", ("--dtype",), DTYPE, "").read(dtype))
    try:
        return Form(
            sizes, kind, check_layout(layout, len(sizes)) if layout else default_layout(len(sizes))
        )
    except PoolError as error:
        raise RequestError(str(error)) from None


def _peek(path: Path, layout: str | None) -> Any:
    from poolcli import io
    from poolcli.run.stdin import open_source

    try:
        return io.peek(open_source(path), layout)
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


@click.command(cls=Command, params=list(REPORT))
def ops(**given: Any) -> None:
    """List the reducers and the kinds of windows, with their formulas, options and sources."""
    from poolcli.pipeline.table import OPS
    from poolcli.pipeline.window_kinds import WINDOW_KINDS
    from poolcli.report import describe, show

    style = "none" if given["quiet"] else given["report"]
    reducers = [describe.op_record(op) for op in OPS.values()]
    windows = [describe.windows_record(kind) for kind in WINDOW_KINDS]
    if style == "table":
        show.tell(
            style,
            sys.stdout,
            [],
            ("reducer", "formula", "options", "source"),
            map(describe.cells, reducers),
        )
        click.echo()
        show.tell(
            style,
            sys.stdout,
            [],
            ("windows", "cells", "options", "source"),
            map(describe.cells, windows),
        )
    else:
        show.tell(style, sys.stdout, [*reducers, *windows])


@click.command(cls=Command, params=list(REPORT))
def semantics(**given: Any) -> None:
    """Print where frameworks disagree: each rule, what every profile of --semantics does, and where it is written."""
    from poolcli.pipeline.profiles import PROFILES
    from poolcli.pipeline.semantics import RULES
    from poolcli.report import show

    columns = ("rule", *PROFILES, "source")
    rows = [rule.row for rule in RULES]
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    show.tell("none" if given["quiet"] else given["report"], sys.stdout, records, columns, rows)


@click.command(
    cls=Command, params=[inputs_argument("inputs", "INPUT..."), *FOLDERS, *LAYOUT, *REPORT]
)
@click.pass_context
def info(ctx: click.Context, /, **given: Any) -> None:
    """Say what files are, from their headers: format, shape, dtype, mode, layout, pages."""
    from poolcli.report import describe, show
    from poolcli.run.expand import expand

    records, failed = [], False
    for found in expand(take_inputs(given)):
        try:
            records += describe.info_records(found.path, _peek(found.path, given["layout"]))
        except PoolError as error:
            failed = True
            click.echo(f"Error: {plain(in_flags(error))}", err=True)
    style = "none" if given["quiet"] else given["report"]
    if records or style == "json":
        show.tell(
            style, sys.stdout, records, describe.INFO_COLUMNS, map(describe.info_cells, records)
        )
    ctx.exit(int(failed))

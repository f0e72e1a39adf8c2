"""The command `shape`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from poolcli.analysis.export.targets import NAMES as TARGETS
from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.input_maps import header_of, naming
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import input_from, memory_from, within_memory
from poolcli.cli.pipeline_argument import PipelineArgument, pipeline_from
from poolcli.cli.shape_argument import form_from, shape_or_file
from poolcli.cli.shared_options import LAYOUT, MEMORY, PIPELINE_AND_SHAPE, REPORT, STYLES
from poolcli.errors import PoolError, RequestError

if TYPE_CHECKING:
    from poolcli.io import Peek
    from poolcli.maps.feature_map import Form
    from poolcli.pipeline.pipeline import Pipeline
    from poolcli.pipeline.step import Stage
    from poolcli.run.cell_plan import CellPlan
    from poolcli.run.pyramid_plan import PyramidPlan
    from poolcli.run.region_plan import RegionPlan

    FormAndStages = tuple[Form, tuple[Stage, ...], RegionPlan | PyramidPlan | CellPlan | None]

FORMAT = in_group(
    "Report",
    Option(
        ["--format"],
        type=click.Choice(("markdown", "latex", *STYLES)),
        help="As --report, and to paste.",
    ),
    Option(
        ["--to-code"],
        type=click.Choice(TARGETS),
        metavar="LIBRARY",
        help=f"The same as code of a library, tried: {', '.join(TARGETS)}.",
    ),
)
WORDS = inputs_argument("words", "[PIPELINE] [FILE]")


@click.command(cls=Command, params=[WORDS, *PIPELINE_AND_SHAPE, *LAYOUT, *MEMORY, *FORMAT, *REPORT])
def shape(words: tuple[str, ...], file: str | None, **params: Any) -> None:
    """Plan a pipeline without pixels: shapes, receptive field, jump, operations and memory of each
    step.
    """
    argument = pipeline_from(words, file)
    if params["format"] and params["report"] != "table":
        raise RequestError("--report and --format both say how to tell it: give one of them")
    if params["to_code"]:
        _print_code(argument, params)
    else:
        _print_plan(argument, params)


def _print_plan(argument: PipelineArgument, params: dict[str, Any]) -> None:
    from poolcli.report.plan_rows import Memory, plan_records, plan_table
    from poolcli.report.records import write_records

    limit = memory_from(params)
    with within_memory(params):
        form, stages, regions = _plan(argument, params, limit)
        memory = None if limit is None else Memory(regions)
        records, table = plan_records(stages, memory), plan_table(form, stages, memory)
    style = "none" if params["quiet"] else params["format"] or params["report"]
    write_records(style, sys.stdout, records, *table)


def _print_code(argument: PipelineArgument, params: dict[str, Any]) -> None:
    from poolcli.analysis.export.code import code_of

    with within_memory(params):
        form, stages, _ = _plan(argument, params, memory_from(params))
    code = code_of(params["to_code"], argument.pipeline, form, stages)
    click.echo(code, nl=False)


def _plan(argument: PipelineArgument, params: dict[str, Any], limit: int | None) -> FormAndStages:
    text = shape_or_file(params, argument)
    if text is None:
        return _plan_file(argument, params["layout"], limit)
    form = form_from(text, params["layout"], params["dtype"])
    return _plan_form(argument.pipeline, form, limit)


def _plan_file(argument: PipelineArgument, layout: str | None, limit: int | None) -> FormAndStages:
    """The form of a file's first map, and its plan."""
    from poolcli.pipeline.pixel_sizes import with_pixel_sizes

    path = input_from("FILE", argument.rest[0])
    header = header_of(path, layout)
    with naming(path):
        regions = _regions(argument.pipeline, header, limit)
        form = header.maps[0].form
        pipeline = with_pixel_sizes(argument.pipeline, header.maps[0].facts, form)
    return form, pipeline.plan(form), regions


def _plan_form(pipeline: Pipeline, form: Form, limit: int | None) -> FormAndStages:
    """The plan of a written shape: without a file, every error is one of the request."""
    from poolcli.io import Header, Peek

    row = (*(1,) * (len(form.shape) - 1), form.shape[-1])
    header = Header("", form.shape, form.dtype.name, form.layout, chunks=row)
    try:
        stages = pipeline.plan(form)
        regions = _regions(pipeline, Peek("npy", (header,)), limit)
    except PoolError as error:
        raise RequestError(str(error)) from None
    return form, stages, regions


def _regions(
    pipeline: Pipeline, header: Peek, limit: int | None
) -> RegionPlan | PyramidPlan | CellPlan | None:
    """The regions that a limit cuts the first map into; None where it is pooled as a whole.

    PoolError where that needs more memory than the limit.
    """
    if limit is None:
        return None
    from poolcli.io import default_format
    from poolcli.run.budget import memory_need
    from poolcli.run.cell_plan import cells_of_form
    from poolcli.run.planned_pyramids import pyramid_of_form
    from poolcli.run.planned_regions import check_form, regions_of_form

    target = default_format(header.format, header.maps, instead="png")
    known = pipeline, header.maps[0], target, limit
    regions = pyramid_of_form(*known) or regions_of_form(*known)
    need = memory_need(pipeline, header, None)
    if regions is not None or need.limit <= limit:
        return regions
    cells = cells_of_form(pipeline, header.maps[0], limit)
    if cells is None:
        check_form(*known, need.limit)
        need.check(limit)
    return cells

"""The command `solve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from poolcli.cli.command import Command
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import style_from
from poolcli.cli.shared_options import REPORT
from poolcli.pipeline.axis_kinds import SIZE
from poolcli.pipeline.kinds import COUNT
from poolcli.pipeline.parameters import Parameter
from poolcli.pipeline.window_kinds import CEIL_MODE, DILATION, KERNEL, PAD, STRIDE

if TYPE_CHECKING:
    from poolcli.analysis.solver.question import Question

LENGTH = Parameter("length", ("--input",), SIZE, "Pixels, such as 224 or 224x160.")
CELLS = Parameter("cells", ("--output",), SIZE, "Cells, such as 7 or 7x5.")
STEPS = Parameter("steps", ("--steps",), COUNT, "So many steps, all alike.", 1)
QUESTION = (LENGTH, CELLS, KERNEL, STRIDE, PAD, DILATION, STEPS)


def _size_option(size: Parameter) -> Option:
    return Option([size.name, *size.flags], required=True, metavar="SIZE", help=size.help)


def _fixing_option(parameter: Parameter) -> Option:
    return Option(
        [parameter.name, *parameter.flags], metavar=parameter.kind.metavar, help="Only this."
    )


SIZES = in_group("Sizes", _size_option(LENGTH), _size_option(CELLS))
WINDOWS = in_group(
    "Windows",
    *map(_fixing_option, (KERNEL, STRIDE, PAD)),
    Option([DILATION.name, *DILATION.flags], metavar="SIZE", help=f"{DILATION.help}  [default: 1]"),
    Option([CEIL_MODE.name, f"{CEIL_MODE.flag}/{CEIL_MODE.off}"], default=None, help="Only this."),
    Option([STEPS.name, *STEPS.flags], metavar="N", help=f"{STEPS.help}  [default: 1]"),
    Option(
        ["--op"],
        default="max",
        show_default=True,
        metavar="OP",
        help="Reducer to write the steps with.",
    ),
)
LIMIT = in_group(
    "Report",
    Option(
        ["--limit"],
        default=10,
        show_default=True,
        type=click.IntRange(1),
        help="So many rows at most.",
    ),
)


@click.command(cls=Command, params=[*SIZES, *WINDOWS, *LIMIT, *REPORT])
def solve(**params: Any) -> None:
    """List the kernels, strides and paddings that make one size of another, the least wasteful
    first.

    Waste is the pixels that neighbours share (below 0: that lie between them), how far a window
    reaches outside of the map, and the pixels that no window sees. Kernels go up to the map's size,
    paddings up to half a kernel.
    """
    from poolcli.analysis.solver import question
    from poolcli.report import solution_rows
    from poolcli.report.records import write_records

    solutions = question.solve(_question(params))
    texts = [question.as_text(params["op"], steps) for steps in solutions]
    records = list(map(solution_rows.solution_record, texts, solutions))
    rows = map(solution_rows.solution_row, records)
    style = style_from(params)
    write_records(style, sys.stdout, records, solution_rows.COLUMNS, rows)
    if style == "table":
        click.echo(f"\n{params['op']} --adaptive {params['cells']} makes it of any size")


def _question(params: dict[str, Any]) -> Question:
    from poolcli.analysis.solver.question import Question

    asked = {
        parameter.name: parameter.read(params[parameter.name])
        for parameter in QUESTION
        if params[parameter.name] is not None
    }
    return Question(**asked, ceil_mode=params["ceil_mode"], limit=params["limit"])

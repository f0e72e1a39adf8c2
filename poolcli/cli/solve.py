"""The command that looks for windows: `solve`."""

from __future__ import annotations

import sys
from typing import Any

import click

from poolcli.cli.command import Command, Option, options
from poolcli.cli.options import REPORT
from poolcli.pipeline.kinds import COUNT, SIZE
from poolcli.pipeline.parameters import Parameter
from poolcli.pipeline.window_kinds import CEIL_MODE, DILATION, KERNEL, PAD, STRIDE

LENGTH = Parameter("length", ("--input",), SIZE, "Pixels, such as 224 or 224x160.")
CELLS = Parameter("cells", ("--output",), SIZE, "Cells, such as 7 or 7x5.")
STEPS = Parameter("steps", ("--steps",), COUNT, "So many steps, all alike.", 1)
ASKED = (LENGTH, CELLS, KERNEL, STRIDE, PAD, DILATION, STEPS)


def _fixed(option: Parameter) -> Option:
    return Option([option.name, *option.flags], metavar=option.kind.metavar, help="Only this.")


SIZES = options(
    "Sizes",
    *(
        Option([size.name, *size.flags], required=True, metavar="SIZE", help=size.help)
        for size in (LENGTH, CELLS)
    ),
)
WINDOWS = options(
    "Windows",
    *map(_fixed, (KERNEL, STRIDE, PAD)),
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
ROWS = options(
    "Report",
    Option(
        ["--limit"],
        default=10,
        show_default=True,
        type=click.IntRange(1),
        help="So many rows at most.",
    ),
)


@click.command(cls=Command, params=[*SIZES, *WINDOWS, *ROWS, *REPORT])
def solve(**given: Any) -> None:
    """List the kernels, strides and paddings that make one size of another, the least wasteful first.

    Waste is the pixels that neighbours share (below 0: that lie between them), how far a window reaches outside of
    the map, and the pixels that no window sees. Kernels go up to the map's size, paddings up to half a kernel.
    """
    from poolcli.analysis.solver.question import Question, written
    from poolcli.analysis.solver.question import solve as answer
    from poolcli.report import show
    from poolcli.report import solution_rows as told

    asked = {
        option.name: option.read(given[option.name])
        for option in ASKED
        if given[option.name] is not None
    }
    found = answer(Question(**asked, ceil_mode=given["ceil_mode"], limit=given["limit"]))
    records = [told.record(written(given["op"], steps), steps) for steps in found]
    style = "none" if given["quiet"] else given["report"]
    show.tell(style, sys.stdout, records, told.COLUMNS, map(told.cells, records))
    if style == "table":
        click.echo(f"\n{given['op']} --adaptive {given['cells']} makes it of any size")

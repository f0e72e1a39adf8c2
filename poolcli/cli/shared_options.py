"""The options that several commands share, each defined once."""

from __future__ import annotations

import click

from poolcli.analysis.drawing.screen import GRAPHICS
from poolcli.cli.option import Option, OptionalValueOption, in_group

STYLES = ("table", "json", "jsonl", "csv", "none")
DATA_STYLES = ("json", "jsonl", "csv")  # reports that programs read
EXECUTORS = ("serial", "threads", "processes", "dask")

FOLDERS = in_group(
    "Inputs",
    Option(["-r", "--recursive"], is_flag=True, help="Look into the folders below."),
    Option(["--include"], multiple=True, metavar="GLOB", help="Files of a folder to take."),
    Option(["--exclude"], multiple=True, metavar="GLOB", help="Files of a folder to leave."),
    Option(
        ["--files-from"],
        metavar="FILE",
        help="Read more inputs from a file, or - for stdin: a line each, or ended by NUL.",
    ),
)
LAYOUT = in_group(
    "Inputs",
    Option(["--layout"], metavar="LETTERS", help="Axes, such as NHWC.  [default: by their number]"),
)
NODATA = in_group(
    "Inputs",
    Option(
        ["--no-file-nodata"],
        is_flag=True,
        help="Let values count that a file says are none.",
    ),
)
RECIPE = in_group(
    "Pipeline", Option(["--file"], metavar="RECIPE", help="Read the pipeline from a TOML file.")
)
INDICES = in_group(
    "Outputs",
    Option(
        ["--indices", "indices_file"],
        metavar="FILE",
        help="Write which pixel each result is: .npy, .npz.",
    ),
)
OUTPUTS = in_group(
    "Outputs",
    Option(["-o", "--output"], metavar="PATH", help="A file, a folder, or - for stdout."),
    Option(
        ["--name"], metavar="TEMPLATE", help="Name of an output.  [default: {stem}-{op}{suffix}]"
    ),
    Option(["--to"], metavar="FORMAT", help="Format: png, jpg, tiff, npy, ..."),
    Option(
        ["--save"],
        multiple=True,
        metavar="KEY=VALUE",
        help="An option of the format, such as quality=90.",
    ),
    Option(["--scale"], metavar="minmax|none", help="How a float map becomes an image."),
    Option(
        ["--strict"],
        is_flag=True,
        help="Fail where an output cannot hold what its input carried.",
    ),
    Option(["--overwrite"], is_flag=True, help="Replace outputs that are there."),
    Option(["--skip-existing"], is_flag=True, help="Leave outputs that are there."),
    Option(
        ["--resume"],
        metavar="LOG",
        help="Keep a log, and do what it does not know as done and unchanged.",
    ),
)
MEMORY = in_group(
    "Run",
    Option(
        ["--max-memory"],
        metavar="SIZE",
        help="Memory for all files: 256M, 2G. Large arrays stay on the disk.",
    ),
)
RUN = in_group(
    "Run",
    Option(
        ["-j", "--jobs"],
        type=click.IntRange(min=1),
        metavar="N",
        help="Threads for all files.  [default: processors]",
    ),
    Option(
        ["--executor"],
        type=click.Choice(EXECUTORS),
        default="threads",
        show_default=True,
        help="Who does the files.",
    ),
    Option(
        ["--scheduler"],
        metavar="ADDRESS",
        help="Dask's, such as tcp://host:8786.  [default: one of its own]",
    ),
    *MEMORY,
    Option(["--dry-run"], is_flag=True, help="Say what would be done."),
    Option(["--fail-fast"], is_flag=True, help="Stop at the first failure."),
)
REPORT = in_group(
    "Report",
    Option(
        ["--report"],
        type=click.Choice(STYLES),
        default="table",
        show_default=True,
        help="How to tell it.",
    ),
    Option(["-q", "--quiet"], is_flag=True, help="Tell failures only."),
)
VERBOSE = in_group(
    "Report",
    Option(
        ["-v", "--verbose"],
        is_flag=True,
        help="Say on stderr what is read, planned and written, and what pools.",
    ),
)


def show_option(default: str | None, what: str) -> Option:
    """The option that draws pictures in the terminal; `what` begins its help."""
    named = ", ".join(GRAPHICS[1:])  # all but auto
    return OptionalValueOption(
        ["--show"],
        type=click.Choice(GRAPHICS),
        default=default,
        metavar="WAY",
        help=f"{what} {named}.",
    )


def random_input_options(group: str, help_of_input: str) -> tuple[Option, ...]:
    """The options that describe an input by its shape, in place of a file."""
    return in_group(
        group,
        Option(["--input", "shape_text"], metavar="SHAPE", help=help_of_input),
        Option(
            ["--dtype"],
            default="float32",
            show_default=True,
            metavar="DTYPE",
            help="Type of --input's values.",
        ),
    )


SHOW = in_group(
    "Report", show_option(None, "Show before and after, on a terminal; anywhere with a WAY:")
)
PIPELINE_AND_SHAPE = (
    *RECIPE,
    *random_input_options("Pipeline", "Shape of the input, such as 1x64x112x112."),
)
FILES = (*FOLDERS, *LAYOUT, *NODATA, *OUTPUTS, *RUN, *REPORT, *VERBOSE, *SHOW)

"""The command `compare`: pipelines on one map, or one pipeline under several semantics."""

from __future__ import annotations

from typing import Any

import click

from poolcli.cli import compare_inputs, picture_outputs
from poolcli.cli.command import PipelinesCommand, inputs_argument
from poolcli.cli.file_parser import file_parser
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import style_from, within_memory
from poolcli.cli.pipeline_argument import is_pipeline
from poolcli.cli.shared_options import FOLDERS, LAYOUT, MEMORY, REPORT, SHOW, random_input_options
from poolcli.errors import RequestError

SEMANTICS = in_group(
    "Semantics",
    Option(
        ["--semantics"],
        metavar="NAME,NAME",
        help="Compare what these frameworks compute, the first with the rest.",
    ),
    Option(["--check"], is_flag=True, help="Exit 1 where they differ, or one lacks what is asked."),
)
RANDOM_INPUT = random_input_options(
    "Inputs", "Random values of this shape (seed 0) instead of a file."
)
PICTURES = in_group(
    "Outputs",
    Option(
        ["-o", "--output"],
        metavar="FILE",
        help="A contact sheet: .png, .jpg, ..., or - for a PNG on stdout.",
    ),
    Option(["--html"], metavar="FILE", help="A page with the table and the pictures."),
    Option(["--overwrite"], is_flag=True, help="Replace outputs that are there."),
)
WORDS = inputs_argument("words", "PIPELINE... INPUT...")


@click.command(
    cls=PipelinesCommand,
    params=[
        WORDS,
        *SEMANTICS,
        *FOLDERS,
        *LAYOUT,
        *RANDOM_INPUT,
        *MEMORY,
        *PICTURES,
        *REPORT,
        *SHOW,
    ],
)
@click.pass_context
def compare(ctx: click.Context, /, words: tuple[str, ...], **params: Any) -> None:
    """Compare pipelines on one map, or with --semantics what frameworks make of it.

    Results are brought back to the size of the input: by their nearest pixels to be looked at, by
    bilinear interpolation to be measured. PSNR and SSIM are against the input. Aliased is the share
    of energy above the new Nyquist limit, shift change how much a result changes, beyond moving
    along, when the input moves by one pixel: both are 0 at best. Of a map of more than 3 million
    values the middle is measured and drawn, and of a file that holds several maps the first. The
    levels of a pyramid, the parts of a concatenation and the boxes of regions are compared each.
    """
    texts = tuple(word for word in words if is_pipeline(word))
    if not texts:
        raise RequestError("give a pipeline or more, each in quotes, like 'max -k 4' 'avg -k 4'")
    params["inputs"] = tuple(word for word in words if word not in texts)
    compares_semantics = params["semantics"] is not None
    compared = _compare_semantics if compares_semantics else _compare_pipelines
    with within_memory(params):
        ctx.exit(compared(texts, params))


def _compare_pipelines(texts: tuple[str, ...], params: dict[str, Any]) -> int:
    """Compare pipelines on each input; the exit code."""
    from poolcli.analysis.comparison.results import compare as results_of
    from poolcli.report.comparison_rows import COLUMNS, comparison_records, comparison_rows
    from poolcli.report.progress import counting_bar
    from poolcli.report.records import write_records

    if params["check"]:
        raise RequestError("--check compares frameworks: give --semantics, too")
    pipelines = [file_parser().parse(text) for text in texts]
    picture_outputs.check_outputs(params)
    inputs = compare_inputs.inputs_of(params)
    count = len(inputs) * len(pipelines)
    with counting_bar("comparing", count, shown=not params["quiet"]) as advance:
        compared, failed = compare_inputs.each_input(
            inputs, lambda name, fmap: results_of(name, fmap, pipelines, advance)
        )
    rows = comparison_rows(compared)
    if compared:
        picture_outputs.write_pictures(compared, rows, params)
    stream = picture_outputs.report_stream(params)
    style = style_from(params)
    if compared or style == "json":
        write_records(style, stream, comparison_records(compared), COLUMNS, rows)
    picture_outputs.show_pictures(compared, params)
    return int(failed)


def _compare_semantics(texts: tuple[str, ...], params: dict[str, Any]) -> int:
    """Compare frameworks on each pipeline and input; the exit code."""
    from poolcli.analysis.comparison.framework_differences import FrameworkComparison, differences
    from poolcli.report.difference_rows import write_differences

    profiles = _profiles(params["semantics"])
    if params["output"] or params["html"] or params["show"]:
        raise RequestError(
            "-o, --html and --show are for pictures, and --semantics compares numbers: "
            "leave them out"
        )
    by_input, failed = compare_inputs.each_input(
        compare_inputs.inputs_of(params),
        lambda name, fmap: [
            FrameworkComparison(
                name, fmap.form, text, differences(text, profiles, fmap, file_parser())
            )
            for text in texts
        ],
    )
    comparisons = [comparison for comparisons in by_input for comparison in comparisons]
    write_differences(style_from(params), comparisons, picture_outputs.report_stream(params))
    differs = any(comparison.differs for comparison in comparisons)
    return int(failed or (params["check"] and differs))


def _profiles(text: str) -> list[str]:
    """The profiles that are named; a single one is compared with poolcli."""
    from poolcli.pipeline.parameters import did_you_mean
    from poolcli.pipeline.profiles import PROFILES

    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in PROFILES:
            guess = did_you_mean(name, PROFILES)
            raise RequestError(f"--semantics {text}: there is no {name!r}{guess}")
    if names == ["poolcli"]:
        raise RequestError("--semantics poolcli: give a framework to compare with, like torch,onnx")
    return names if len(names) > 1 else ["poolcli", *names]

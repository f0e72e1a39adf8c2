"""The command `bench`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.input_maps import maps_of, naming
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import input_from, style_from, within_memory
from poolcli.cli.pipeline_argument import PipelineArgument, pipeline_from
from poolcli.cli.shape_argument import form_from, shape_or_file
from poolcli.cli.shared_options import LAYOUT, MEMORY, PIPELINE_AND_SHAPE, REPORT
from poolcli.errors import PoolError, RequestError

if TYPE_CHECKING:
    from poolcli.maps.feature_map import FeatureMap

COMPARISON = in_group(
    "Comparison",
    Option(
        ["--peers"], metavar="NAMES", help="Only these libraries, such as torch,opencv, or none."
    ),
    Option(
        ["--repeats"],
        type=click.IntRange(1),
        default=7,
        show_default=True,
        metavar="N",
        help="Samples of each; the median counts.",
    ),
)
WORDS = inputs_argument("words", "[PIPELINE] [FILE]")


@click.command(
    cls=Command, params=[WORDS, *PIPELINE_AND_SHAPE, *LAYOUT, *MEMORY, *COMPARISON, *REPORT]
)
def bench(words: tuple[str, ...], file: str | None, **params: Any) -> None:
    """Time each step next to the loop of the textbook and to other libraries, on a file or on noise
    of a shape.

    A library that gives other numbers is named, and not ranked. A pixel of MP/s has all its
    channels.
    """
    from poolcli.analysis.bench import peers
    from poolcli.report.bench_rows import COLUMNS, bench_rows
    from poolcli.report.records import write_records

    argument = pipeline_from(words, file)
    text = shape_or_file(params, argument)
    with within_memory(params):
        fmap = _input_map(argument, text, params)
    chosen, missing = peers.chosen(params["peers"])
    records = _records(argument, fmap, chosen, params["repeats"])
    write_records(style_from(params), sys.stdout, records, COLUMNS, bench_rows(records))
    if missing and not params["quiet"]:
        cure = f"{peers.install_line(missing)} compares with them"
        click.echo(f"not installed: {', '.join(missing)}; {cure}", err=True)


def _records(
    argument: PipelineArgument, fmap: FeatureMap, peers: dict[str, Any], repeats: int
) -> list[dict[str, Any]]:
    """The measurements of every step, each on what the steps before it give."""
    from poolcli.analysis.bench.measurements import cases, measure, pixels
    from poolcli.report.bench_rows import bench_records

    records: list[dict[str, Any]] = []
    for case in cases(argument.pipeline, fmap):
        records += bench_records(case, measure(case, peers, repeats), pixels(case))
    return records


def _input_map(argument: PipelineArgument, text: str | None, params: dict[str, Any]) -> FeatureMap:
    """The first map of the file, or noise of the written shape."""
    if text is not None:
        return _noise(argument, text, params)
    path = input_from("FILE", argument.rest[0])
    with naming(path):
        return maps_of(path, params["layout"])[0]


def _noise(argument: PipelineArgument, text: str, params: dict[str, Any]) -> FeatureMap:
    """Noise of a written shape; RequestError where the pipeline does not fit it."""
    from poolcli.analysis.bench.noise import noise
    from poolcli.maps.feature_map import FeatureMap

    form = form_from(text, params["layout"], params["dtype"])
    try:
        argument.pipeline.plan(form)
    except PoolError as error:
        raise RequestError(str(error)) from None
    return FeatureMap(noise(form.shape, form.dtype), form.layout)

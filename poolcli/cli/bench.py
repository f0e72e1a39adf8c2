"""The command that times: `bench`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from poolcli.cli.command import Command, Option, inputs_argument, options
from poolcli.cli.look import SHAPE, written_form
from poolcli.cli.options import LAYOUT, REPORT, take_path
from poolcli.cli.pool import take_pipeline
from poolcli.errors import PoolError, RequestError

TIMES = options(
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


@click.command(
    cls=Command,
    params=[inputs_argument("words", "[PIPELINE] [FILE]"), *SHAPE, *LAYOUT, *TIMES, *REPORT],
)
def bench(words: tuple[str, ...], file: str | None, **given: Any) -> None:
    """Time each step next to the loop of the textbook and to other libraries, on a file or on noise of a shape.

    A library that gives other numbers is named, and not ranked. A pixel of MP/s has all its channels.
    """
    from poolcli.analysis.bench import peers
    from poolcli.analysis.bench.measurements import cases, pixels, rows
    from poolcli.report import show
    from poolcli.report.bench_rows import COLUMNS, bench_records, bench_rows

    pipeline, usual, rest = take_pipeline(words, file)
    text = given["shape_text"] or (None if rest else usual)
    if len(rest) != (text is None):
        raise RequestError("give one input: a FILE, or --input with a shape like 1x64x112x112")
    found, missing = peers.chosen(given["peers"])
    fmap = (
        _first(take_path("FILE", rest[0]), given["layout"])
        if text is None
        else _noise(pipeline, text, given)
    )
    records: list[dict[str, Any]] = []
    for case in cases(pipeline, fmap):
        records += bench_records(case, rows(case, found, given["repeats"]), pixels(case))
    show.tell(
        "none" if given["quiet"] else given["report"],
        sys.stdout,
        records,
        COLUMNS,
        bench_rows(records),
    )
    if missing and not given["quiet"]:
        click.echo(
            f"not installed: {', '.join(missing)}; {peers.install_line(missing)} compares with them",
            err=True,
        )


def _first(path: Path, layout: str | None) -> Any:
    """The first map of a file."""
    from poolcli import io
    from poolcli.run.stdin import open_source

    try:
        return io.read(open_source(path), layout)[0]
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


def _noise(pipeline: Any, text: str, given: dict[str, Any]) -> Any:
    """Noise of a written shape; where it does not fit, the request is wrong."""
    from poolcli.analysis.bench.noise import noise
    from poolcli.maps.feature_map import FeatureMap

    form = written_form(text, given["layout"], given["dtype"])
    try:
        pipeline.plan(form)
    except PoolError as error:
        raise RequestError(str(error)) from None
    return FeatureMap(noise(form.shape, form.dtype), form.layout)

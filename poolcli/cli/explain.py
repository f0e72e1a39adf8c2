"""The command `explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.input_maps import maps_of
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import input_from, style_from, within_memory
from poolcli.cli.picture_outputs import check_outputs, write_to
from poolcli.cli.pipeline_argument import pipeline_from
from poolcli.cli.shared_options import DATA_STYLES, LAYOUT, MEMORY, RECIPE, REPORT, show_option
from poolcli.errors import PoolError, RequestError

if TYPE_CHECKING:
    from poolcli.analysis.explanation.explanation import Explanation
    from poolcli.maps.feature_map import FeatureMap
    from poolcli.pipeline.pipeline import Pipeline

WHERE = in_group(
    "Where",
    Option(
        ["--at"],
        metavar="INDEX",
        help="Index into the result, such as 0,0,3,5; -1 is the last.  "
        "[default: the middle of the first plane]",
    ),
    Option(
        ["--level"],
        type=click.IntRange(1),
        default=1,
        metavar="N",
        help="Which map, where there are several.",
    ),
    Option(
        ["--page"],
        metavar="NAME",
        help="One page of an image, from 0, or one array of an .npz.  [default: first]",
    ),
)
PICTURE = in_group(
    "Outputs",
    Option(["-o", "--output"], metavar="FILE", help="A picture of what is read: .png, .jpg, ..."),
    Option(["--overwrite"], is_flag=True, help="Replace an output that is there."),
    show_option(None, "Show what is read, on a terminal; anywhere with a WAY:"),
)
WORDS = inputs_argument("words", "[PIPELINE] INPUT")
SMALLEST_PICTURE = 320  # pixels that a picture is enlarged to, unless its pixels are letters


@click.command(cls=Command, params=[WORDS, *RECIPE, *WHERE, *LAYOUT, *MEMORY, *PICTURE, *REPORT])
def explain(words: tuple[str, ...], file: str | None, **params: Any) -> None:
    """Tell how one number of a result came about: the pixels it is made of, which of them count,
    and the formula.
    """
    pipeline, _, inputs = pipeline_from(words, file)
    if len(inputs) != 1:
        raise RequestError(f"give one INPUT to explain: there are {len(inputs)}")
    check_outputs({**params, "html": None})
    path = input_from("INPUT", inputs[0])
    name = str(path)
    with within_memory(params):
        fmap, explanation = _explained(pipeline, path, params)
    _draw(name, fmap, explanation, params)
    _report(name, explanation, style_from(params))


def _explained(
    pipeline: Pipeline, path: Path, params: dict[str, Any]
) -> tuple[FeatureMap, Explanation]:
    """The map, and the explanation of one number of its result."""
    from poolcli.analysis.drawing.selection import pages_of
    from poolcli.analysis.explanation.explanation import explain as explained

    at = _index(params["at"])
    try:
        if not (params["show"] or params["output"]) and (part := _of_part(pipeline, path, params)):
            return part
        pages = pages_of(maps_of(path, params["layout"]), str(path), params["page"])
        _, fmap = pages[0]
        return fmap, explained(pipeline, fmap, at, params["level"])
    except RequestError:
        raise
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


def _of_part(
    pipeline: Pipeline, path: Path, params: dict[str, Any]
) -> tuple[FeatureMap, Explanation] | None:
    """The part of a file's only array that the number needs, and the explanation; None where the
    number needs more, or the file holds several maps or an image.
    """
    from poolcli import io
    from poolcli.analysis.explanation.needed_part import explain_part

    file, member = io.split_member(path)
    can_be_read_twice = file.is_file() or file.is_dir()
    if not can_be_read_twice or params["level"] != 1 or params["page"] is not None:
        return None
    with io.opened(file, params["layout"], member) as source:
        header, *others = source.headers
        if others or header.mode not in ("", "ND"):  # not an image, whose channels go together
            return None
        read: list[FeatureMap] = []

        def read_part(region: io.Region) -> FeatureMap:
            read.append(source.read(0, region))
            return read[0]

        found = explain_part(pipeline, header.form, read_part, _index(params["at"]))
        return (read[0], found) if found else None


def _index(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise RequestError(
            f"--at {text}: takes whole numbers, one for each axis, such as 0,0,3,5"
        ) from None


def _draw(name: str, fmap: FeatureMap, explanation: Explanation, params: dict[str, Any]) -> None:
    """Show the pixels of the input that the number is computed from, and write them to a file."""
    if params["show"]:
        _show(name, fmap, explanation, params)
    if params["output"]:
        _write(name, fmap, explanation, params)


def _show(name: str, fmap: FeatureMap, explanation: Explanation, params: dict[str, Any]) -> None:
    from poolcli.analysis.drawing.framed_region import framed_views
    from poolcli.analysis.drawing.panels import laid_out
    from poolcli.analysis.drawing.screen import screen_of

    stream = sys.stderr if params["report"] in DATA_STYLES else sys.stdout
    if screen := screen_of(stream, params["show"]):
        smallest = SMALLEST_PICTURE if screen.cell[0] > 1 else 1
        views = framed_views(name, fmap, explanation.regions[-1], smallest)
        stream.write(laid_out(views, screen) + "\n")


def _write(name: str, fmap: FeatureMap, explanation: Explanation, params: dict[str, Any]) -> None:
    from poolcli import io
    from poolcli.analysis.drawing.framed_region import framed_views, views_sheet

    views = framed_views(name, fmap, explanation.regions[-1], SMALLEST_PICTURE)
    if not views:
        raise RequestError("-o: the number is made of no pixel, and there is nothing to draw")
    suffix = Path(params["output"]).suffix
    write = io.writer([views_sheet(views)], io.format_named(suffix))
    write_to(params["output"], write, overwrite=params["overwrite"])


def _report(name: str, explanation: Explanation, style: str) -> None:
    from poolcli.report.explanation_records import explanation_record, flat_explanation
    from poolcli.report.explanation_tables import write_explanation
    from poolcli.report.records import write_records

    if style == "table":
        write_explanation(name, explanation, sys.stdout)
        return
    record = explanation_record(name, explanation)
    write_records(style, sys.stdout, [flat_explanation(record) if style == "csv" else record])

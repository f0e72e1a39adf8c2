"""The command that tells how a number came about: `explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from poolcli.cli import picture_outputs as sheets
from poolcli.cli.command import Command, Option, inputs_argument, options
from poolcli.cli.options import LAYOUT, REPORT, show_option, take_path
from poolcli.cli.pool import DATA, RECIPE, take_pipeline
from poolcli.errors import PoolError, RequestError

WHERE = options(
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


PICTURE = options(
    "Outputs",
    Option(["-o", "--output"], metavar="FILE", help="A picture of what is read: .png, .jpg, ..."),
    Option(["--overwrite"], is_flag=True, help="Replace an output that is there."),
    show_option(None, "Show what is read, on a terminal; anywhere with a WAY:"),
)
LEAST = 320  # pixels that a picture is enlarged to, where a letter is not one
WORDS = inputs_argument("words", "[PIPELINE] INPUT")


@click.command(cls=Command, params=[WORDS, *RECIPE, *WHERE, *LAYOUT, *PICTURE, *REPORT])
def explain(words: tuple[str, ...], file: str | None, **given: Any) -> None:
    """Tell how one number of a result came about: the pixels it is made of, which of them count, and the formula."""
    from poolcli.report import explanation_rows as report
    from poolcli.report import show

    pipeline, _, inputs = take_pipeline(words, file)
    if len(inputs) != 1:
        raise RequestError(f"give one INPUT to explain: there are {len(inputs)}")
    sheets.check({**given, "html": None})
    fmap, told = _told(pipeline, take_path("INPUT", inputs[0]), given)
    _draw(inputs[0], fmap, told, given)
    style = "none" if given["quiet"] else given["report"]
    if style == "table":
        report.tell(inputs[0], told, sys.stdout)
    else:
        row = report.record(inputs[0], told)
        show.tell(style, sys.stdout, [report.brief(row) if style == "csv" else row])


def _draw(name: str, fmap: Any, told: Any, given: dict[str, Any]) -> None:
    """The pictures that are asked for: what is read of the input, in the terminal and in a file."""
    if not (given["output"] or given["show"]):
        return
    from poolcli import io
    from poolcli.analysis.picture.framed_region import picture, views
    from poolcli.analysis.picture.panels import laid_out
    from poolcli.analysis.picture.screen import screen_of

    stream = sys.stderr if given["report"] in DATA else sys.stdout
    screen = screen_of(stream, given["show"]) if given["show"] else None
    if screen:
        fine = LEAST if screen.cell[0] > 1 else 1
        stream.write(laid_out(views(name, fmap, told.way[-1], fine), screen) + "\n")
    if given["output"]:
        panels = views(name, fmap, told.way[-1], LEAST)
        if not panels:
            raise RequestError("-o: the number is made of no pixel, and there is nothing to draw")
        put = io.writer([picture(panels)], io.format_named(Path(given["output"]).suffix))
        sheets.write_to(given["output"], put, given["overwrite"])


def _told(pipeline: Any, path: Path, given: dict[str, Any]) -> tuple[Any, Any]:
    """The map, and how its number came about."""
    from poolcli import io
    from poolcli.analysis.explanation.explanation import explain as explained
    from poolcli.analysis.picture.selection import pages_of
    from poolcli.run.stdin import open_source

    try:
        (_, fmap), *_ = pages_of(
            io.read(open_source(path), given["layout"]), str(path), given["page"]
        )
        return fmap, explained(pipeline, fmap, _index(given["at"]), given["level"])
    except RequestError:
        raise
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None


def _index(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise RequestError(
            f"--at {text}: takes whole numbers, one for each axis, such as 0,0,3,5"
        ) from None

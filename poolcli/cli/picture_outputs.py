"""Where `compare` and `explain` send their pictures: a sheet, a page, the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from poolcli.cli.options import take_path
from poolcli.cli.pool import DATA
from poolcli.errors import FileError, RequestError

STDOUT = "-"


def beside(given: dict[str, Any]) -> TextIO:
    """Where the report goes: stdout carries that, or a picture."""
    return sys.stderr if STDOUT in (given["output"], given["html"]) else sys.stdout


def check(given: dict[str, Any]) -> None:
    """Refuse what is there already before anything is computed."""
    from poolcli import io

    named = [name for name in (given["output"], given["html"]) if name is not None]
    if len(named) == 2 and len(set(named)) == 1:
        raise RequestError(f"-o and --html are both {named[0]}: give two files")
    if STDOUT in named and sys.stdout.isatty():
        raise RequestError("- would write binary to the terminal: pipe it on, or give a file")
    for path in [take_path("the output", name) for name in named if name != STDOUT]:
        if path.is_dir():
            raise RequestError(f"{path} is a folder: name a file in it")
        if path.exists() and not io.is_device(path) and not given["overwrite"]:
            raise FileError(f"{path} is there already: --overwrite replaces it")
    if given["output"] not in (None, STDOUT):
        io.format_named(Path(given["output"]).suffix)


def write(made: list[Any], rows: list[Any], given: dict[str, Any]) -> None:
    """Write the sheet and the page that are asked for."""
    if not (given["output"] or given["html"]):
        return
    from poolcli import io
    from poolcli.analysis.picture import contact_sheet as sheet
    from poolcli.analysis.picture import html_page as page
    from poolcli.analysis.picture.comparison_figures import section
    from poolcli.report import comparison_rows as comparison

    sections = [
        section(name, fmap, results, list(map(comparison.note, results)))
        for name, fmap, results in made
    ]
    if given["output"]:
        suffix = ".png" if given["output"] == STDOUT else Path(given["output"]).suffix
        write_to(
            given["output"],
            io.writer([sheet.sheet(sections)], io.format_named(suffix)),
            given["overwrite"],
        )
    if given["html"]:
        text = page.page(sections, comparison.RESULT_COLUMNS, rows)
        write_to(given["html"], lambda stream: stream.write(text.encode()), given["overwrite"])


def show(made: list[Any], given: dict[str, Any]) -> None:
    """Pictures in the terminal, where they are asked for and can be shown."""
    from poolcli.analysis.picture.panels import shown
    from poolcli.analysis.picture.screen import screen_of

    stream = sys.stderr if given["report"] in DATA else beside(given)
    screen = screen_of(stream, given["show"]) if given["show"] else None
    if screen is None:
        return
    for name, fmap, results in made:
        maps = [(name, fmap), *((str(result.pipeline), result.shown) for result in results)]
        stream.write(shown(maps, screen))


def write_to(name: str, put: Callable[[BinaryIO], object], overwrite: bool) -> None:  # noqa: FBT001 - as it was given
    from poolcli import io

    if name == STDOUT:
        put(sys.stdout.buffer)
        return
    with io.atomic(Path(name), overwrite=overwrite) as stream:
        put(stream)

"""Write and show the pictures of `compare` and `explain`: a contact sheet, a page, the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from poolcli.cli.option_values import STDIO, path_from
from poolcli.cli.shared_options import DATA_STYLES
from poolcli.cli.standard_streams import check_takes_bytes
from poolcli.errors import FileError, RequestError

if TYPE_CHECKING:
    from poolcli.analysis.comparison.results import ComparedMap
    from poolcli.analysis.drawing.contact_sheet import Section


def report_stream(params: dict[str, Any]) -> TextIO:
    """The stream of the report: stderr where stdout carries a picture."""
    return sys.stderr if STDIO in (params["output"], params["html"]) else sys.stdout


def check_outputs(params: dict[str, Any]) -> None:
    """Refuse outputs that cannot be written, before anything is computed."""
    from poolcli import io

    names = [name for name in (params["output"], params["html"]) if name is not None]
    if len(names) == 2 and names[0] == names[1]:
        raise RequestError(f"-o and --html are both {names[0]}: give two files")
    if STDIO in names:
        check_takes_bytes("-", "a file")
    for name in names:
        if name != STDIO:
            _check_file(path_from("the output", name), overwrite=params["overwrite"])
    if params["output"] not in (None, STDIO):
        suffix = Path(params["output"]).suffix
        if not suffix:
            raise RequestError(
                f"-o {params['output']} says no format: call it {params['output']}.png"
            )
        io.format_named(suffix)


def _check_file(path: Path, *, overwrite: bool) -> None:
    from poolcli import io

    if path.is_dir():
        raise RequestError(f"{path} is a folder: name a file in it")
    if path.exists() and not io.is_device(path) and not overwrite:
        raise FileError(f"{path} is there already: --overwrite replaces it")


def write_pictures(
    compared: Sequence[ComparedMap], rows: Sequence[Any], params: dict[str, Any]
) -> None:
    """Write the contact sheet and the page that are asked for."""
    if not (params["output"] or params["html"]):
        return
    from poolcli.analysis.drawing.comparison_figures import comparison_section
    from poolcli.report.comparison_rows import caption

    sections = [comparison_section(each, list(map(caption, each.results))) for each in compared]
    if params["output"]:
        _write_sheet(sections, params)
    if params["html"]:
        _write_page(sections, rows, params)


def _write_sheet(sections: Sequence[Section], params: dict[str, Any]) -> None:
    from poolcli import io
    from poolcli.analysis.drawing.contact_sheet import contact_sheet

    name = params["output"]
    suffix = ".png" if name == STDIO else Path(name).suffix
    write = io.writer([contact_sheet(sections)], io.format_named(suffix))
    write_to(name, write, overwrite=params["overwrite"])


def _write_page(sections: Sequence[Section], rows: Sequence[Any], params: dict[str, Any]) -> None:
    from poolcli.analysis.drawing.html_page import html_page
    from poolcli.report.comparison_rows import COLUMNS

    text = html_page(sections, COLUMNS, rows).encode()
    write_to(params["html"], lambda stream: stream.write(text), overwrite=params["overwrite"])


def show_pictures(compared: Sequence[ComparedMap], params: dict[str, Any]) -> None:
    """Show the maps and the results in the terminal, where that is asked for and can be done."""
    from poolcli.analysis.drawing.before_after import before_and_after
    from poolcli.analysis.drawing.screen import screen_of

    stream = sys.stderr if params["report"] in DATA_STYLES else report_stream(params)
    screen = screen_of(stream, params["show"]) if params["show"] else None
    if screen is None:
        return
    for each in compared:
        results = [(result.title, result.enlarged) for result in each.results]
        title = f"{each.name}, {each.where}" if each.where else each.name
        stream.write(before_and_after([(title, each.region), *results], screen=screen))


def write_to(name: str, write: Callable[[BinaryIO], object], *, overwrite: bool) -> None:
    """Call `write` with the stream of a file, which appears when all is written, or with stdout."""
    from poolcli import io

    if name == STDIO:
        write(sys.stdout.buffer)
        return
    with io.atomic(Path(name), overwrite=overwrite) as stream:
        write(stream)

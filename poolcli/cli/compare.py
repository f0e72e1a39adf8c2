"""`compare`: pipelines next to each other on one map, or one pipeline under several semantics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from poolcli.cli import picture_outputs as sheets
from poolcli.cli.command import Command, Option, inputs_argument, options
from poolcli.cli.look import written_form
from poolcli.cli.options import FOLDERS, LAYOUT, REPORT, SHOW, take_inputs
from poolcli.cli.pool import is_pipeline, parser
from poolcli.errors import PoolError, RequestError, in_flags, plain

T = TypeVar("T")

SEMANTICS = options(
    "Semantics",
    Option(
        ["--semantics"],
        metavar="NAME,NAME",
        help="Compare what these frameworks compute, the first with the rest.",
    ),
    Option(["--check"], is_flag=True, help="Exit 1 where they differ, or one lacks what is asked."),
)
DRAWN = options(
    "Inputs",
    Option(
        ["--input", "shape_text"],
        metavar="SHAPE",
        help="Random values of this shape (seed 0) instead of a file.",
    ),
    Option(
        ["--dtype"],
        default="float32",
        show_default=True,
        metavar="DTYPE",
        help="Type of --input's values.",
    ),
)
SHEET = options(
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


class Quoting(Command):
    """A command whose words hold options of their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except RequestError as error:
            raise RequestError(
                f"{error}. The options of a pipeline go into its quotes, like 'max -k 4'"
            ) from None


@click.command(
    cls=Quoting, params=[WORDS, *SEMANTICS, *FOLDERS, *LAYOUT, *DRAWN, *SHEET, *REPORT, *SHOW]
)
@click.pass_context
def compare(ctx: click.Context, /, words: tuple[str, ...], **given: Any) -> None:
    """Compare pipelines on one map, or with --semantics what frameworks make of it.

    Results are brought back to the size of the input: by their nearest pixels to be looked at, by bilinear
    interpolation to be measured. PSNR and SSIM are against the input. Aliased is the share of energy above the new
    Nyquist limit, shift change how much a result changes, beyond moving along, when the input moves by one pixel: both
    are 0 at best. Of a file that holds several maps the first is taken.
    """
    texts = tuple(word for word in words if is_pipeline(word))
    if not texts:
        raise RequestError("give a pipeline or more, each in quotes, like 'max -k 4' 'avg -k 4'")
    given["inputs"] = tuple(word for word in words if word not in texts)
    ctx.exit(_semantics(texts, given) if given["semantics"] is not None else _results(texts, given))


def _results(texts: tuple[str, ...], given: dict[str, Any]) -> int:
    """Pipelines next to each other; the exit code."""
    from poolcli.analysis.comparison.results import compare as compared
    from poolcli.report import comparison_rows as comparison

    if given["check"]:
        raise RequestError("--check compares frameworks: give --semantics, too")
    pipelines = [parser().parse(text) for text in texts]
    sheets.check(given)
    made, code = _each(given, lambda fmap: compared(fmap, pipelines))
    records = [
        comparison.result_record(name, fmap.form, one)
        for name, fmap, results in made
        for one in results
    ]
    rows = [
        row
        for name, fmap, results in made
        for row in comparison.result_rows(name, fmap.form, results)
    ]
    if made:
        sheets.write(made, rows, given)
    _tell(given, records, comparison.RESULT_COLUMNS, rows)
    sheets.show(made, given)
    return code


def _semantics(texts: tuple[str, ...], given: dict[str, Any]) -> int:
    """Each pipeline under the profiles; the exit code."""
    from poolcli.analysis.comparison.framework_differences import differences
    from poolcli.report import comparison_rows as comparison

    profiles = _profiles(given["semantics"])
    if given["output"] or given["html"] or given["show"]:
        raise RequestError(
            "-o, --html and --show are for pictures, and --semantics compares numbers: leave them out"
        )
    made, code = _each(
        given, lambda fmap: [(text, differences(text, profiles, fmap, parser())) for text in texts]
    )
    told = [(name, fmap.form, *part) for name, fmap, parts in made for part in parts]
    records = [
        comparison.difference_record(name, text, one)
        for name, _, text, found in told
        for one in found
    ]
    if given["report"] == "table":
        for name, form, text, found in told if not given["quiet"] else ():
            click.echo(comparison.heading(name, form, text))
            _tell(given, [], comparison.DIFFERENCE_COLUMNS, comparison.difference_rows(found))
    else:
        _tell(given, list(map(comparison.flat, records)) if given["report"] == "csv" else records)
    return max(
        code, int(given["check"] and any(one.differs for *_, found in told for one in found))
    )


def _profiles(text: str) -> list[str]:
    """The profiles that are named; one alone is compared with poolcli."""
    from poolcli.pipeline.parameters import did_you_mean
    from poolcli.pipeline.profiles import PROFILES

    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in PROFILES:
            raise RequestError(
                f"--semantics {text}: there is no {name!r}{did_you_mean(name, PROFILES)}"
            )
    if names == ["poolcli"]:
        raise RequestError("--semantics poolcli: give a framework to compare with, like torch,onnx")
    return names if len(names) > 1 else ["poolcli", *names]


def _each(given: dict[str, Any], act: Callable[[Any], T]) -> tuple[list[tuple[str, Any, T]], int]:
    """What `act` makes of the map of each input, and whether one failed, which is told at once."""
    made, code = [], 0
    for name, read in _inputs(given):
        try:
            which, fmap = read()
            made.append((name + which, fmap, act(fmap)))
        except RequestError:
            raise
        except PoolError as error:
            code = 1
            click.echo(f"Error: {plain(name)}: {plain(in_flags(error))}", err=True)
    return made, code


def _inputs(given: dict[str, Any]) -> Iterator[tuple[str, Callable[[], tuple[str, Any]]]]:
    """The name of each input, and what reads its first map, with what to add to the name."""
    from poolcli.run.expand import expand

    if given["shape_text"] is None:
        for found in expand(take_inputs(given)):
            yield str(found.path), lambda path=found.path: _first(path, given["layout"])  # type: ignore[misc]
        return
    if given["inputs"] or given["files_from"]:
        raise RequestError("give files, or --input with a shape, and not both")
    yield f"random {given['shape_text']}", lambda: ("", _random(given))


def _first(path: Path, layout: str | None) -> tuple[str, Any]:
    from poolcli import io
    from poolcli.run.stdin import open_source

    first, *more = io.read(open_source(path), layout)
    return (f" ({first.name}, the first of {len(more) + 1})" if more else ""), first


def _random(given: dict[str, Any]) -> Any:
    from poolcli.analysis.random_maps import random_map

    return random_map(written_form(given["shape_text"], given["layout"], given["dtype"]))


def _tell(
    given: dict[str, Any],
    records: Sequence[dict[str, Any]],
    columns: Sequence[str] = (),
    rows: Iterable[Any] = (),
) -> None:
    from poolcli.report import show

    show.tell(
        "none" if given["quiet"] else given["report"], sheets.beside(given), records, columns, rows
    )

"""The options of files and reports, written here once, and what they ask for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poolcli.analysis.picture.screen import WAYS
from poolcli.cli.command import Bare, Option, options
from poolcli.errors import RequestError

if TYPE_CHECKING:
    from poolcli.run.parallelism import Parallelism
    from poolcli.run.expand import Inputs
    from poolcli.run.resume_log import ResumeLog
    from poolcli.run.job import Outputs

STYLES = ("table", "json", "jsonl", "csv", "none")
EXECUTORS = ("serial", "threads", "processes", "dask")


FOLDERS = options(
    "Inputs",
    Option(["-r", "--recursive"], is_flag=True, help="Look into the folders below."),
    Option(["--include"], multiple=True, metavar="GLOB", help="Files of a folder to take."),
    Option(["--exclude"], multiple=True, metavar="GLOB", help="Files of a folder to leave."),
    Option(
        ["--files-from"],
        metavar="FILE",
        help="Read more inputs from a file, or - for stdin, one a line.",
    ),
)
LAYOUT = options(
    "Inputs",
    Option(["--layout"], metavar="LETTERS", help="Axes, such as NHWC.  [default: by their number]"),
)
OUTPUTS = options(
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
    Option(["--overwrite"], is_flag=True, help="Replace outputs that are there."),
    Option(["--skip-existing"], is_flag=True, help="Leave outputs that are there."),
    Option(
        ["--resume"],
        metavar="LOG",
        help="Keep a log, and do what it does not know as done and unchanged.",
    ),
)
INDICES = options(
    "Outputs",
    Option(
        ["--indices", "indices_file"],
        metavar="FILE",
        help="Write which pixel each result is: .npy, .npz.",
    ),
)
MEMORY = options(
    "Run",
    Option(
        ["--max-memory"],
        metavar="SIZE",
        help="Memory for all files: 256M, 2G. Large arrays stay on the disk.",
    ),
)
RUN = options(
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
REPORT = options(
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


def show_option(default: str | None, what: str) -> Option:
    """The option that says how pictures are shown."""
    way = click.Choice(WAYS)
    return Bare(
        ["--show"], type=way, default=default, metavar="WAY", help=f"{what} {', '.join(WAYS[1:])}."
    )


SHOW = options(
    "Report", show_option(None, "Show before and after, on a terminal; anywhere with a WAY:")
)
FILES = (*FOLDERS, *LAYOUT, *OUTPUTS, *RUN, *REPORT, *SHOW)


def take_inputs(given: dict[str, Any]) -> Inputs:
    """The inputs that the options name."""
    from poolcli.run.expand import Inputs

    words = list(given["inputs"])
    if given["files_from"] is not None:
        words += [
            line
            for line in read_text("--files-from", given["files_from"]).split("\n")
            if line.strip()
        ]
    paths = [take_path("INPUT", word) for word in words]
    if not paths:
        raise RequestError("give INPUT: files, folders, or - for stdin")
    if Path("-") in paths and sys.stdin.isatty():
        raise RequestError(
            "- reads from a pipe, and stdin is a terminal: give a file, or pipe one in"
        )
    return Inputs(tuple(paths), given["recursive"], given["include"], given["exclude"])


def take_memory(given: dict[str, Any], files: int = 1) -> int | None:
    """The bytes that --max-memory leaves to each of the files that are done at once."""
    from poolcli.resources.memory import read_size

    return None if given["max_memory"] is None else read_size(given["max_memory"]) // files


def take_path(what: str, word: str) -> Path:
    """The path that a word names. No word names the working folder by accident, as an empty variable would."""
    if not word or "\0" in word:
        raise RequestError(f"{what} {word!r} is no path: give the name of a file or a folder")
    return Path(word)


def read_text(option: str, name: str) -> str:
    """The text of a file that an option names, or of stdin for -; without the mark that Windows begins it with."""
    take_path(option, name)
    try:
        with click.open_file(name, encoding="utf-8-sig") as stream:
            return str(stream.read())
    except UnicodeDecodeError:
        raise RequestError(f"{option} {name}: it is not UTF-8 text") from None
    except OSError as error:
        from poolcli.io import reason

        raise RequestError(f"{option} {name}: {reason(error)}") from None


def take_outputs(given: dict[str, Any]) -> Outputs:
    """Where the options send the results."""
    from poolcli.run.job import Outputs

    if given["overwrite"] and given["skip_existing"]:
        raise RequestError(
            "--overwrite and --skip-existing contradict each other: give one of them"
        )
    if given["scale"] not in (None, "minmax", "none"):
        raise RequestError(f"--scale {given['scale']}: takes minmax or none")
    for name in ("output", "name"):
        if given[name] is not None:
            take_path(f"--{name}", given[name])
    names = ("output", "name", "to", "scale", "overwrite", "skip_existing")
    words = given.get("indices_file")
    indices = None if words is None else take_path("--indices", words)
    return Outputs(
        **{name: given[name] for name in names},
        save=tuple(map(_pair, given["save"])),
        indices=indices,
    )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"--save {text}: takes KEY=VALUE, such as quality=90")
    return key, value


def take_crew(given: dict[str, Any]) -> Parallelism:
    """Who does the work."""
    from poolcli.run.parallelism import Parallelism

    if given["scheduler"] is not None and given["executor"] != "dask":
        raise RequestError(
            f"--scheduler {given['scheduler']} is one of Dask: give --executor dask, too"
        )
    executor = (
        "serial" if given["output"] == "-" else given["executor"]
    )  # this process has the stream
    return Parallelism(executor, given["jobs"], given["scheduler"], given["fail_fast"])


def take_log(given: dict[str, Any]) -> ResumeLog:
    """What earlier runs have done, as far as the options ask."""
    from poolcli.run.resume_log import ResumeLog

    if given["resume"] is None:
        return ResumeLog(None)
    if given["skip_existing"]:
        raise RequestError(
            "--resume redoes what has changed, and --skip-existing leaves it: give one of them"
        )
    if given["output"] == "-" or "-" in given["inputs"]:
        raise RequestError("--resume is for files: stdin and stdout cannot be taken up again")
    return ResumeLog(take_path("--resume", given["resume"]), read_only=given["dry_run"])

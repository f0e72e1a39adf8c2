"""Read the values of shared options: inputs, outputs, memory, executor, log, style of report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poolcli.errors import RequestError

if TYPE_CHECKING:
    from poolcli.run.expand import Inputs
    from poolcli.run.job import Outputs
    from poolcli.run.parallelism import Parallelism
    from poolcli.run.resume_log import ResumeLog

STDIO = "-"  # stdin as an input, stdout as an output


def path_from(option: str, word: str) -> Path:
    """The path that a word names; RequestError for an empty one, which an unset variable gives, and
    for an address.

    >>> path_from("INPUT", "a.png").name
    'a.png'
    """
    if not word or "\0" in word:
        raise RequestError(f"{option} {word!r} is no path: give the name of a file or a folder")
    if "://" in word:
        from poolcli.io import is_address, located

        if is_address(word):
            raise RequestError(
                f"{option} {located(word)}: only INPUT and the output of results may be an "
                "address: name a file"
            )
    return Path(word)


def input_from(option: str, word: str) -> Path:
    """The path, or the address, of an input."""
    from poolcli.io import is_address, located

    return located(word) if is_address(word) else path_from(option, word)


def output_from(option: str, word: str) -> Path:
    """The path, or the address, of an output."""
    from poolcli.io import check_written, is_address, located

    if not is_address(word):
        return path_from(option, word)
    address = located(word)
    check_written(option, address)
    return address


def text_from(option: str, name: str) -> str:
    """The text of a file, or of stdin for `-`, without a byte order mark."""
    path_from(option, name)
    try:
        with click.open_file(name, encoding="utf-8-sig") as stream:
            return str(stream.read())
    except UnicodeDecodeError:
        raise RequestError(f"{option} {name}: it is not UTF-8 text") from None
    except OSError as error:
        from poolcli.io import reason

        raise RequestError(f"{option} {name}: {reason(error)}") from None


def inputs_from(params: dict[str, Any]) -> Inputs:
    """The files and folders to read."""
    from poolcli.run.expand import Inputs

    words = list(params["inputs"])
    if params["files_from"] is not None:
        text = text_from("--files-from", params["files_from"])
        lines = text.split("\0" if "\0" in text else "\n")  # find -print0 ends names with NUL
        words += [line for line in lines if line.strip()]
    paths = [input_from("INPUT", word) for word in words]
    if not paths:
        raise RequestError("give INPUT: files, folders, or - for stdin")
    if Path(STDIO) in paths and sys.stdin.isatty():
        raise RequestError(
            "- reads from a pipe, and stdin is a terminal: give a file, or pipe one in"
        )
    return Inputs(tuple(paths), params["recursive"], params["include"], params["exclude"])


def memory_from(params: dict[str, Any], files: int = 1) -> int | None:
    """The budget of each of the files that are pooled at once, in bytes; None without a limit."""
    from poolcli.resources.memory import read_size

    return None if params["max_memory"] is None else read_size(params["max_memory"]) // files


@contextmanager
def within_memory(params: dict[str, Any]) -> Iterator[None]:
    """Run the block within --max-memory: up to that, files are trusted that are large unpacked."""
    limit = memory_from(params)
    if limit is None:
        yield
        return
    from poolcli.io import allow_pixels
    from poolcli.resources.limits import Budget, limits

    allow_pixels(limit)
    with limits(memory=Budget(limit)):
        yield


def outputs_from(params: dict[str, Any]) -> Outputs:
    """Where the results go, and how they are written."""
    from poolcli.run.job import Outputs

    if params["overwrite"] and params["skip_existing"]:
        raise RequestError(
            "--overwrite and --skip-existing contradict each other: give one of them"
        )
    if params["scale"] not in (None, "minmax", "none"):
        raise RequestError(f"--scale {params['scale']}: takes minmax or none")
    if params["output"] is not None:
        output_from("--output", params["output"])
    if params["name"] is not None:
        path_from("--name", params["name"])
    names = ("output", "name", "to", "scale", "strict", "overwrite", "skip_existing")
    indices = params.get("indices_file")
    return Outputs(
        **{name: params[name] for name in names},
        save=tuple(map(_key_and_value, params["save"])),
        indices=None if indices is None else output_from("--indices", indices),
    )


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"--save {text}: takes KEY=VALUE, such as quality=90")
    return key, value


def parallelism_from(params: dict[str, Any]) -> Parallelism:
    """How jobs are run at once; with stdout as the output, in this process."""
    from poolcli.run.parallelism import Parallelism

    if params["scheduler"] is not None and params["executor"] != "dask":
        raise RequestError(
            f"--scheduler {params['scheduler']} is one of Dask: give --executor dask, too"
        )
    executor = "serial" if params["output"] == STDIO else params["executor"]
    return Parallelism(executor, params["jobs"], params["scheduler"], params["fail_fast"])


def log_from(params: dict[str, Any]) -> ResumeLog:
    """The log of earlier runs that --resume names; an empty one without it."""
    from poolcli.run.resume_log import ResumeLog

    if params["resume"] is None:
        return ResumeLog(None)
    if params["skip_existing"]:
        raise RequestError(
            "--resume redoes what has changed, and --skip-existing leaves it: give one of them"
        )
    if params["output"] == STDIO or STDIO in params["inputs"]:
        raise RequestError("--resume is for files: stdin and stdout cannot be taken up again")
    return ResumeLog(path_from("--resume", params["resume"]), read_only=params["dry_run"])


def style_from(params: dict[str, Any]) -> str:
    """The style of the report."""
    style: str = "none" if params["quiet"] else params["report"]
    return style

"""What is to be done: paths become jobs, each with one place to read and one to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from poolcli.errors import NothingFound, RequestError
from poolcli.io import FORMATS, Format, format_named, is_store, split_name
from poolcli.run.collisions import Writers, check_indices
from poolcli.run.order import STREAM, Job, Order, Outputs

FIELDS = ("stem", "suffix", "op", "index", "level")


class Inputs(NamedTuple):
    """Which files: paths, folders, - for stdin, and a list of more."""

    paths: tuple[Path, ...]
    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Found(NamedTuple):
    """A file, and the folder it was found in: what is below it is kept in the output."""

    path: Path
    root: Path | None = None


@dataclass(frozen=True)
class Jobs:
    """A job a file, made when it is its turn; every time alike."""

    found: Sequence[Found]
    order: Order
    folder: Path | None

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Job]:
        outputs = self.order.outputs
        for index, file in enumerate(self.found, start=1):
            target, *more = targets_of(
                file, facts_of(file, index, self.order), self.folder, outputs
            )
            facts = self.order, tuple(more), outputs.overwrite, len(self) == 1
            yield Job(file.path, target, _format(target, outputs), *facts)


def expand(inputs: Inputs) -> list[Found]:
    """Every file the inputs name, each once; NothingFound where they name none."""
    found = {file.path: file for path in inputs.paths for file in _files(path, inputs)}
    if not found:
        names = ", ".join(map(str, inputs.paths))
        more = "" if inputs.recursive else "; -r looks into the folders below"
        raise NothingFound(
            f"{names}: no image or array to read{more}, --include 'PATTERN' names other files"
        )
    return list(found.values())


def _files(path: Path, inputs: Inputs) -> Iterator[Found]:
    try:
        yield from _named(path, inputs)
    except OSError:  # who opens it learns why
        yield Found(path)


def _named(path: Path, inputs: Inputs) -> Iterator[Found]:
    if path.is_dir() and not is_store(path):
        walk = path.rglob("*") if inputs.recursive else path.glob("*")
        yield from (
            Found(file, path)
            for file in sorted(walk)
            if _wanted(file, path, inputs) and _is_whole(file)
        )
    elif path == STREAM or path.exists() or not set("*?[") & set(path.name):
        yield Found(path)
    else:
        yield from (Found(file) for file in sorted(path.parent.glob(path.name)))


def _is_whole(path: Path) -> bool:
    """A file, or a folder that is one."""
    return path.is_file() or is_store(path)


def _wanted(file: Path, root: Path, inputs: Inputs) -> bool:
    """Files that look like images or arrays, or that --include names; none that is hidden or that --exclude names."""
    below = file.relative_to(root)
    if any(part.startswith(".") for part in below.parts):
        return False
    include = inputs.include or tuple(f"*{suffix}" for suffix in KNOWN)
    return _matches(below, include) and not _matches(below, inputs.exclude)


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    return any(
        fnmatch(name, each.lower())
        for each in patterns
        for name in (path.name.lower(), path.as_posix().lower())
    )


KNOWN = tuple(suffix for format_ in FORMATS for suffix in format_.suffixes)


def plan_jobs(found: Sequence[Found], order: Order) -> Jobs:
    """A job a file; RequestError where two would write one file, or one would write another's input."""
    jobs = Jobs(found, order, _folder(found, order.outputs))
    writers, formats = Writers(), set()
    for job in jobs:
        writers.add(job)
        formats.add(job.format)
    writers.check(file.path for file in found)
    if order.outputs.indices is not None:
        check_indices(job, len(jobs), order.outputs.indices)
    if len(formats) == 1 and (format_ := formats.pop()):
        format_.options(dict(order.outputs.save))  # wrong for all is wrong before the start
    return jobs


def _folder(found: Sequence[Found], outputs: Outputs) -> Path | None:
    """The folder that --output names; None where it names a file, a stream, or nothing."""
    many = len(found) > 1 or found[0].root is not None
    if outputs.output is None:
        return None
    output = Path(outputs.output)
    if output == STREAM and not many:
        _check_no_name(outputs)
        return None
    if output == STREAM:
        raise RequestError(f"-o - takes one input, and there are {len(found)}: give a folder")
    if (output.is_dir() and not is_store(output)) or outputs.output.endswith(("/", "\\")) or many:
        if output.exists() and not output.is_dir():
            raise RequestError(f"-o {output} is a file, and many inputs need a folder")
        return output
    _check_no_name(outputs)
    return None


def _check_no_name(outputs: Outputs) -> None:
    if outputs.name is not None:
        raise RequestError(
            f"-o {outputs.output} already names the output: leave --name out, or give a folder"
        )


def facts_of(file: Found, index: int, order: Order) -> dict[str, Any]:
    """What the fields of a name stand for; the level as a list, empty where all maps go to one file."""
    pipeline, to = order.pipeline, order.outputs.to
    stem, suffix = split_name(file.path.name)
    suffix = format_named(to).suffixes[0] if to else suffix
    in_one = to == "npz" or (suffix.lower() in KNOWN and format_named(suffix).is_folder)
    levels = list(range(1, pipeline.outputs + 1)) if pipeline.several and not in_one else []
    op = "-".join(step.op.name for step in pipeline.steps)
    return {"stem": stem, "suffix": suffix, "op": op, "index": index, "level": levels}


def targets_of(
    file: Found, facts: dict[str, Any], folder: Path | None, outputs: Outputs
) -> list[Path]:
    """A file for each level, or one for all where their names are the same."""
    named = [
        _target(file, {**facts, "level": level}, folder, outputs)
        for level in facts["level"] or [""]
    ]
    return named if len(set(named)) > 1 else named[:1]


def _target(file: Found, facts: dict[str, Any], folder: Path | None, outputs: Outputs) -> Path:
    if outputs.output is not None and folder is None:
        return Path(outputs.output)
    if file.path == STREAM and (folder is None or outputs.name is None):
        raise RequestError(
            "- has no name to call its result after: give -o FILE, or -o - for stdout"
        )
    level = "-{level}" if facts["level"] else ""
    usual = "{stem}-{op}{level}{suffix}" if folder is None else f"{{stem}}{level}{{suffix}}"
    template = usual if outputs.name is None else outputs.name
    name = _fill(template, facts)
    if folder is None:
        return file.path.parent / name
    return folder / (file.path.parent.relative_to(file.root) if file.root else Path()) / name


def _fill(template: str, facts: dict[str, Any]) -> Path:
    """The file name that a template gives; it stays below the output folder."""
    try:
        used = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        if used - facts.keys():
            raise ValueError(f"there is no {{{min(used - facts.keys())}}}")  # noqa: TRY301 - one sentence for both
        name = Path(template.format(**facts))
    except (ValueError, IndexError, KeyError) as error:
        fields = " ".join(f"{{{field}}}" for field in FIELDS)
        raise RequestError(f"--name {template}: {error}; the fields are {fields}") from None
    if name.is_absolute() or ".." in name.parts or not name.name:
        raise RequestError(f"--name {template}: names {name}, which is not below the output folder")
    return name


def _format(target: Path, outputs: Outputs) -> Format | None:
    """The format that --to or the suffix names; None leaves it to the content."""
    if outputs.to:
        return format_named(outputs.to)
    suffix = split_name(target.name)[1]
    known = target != STREAM and suffix.lower() in KNOWN
    if (
        suffix
        and not known
        and target != STREAM
        and outputs.output
        and Path(outputs.output) == target
    ):
        return format_named(suffix)  # says which formats there are
    return format_named(suffix) if known else None

"""The paths of a job's outputs: beside the input or in a folder, by the template of --name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Formatter
from typing import Any

from poolcli.errors import RequestError
from poolcli.io import WRITTEN_AS, Address, format_named, is_known_suffix, split_name
from poolcli.run.expand import InputFile
from poolcli.run.job import STREAM, Outputs, Settings

MOST_LEVELS = 32  # of a map whose sides have less than 2^32 pixels
FIELDS = ("stem", "suffix", "op", "index", "level")


def all_output_paths(
    files: Sequence[InputFile], settings: Settings, folder: Path | None
) -> list[tuple[Path, ...]]:
    """The files of the maps of each input.

    An input of a format that is not written gets another suffix. Where another input has the same
    output, its own suffix stays in the stem: a.psd becomes a-psd.png beside a.png.
    """
    paths = [output_paths(file, at, settings, folder) for at, file in enumerate(files, start=1)]
    if not any(replaced_suffix(file, settings, folder) for file in files):
        return paths
    counts = Counter(path for each in paths for path in each)
    return [
        output_paths(file, at, settings, folder, keeps_suffix=True)
        if replaced_suffix(file, settings, folder) and any(counts[path] > 1 for path in each)
        else each
        for at, (file, each) in enumerate(zip(files, paths, strict=True), start=1)
    ]


def replaced_suffix(file: InputFile, settings: Settings, folder: Path | None) -> str:
    """The suffix of an input whose output has another, as its format is not written; else ""."""
    outputs, suffix = settings.outputs, split_name(file.path.name)[1]
    is_named = outputs.to or (outputs.output is not None and folder is None)
    has_field = outputs.name is None or "{suffix" in outputs.name
    return suffix if suffix.lower() in WRITTEN_AS and has_field and not is_named else ""


def output_paths(
    file: InputFile,
    index: int,
    settings: Settings,
    folder: Path | None,
    *,
    keeps_suffix: bool = False,
) -> tuple[Path, ...]:
    """The files of an input's maps: one for each level, or one for all if their names are equal.

    Where the input says how many levels there are, they are those of `MOST_LEVELS`.

    `index` counts the inputs from 1. `folder` is the output folder (None: beside the input, or the
    file that --output names). With `keeps_suffix` the stem ends with the suffix of the input.
    """
    outputs = settings.outputs
    fields = _fields(file, index, settings)
    if keeps_suffix:
        fields["stem"] += "-" + split_name(file.path.name)[1].lstrip(".")
    levels = _levels(fields["suffix"], settings)
    if not levels:
        return (_path(file, {**fields, "level": ""}, folder, outputs),)
    paths = [_path(file, {**fields, "level": level}, folder, outputs) for level in levels]
    return tuple(paths) if len(set(paths)) > 1 else (paths[0],)


def _fields(file: InputFile, index: int, settings: Settings) -> dict[str, Any]:
    """The values of the template's fields, without the level."""
    stem, suffix = split_name(file.path.name)
    suffix = WRITTEN_AS.get(suffix.lower(), suffix)
    if file.member:
        stem += "-" + file.member.strip("/").replace("/", "-")
    if settings.outputs.to:
        suffix = format_named(settings.outputs.to).suffixes[0]
    op = "-".join(step.op.name for step in settings.pipeline.steps)
    return {"stem": stem, "suffix": suffix, "op": op, "index": index}


def _levels(suffix: str, settings: Settings) -> range:
    """The numbers of the levels that get files of their own; none where one file holds all maps.

    Where the input says how many there are, they are as many as there can be.
    """
    is_folder = is_known_suffix(suffix) and format_named(suffix).is_folder
    in_one_file = is_folder or settings.outputs.to == "npz"
    pipeline = settings.pipeline
    if not pipeline.several or in_one_file:
        return range(0)
    return range(1, (pipeline.outputs or MOST_LEVELS) + 1)


def _path(file: InputFile, fields: dict[str, Any], folder: Path | None, outputs: Outputs) -> Path:
    if outputs.place is not None and folder is None:
        return outputs.place
    if file.path == STREAM and (folder is None or outputs.name is None):
        raise RequestError(
            "- has no name to call its result after: give -o FILE, or -o - for stdout"
        )
    name = _filled(_template(fields, folder, outputs), fields)
    if folder is None:
        return name if isinstance(file.path, Address) else file.path.parent / name
    below = file.path.parent.relative_to(file.root).parts if file.root else ()
    return folder.joinpath(*below, name)


def _template(fields: dict[str, Any], folder: Path | None, outputs: Outputs) -> str:
    if outputs.name is not None:
        return outputs.name
    if folder is None:
        return "{stem}-{op}{level}{suffix}"  # photo-pyramid1.png
    return "{stem}-{level}{suffix}" if fields["level"] else "{stem}{suffix}"


def _filled(template: str, fields: dict[str, Any]) -> Path:
    """The file name that a template gives; RequestError if it leads out of the output folder."""
    try:
        used = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        if used - fields.keys():
            raise ValueError(f"there is no {{{min(used - fields.keys())}}}")  # noqa: TRY301
        name = Path(template.format(**fields))
    except (ValueError, IndexError, KeyError) as error:
        known = " ".join(f"{{{field}}}" for field in FIELDS)
        raise RequestError(f"--name {template}: {error}; the fields are {known}") from None
    if name.is_absolute() or ".." in name.parts or not name.name:
        raise RequestError(f"--name {template}: names {name}, which is not below the output folder")
    return name

"""What earlier runs wrote into a folder of inputs, which is no input of the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from poolcli.io import split_name
from poolcli.pipeline.registry import names
from poolcli.run.expand import InputFile
from poolcli.run.job import Settings
from poolcli.run.names import output_paths


def without_own_outputs(
    files: Sequence[InputFile], settings: Settings, folder: Path | None
) -> list[InputFile]:
    """The files, without those of folders that are made of others among them.

    These are the files that the same command would write, and those that any operation writes
    beside its input by the usual template. A file that the user names is always an input.
    """
    roots = {file.root for file in files if file.root is not None}
    if not any(_is_below(folder, root) for root in roots):
        return list(files)
    made = {
        target
        for index, file in enumerate(files, start=1)
        for target in output_paths(file, index, settings, folder)
        if target != file.path
    }
    stems, addition = {_stem(file.path) for file in files}, _addition()
    return [
        file
        for file in files
        if file.root is None or not (file.path in made or _is_pooled(file.path, stems, addition))
    ]


def _addition() -> re.Pattern[str]:
    """What the usual template adds to a stem, once for each step: -max, -roi-align, -pyramid3."""
    return re.compile(rf"-(?:{'|'.join(map(re.escape, names()))})\d*$")


def _is_below(folder: Path | None, root: Path) -> bool:
    """Whether outputs go into a folder of inputs."""
    return folder is None or folder.absolute().is_relative_to(root.absolute())


def _is_pooled(path: Path, stems: set[Path], addition: re.Pattern[str]) -> bool:
    """Whether a file has the name of a result of another."""
    stem = _stem(path)
    name, added = stem.name, addition.search(stem.name)
    while added and added.start():
        name = name[: added.start()]
        if stem.with_name(name) in stems:
            return True
        added = addition.search(name)
    return False


def _stem(path: Path) -> Path:
    return path.with_name(split_name(path.name)[0] or path.name)

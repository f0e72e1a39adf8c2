"""What earlier runs wrote into a folder of inputs, which is no input of the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from poolcli.io import WRITTEN_AS, split_name
from poolcli.pipeline.registry import names
from poolcli.run.expand import InputFile
from poolcli.run.job import Settings
from poolcli.run.names import all_output_paths


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
        for file, targets in zip(files, all_output_paths(files, settings, folder), strict=True)
        for target in targets
        if target != file.path
    }
    stems, addition = {stem for file in files for stem in _stems(file.path)}, _addition()
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


def _stems(path: Path) -> tuple[Path, ...]:
    """The stems of a file's outputs: where its suffix gives way to another, with it, too."""
    stem, suffix = _stem(path), split_name(path.name)[1]
    kept = stem.with_name(f"{stem.name}-{suffix[1:]}")
    return (stem, kept) if suffix.lower() in WRITTEN_AS else (stem,)


def _stem(path: Path) -> Path:
    return path.with_name(split_name(path.name)[0] or path.name)

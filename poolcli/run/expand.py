"""Paths, folders and globs become input files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from poolcli.errors import NothingFound
from poolcli.io import WRITTEN_AS, is_known_suffix, is_store, split_member, split_name
from poolcli.run.job import STREAM


class Inputs(NamedTuple):
    """Inputs of a command: files, folders, globs or `-`; and which files of a folder to take."""

    paths: tuple[Path, ...]
    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class InputFile(NamedTuple):
    """A file, and the input folder it was found in: outputs keep the tree below that folder.

    `member` is the name of one map of the file, "" for all.
    """

    path: Path
    root: Path | None = None
    member: str = ""

    @property
    def name(self) -> Path:
        """The file as the user names it."""
        return Path(f"{self.path}::{self.member}") if self.member else self.path


def expand(inputs: Inputs) -> list[InputFile]:
    """Every file that the inputs name, each once; NothingFound if there is none."""
    found = {file.name: file for path in inputs.paths for file in _files(path, inputs)}
    if not found:
        names = ", ".join(map(str, inputs.paths))
        more = "" if inputs.recursive else "; -r looks into the folders below"
        raise NothingFound(
            f"{names}: no image or array to read{more}, --include 'PATTERN' names other files"
        )
    return list(found.values())


def _files(path: Path, inputs: Inputs) -> Iterator[InputFile]:
    try:
        if path.is_dir() and not is_store(path):
            yield from _files_in(path, inputs)
        elif path == STREAM or path.exists():
            yield InputFile(path)
        elif split_member(path)[1] or not _is_glob(path):
            file, member = split_member(path)
            yield InputFile(file, None, member)
        else:
            yield from (InputFile(file) for file in sorted(path.parent.glob(path.name)))
    except OSError:  # reading the file will tell what is wrong with it
        yield InputFile(path)


def _is_glob(path: Path) -> bool:
    return bool(set("*?[") & set(path.name))


def _files_in(folder: Path, inputs: Inputs) -> Iterator[InputFile]:
    walk = folder.rglob("*") if inputs.recursive else folder.glob("*")
    for file in sorted(walk):
        if _is_wanted(file, folder, inputs) and (file.is_file() or is_store(file)):
            yield InputFile(file, folder)


def _is_wanted(file: Path, root: Path, inputs: Inputs) -> bool:
    """Whether a file of a folder is an input: known or included by name, not hidden or excluded."""
    below = file.relative_to(root)
    if any(part.startswith(".") for part in below.parts):
        return False
    if _matches(below, inputs.exclude):
        return False
    if inputs.include:
        return _matches(below, inputs.include)
    suffixes = split_name(file.name)[1], file.suffix
    return any(each.lower() in WRITTEN_AS or is_known_suffix(each) for each in suffixes)


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    """Whether the name or the whole path matches one of the globs, in capitals or not."""
    names = (path.name.lower(), path.as_posix().lower())
    return any(fnmatch(name, each.lower()) for each in patterns for name in names)

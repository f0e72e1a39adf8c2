"""Paths, folders and globs become input files; what a folder holds besides is counted."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from poolcli.errors import FileError, NothingFound
from poolcli.io import (
    WRITTEN_AS,
    Address,
    is_known_suffix,
    is_store,
    reason,
    split_member,
    split_name,
    with_member,
)
from poolcli.run.job import STREAM
from poolcli.run.missing_input import missing


class Inputs(NamedTuple):
    """Inputs of a command: files, folders, globs or `-`; and which files of a folder to take."""

    paths: tuple[Path, ...]
    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class InputFile(NamedTuple):
    """A file, and the input folder it was found in: outputs keep the tree below that folder.

    `member` is the name of one map of the file, "" for all. `fault` is why what should be read
    cannot be, "" where that is not known.
    """

    path: Path
    root: Path | None = None
    member: str = ""
    fault: str = ""

    @property
    def name(self) -> Path:
        """The file as the user names it."""
        return with_member(self.path, self.member)


_NAMED = 4  # suffixes that are named


class Expansion(NamedTuple):
    """The files of a run, and the suffixes of files of its folders that are of no known kind."""

    files: tuple[InputFile, ...]
    ignored: Counter[str]


def expand(inputs: Inputs) -> Expansion:
    """Every file that the inputs name, each once; NothingFound if there is none."""
    ignored: set[Path] = set()
    found = {file.name: file for path in inputs.paths for file in _files(path, inputs, ignored)}
    suffixes = Counter(sorted(path.suffix.lower() for path in ignored - found.keys()))
    if not found:
        names = ", ".join(map(str, inputs.paths))
        what = f"no image or array to read{_besides(suffixes)}"
        more = "" if inputs.recursive else "-r looks into the folders below, "
        raise NothingFound(f"{names}: {what}; {more}--include 'PATTERN' names other files")
    return Expansion(tuple(found.values()), suffixes)


def _besides(suffixes: Counter[str]) -> str:
    count = suffixes.total()
    files = "1 file" if count == 1 else f"{count} files"
    return f" among {files} ({suffix_words(suffixes)})" if count else ""


def suffix_words(suffixes: Counter[str]) -> str:
    """The suffixes of some files, the most frequent ones first.

    >>> suffix_words(Counter([".pdf", ".heic", ".heic", ""]))
    '.heic, .pdf, no suffix'
    """
    usual = [suffix or "no suffix" for suffix, _ in suffixes.most_common(_NAMED)]
    return ", ".join(usual) + ", ..." * (len(suffixes) > _NAMED)


def _files(path: Path, inputs: Inputs, ignored: set[Path]) -> Iterator[InputFile]:
    try:
        if isinstance(path, Address):
            yield from _at_address(path, inputs, ignored)
        elif path.is_dir() and not is_store(path):
            yield from _files_in(path, path, inputs, ignored)
        elif path == STREAM or path.exists():
            yield InputFile(path)
        elif split_member(path)[1] or not _is_glob(path):
            file, member = split_member(path)
            yield InputFile(file, None, member, fault_of(file, alone=len(inputs.paths) == 1))
        else:
            yield from map(InputFile, sorted(_matching(path), key=natural))
    except OSError:  # reading the file will tell what is wrong with it
        yield InputFile(path)


def _at_address(path: Address, inputs: Inputs, ignored: set[Path]) -> Iterator[InputFile]:
    """The files of an address: one, a store, those of a folder, or those of a pattern."""
    file, member = split_member(path)
    try:
        if file.is_file() or is_store(file):
            yield InputFile(file, None, member)
        elif file.is_dir():
            yield from _files_in(file, file, inputs, ignored)
        elif not member and _is_glob(file):
            yield from map(InputFile, sorted(_matching(file), key=natural))
        else:
            yield InputFile(file, None, member, "there is nothing at this address")
    except FileError as error:
        yield InputFile(file, None, member, str(error))


def fault_of(path: Path, *, alone: bool = True) -> str:
    """Why there is nothing to read at a path on the disk; "" where there is something."""
    if path == STREAM or _is_there(path):
        return ""
    return _fault(path) or missing(path, alone=alone)


def _is_there(path: Path) -> bool:
    """Whether there is a file, or something else is wrong with its path."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def natural(path: Path) -> tuple[list[list[str | int]], str]:
    """A key that sorts paths by their numbers: a2 before a10.

    >>> sorted(map(Path, ["a10.png", "a2.png", "b/1.png"]), key=natural)
    [PosixPath('a2.png'), PosixPath('a10.png'), PosixPath('b/1.png')]
    """
    pieces = [re.split(r"(\d+)", part) for part in path.parts]  # text and number by turns
    key = [[int(one) if at % 2 else one for at, one in enumerate(part)] for part in pieces]
    return key, str(path)


def _matching(pattern: Path) -> Iterator[Path]:
    """The files of a pattern; hidden ones, as in a shell, only where it begins with a dot."""
    hidden = pattern.name.startswith(".")
    return (
        path for path in pattern.parent.glob(pattern.name) if path.name.startswith(".") == hidden
    )


def _is_glob(path: Path) -> bool:
    return bool(set("*?[") & set(path.name))


def _files_in(folder: Path, root: Path, inputs: Inputs, ignored: set[Path]) -> Iterator[InputFile]:
    """The files of a folder and, if they are asked for, of those below, in order of their paths."""
    try:
        paths = sorted(_entries(folder), key=natural)
    except OSError as error:
        yield InputFile(folder, root, "", reason(error))
        return
    for path in paths:
        below = path.relative_to(root)
        if path.name.startswith(".") or _matches(below, inputs.exclude):
            continue
        if path.is_dir() and not is_store(path):
            if inputs.recursive and not path.is_symlink():
                yield from _files_in(path, root, inputs, ignored)
        elif _is_wanted(below, inputs):
            yield InputFile(path, root, "", _fault(path))
        elif not inputs.include:
            ignored.add(path)


def _entries(folder: Path) -> Iterator[Path]:
    if isinstance(folder, Address):
        yield from folder.iterdir()
        return
    with os.scandir(folder) as entries:
        yield from (folder / entry.name for entry in entries)


def _is_wanted(below: Path, inputs: Inputs) -> bool:
    """Whether a file of a folder is an input: known, or included by name."""
    if inputs.include:
        return _matches(below, inputs.include)
    suffixes = split_name(below.name)[1], below.suffix
    return any(each.lower() in WRITTEN_AS or is_known_suffix(each) for each in suffixes)


def _fault(path: Path) -> str:
    """Why a link cannot be read, where it leads nowhere."""
    if not path.is_symlink():
        return ""
    try:
        path.stat()
    except FileNotFoundError:
        return f"it is a link to {path.readlink()}, which is not there"
    except OSError as error:
        return reason(error)
    return ""


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    """Whether the name or the whole path matches one of the globs, in capitals or not."""
    names = (path.name.lower(), path.as_posix().lower())
    return any(fnmatch(name, each.lower()) for each in patterns for name in names)

"""Who writes what: no file is written twice, and none that is an input of another."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from poolcli.errors import RequestError
from poolcli.run.order import STREAM, Job


class Writers:
    """The files that will be written, and the input that each is made of."""

    def __init__(self) -> None:
        self._sources: dict[str, Path] = {}
        self._folders: dict[Path, str] = {}

    def add(self, job: Job) -> None:
        """Take note of a job's files; RequestError where another writes one of them."""
        for target in job.targets:
            if target == STREAM:
                continue
            place = self._place(target)
            if place in self._sources:
                raise RequestError(
                    f"{self._sources[place]} and {job.source} would both write {target}: "
                    "give --name with {stem}, {suffix}, {index} or {level}"
                )
            self._sources[place] = job.source

    def check(self, sources: Iterable[Path]) -> None:
        """RequestError where one of the inputs would be overwritten by another."""
        for source in sources:
            place = os.path.realpath(source) if source.is_symlink() else self._place(source)
            writer = self._sources.get(place, source)
            if writer != source:
                raise RequestError(
                    f"{writer} would overwrite {source}, which is an input too: give another -o"
                )

    def _place(self, path: Path) -> str:
        """Where a path leads, its last part not followed."""
        folder = self._folders.get(path.parent)
        if folder is None:
            folder = self._folders[path.parent] = os.path.realpath(path.parent)
        return os.path.join(folder, path.name)  # noqa: PTH118 - a string is smaller, and there are many


def check_indices(job: Job, count: int, path: Path) -> None:
    """One file of indices is for one input, and is no other file of the run."""
    job.pipeline.steps[-1].check_indices()
    if count > 1:
        raise RequestError(f"--indices {path}: takes one input, and there are {count}")
    if path.suffix.lower() not in (".npy", ".npz"):
        raise RequestError(
            f"--indices {path}: takes an .npy, or an .npz where the input has several maps"
        )
    if path.resolve() in (job.source.resolve(), job.target.resolve()):
        raise RequestError(f"--indices {path}: is the input or the output, too: give another file")

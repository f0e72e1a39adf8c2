"""No file is written by two jobs, and no input is overwritten by another job."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from poolcli import io
from poolcli.errors import RequestError
from poolcli.pipeline.checks import check_indices
from poolcli.run.job import STREAM, Job


class OutputOwners:
    """The files that will be written, and for each the input it is made of."""

    def __init__(self) -> None:
        self._sources: dict[str, Path] = {}
        self._folders: dict[Path, str] = {}

    def add(self, job: Job) -> None:
        """Enter a job's files; RequestError if another job writes one of them."""
        for target in job.possible or job.targets:
            if target == STREAM:
                continue
            path = self._resolved(target)
            if path in self._sources:
                raise RequestError(
                    f"{self._sources[path]} and {job.source} would both write {target}: "
                    "give --name with what tells them apart, such as '{stem}-{index}{suffix}'"
                )
            self._sources[path] = job.source

    def check(self, sources: Iterable[Path]) -> None:
        """RequestError if an input would be overwritten by the result of another."""
        for source in sources:
            path = self._resolved(source)
            owner = self._sources.get(path, source)
            if owner != source:
                raise RequestError(
                    f"{owner} would overwrite {source}, which is an input too: "
                    "leave that out, or give -o FOLDER/"
                )

    def _resolved(self, path: Path) -> str:
        """The path with all links followed; folders are resolved once."""
        if isinstance(path, io.Address):
            return path.url
        if os.path.islink(path):  # noqa: PTH114 - False, and no error, for a name too long
            return os.path.realpath(path)
        folder = self._folders.get(path.parent)
        if folder is None:
            folder = self._folders[path.parent] = os.path.realpath(path.parent)
        return os.path.join(folder, path.name)  # noqa: PTH118 - smaller than a Path


def check_indices_file(jobs: Sequence[Job], path: Path) -> None:
    """RequestError unless --indices can be written: for one input, and no other file of the run."""
    job = jobs[-1]
    check_indices(job.pipeline.steps[-1])
    if len(jobs) > 1:
        raise RequestError(f"--indices {path}: takes one input, and there are {len(jobs)}")
    if path.suffix.lower() not in (".npy", ".npz"):
        raise RequestError(
            f"--indices {path}: takes an .npy, or an .npz where the input has several maps"
        )
    if path.resolve() in (job.source.resolve(), job.target.resolve()):
        raise RequestError(f"--indices {path}: is the input or the output, too: give another file")

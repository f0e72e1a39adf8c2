"""Standard input: an image or an archive, or arrays one after another, each of which is a job."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import cast

from poolcli import io
from poolcli.errors import FileError
from poolcli.maps.feature_map import FeatureMap
from poolcli.run.expand import InputFile
from poolcli.run.job import STREAM, Job
from poolcli.run.names import output_paths


def open_source(path: Path) -> io.Readable:
    """The file to read; for `-` the next array of stdin, or all of it if that is no .npy."""
    return io.next_array(sys.stdin.buffer) if path == STREAM else path


def has_more() -> bool:
    """Whether there is more on stdin; waits until that is known."""
    return bool(cast("BufferedReader", sys.stdin.buffer).peek(1))


def next_job(job: Job) -> Job | None:
    """The job for the next array of a stream; None if the results have nowhere to go.

    They follow the earlier ones on stdout, or get the next {index} in their names.
    """
    outputs, position = job.outputs, job.position + 1
    if outputs.indices:
        return None
    if job.target == STREAM:
        is_npy = job.format is None or job.format.name == "npy"
        return replace(job, position=position) if is_npy else None
    if outputs.name is None or not job.alone:
        return None
    folder = outputs.place or Path()
    targets = output_paths(InputFile(job.source), position + 1, job.settings, folder)
    if targets[0] == job.target:
        return None
    if job.possible:
        return replace(job, targets=targets[:1], possible=targets, position=position)
    return replace(job, targets=targets, position=position)


def read_maps(job: Job, readable: io.Readable, source: io.Source) -> tuple[FeatureMap, ...]:
    """The maps of a job's input; all arrays of a stream if they go to one .npz."""
    maps = tuple(map(source.read, range(len(source.headers))))
    while isinstance(readable, io.IncomingArray) and _collects(job) and has_more():
        maps += io.read(open_source(STREAM), job.layout)
    return maps


def check_one_array(job: Job, source: io.Readable) -> None:
    """FileError if the stream has another array, and its result has nowhere to go."""
    if not isinstance(source, io.IncomingArray) or _collects(job) or next_job(job):
        return
    source.skip()
    if has_more():
        raise FileError(
            f"there are more arrays than one, and {job.target} holds one: give -o FILE.npz, "
            "-o - or --name with {index}, and no other input"
        )


def _collects(job: Job) -> bool:
    """Whether all arrays of a stream go to one file."""
    return job.format is not None and job.format.name == "npz"

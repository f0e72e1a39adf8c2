"""Stdin: an image or an archive, or arrays one after another, each of which is a job."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import cast

from poolcli import io
from poolcli.errors import FileError
from poolcli.maps.feature_map import FeatureMap
from poolcli.run.jobs import Found, facts_of, targets_of
from poolcli.run.order import STREAM, Job


def opened(source: Path) -> io.Source:
    """What to read: the file, the next array of stdin, or all of stdin where that is none."""
    return io.arriving(sys.stdin.buffer) if source == STREAM else source


def goes_on() -> bool:
    """Whether there is more on stdin; it waits until that is known."""
    return bool(cast("BufferedReader", sys.stdin.buffer).peek(1))


def name_of(job: Job) -> Path:
    """What a report calls the input: -, -[1], -[2], ... are the arrays of a stream."""
    return Path(f"{job.source}[{job.place}]") if job.place else job.source


def following(job: Job) -> Job | None:
    """The job for the next array: its output follows in stdout, or has the next {index} in its name; or None."""
    outputs, place = job.outputs, job.place + 1
    if job.target == STREAM:
        plain = job.format is None or job.format.name == "npy"
        return replace(job, place=place) if plain and not outputs.indices else None
    if outputs.name is None or not job.alone or outputs.indices:
        return None
    input_ = Found(job.source)
    target, *more = targets_of(
        input_, facts_of(input_, place + 1, job.order), Path(outputs.output or "."), outputs
    )
    return (
        replace(job, target=target, more=tuple(more), place=place) if target != job.target else None
    )


def maps_of(job: Job, source: io.Source) -> tuple[FeatureMap, ...]:
    """The maps of a job: for an .npz all arrays of a stream."""
    maps = io.read(source, job.layout)
    while isinstance(source, io.Arriving) and _gathers(job) and goes_on():
        maps += io.read(opened(STREAM), job.layout)
    return maps


def check_place(job: Job, source: io.Source) -> None:
    """FileError where the stream goes on, and what comes next has no place to go."""
    if not isinstance(source, io.Arriving) or _gathers(job) or following(job):
        return
    source.skip()
    if goes_on():
        raise FileError(
            f"there are more arrays than one, and {job.target} has room for one: give -o FILE.npz, "
            "-o - or --name with {index}, and no other input"
        )


def _gathers(job: Job) -> bool:
    return job.format is not None and job.format.name == "npz"

"""The maps of a job's input, with label images where they are pooled, too."""

from __future__ import annotations

from contextlib import AbstractContextManager

from poolcli import io
from poolcli.run.job import Job
from poolcli.run.labels import takes_labels


def opened(job: Job, readable: io.Readable) -> AbstractContextManager[io.Source]:
    """The maps of the input of a job, while the block runs."""
    return io.opened(readable, job.layout, job.member, labels=takes_labels(job))


def peek(job: Job, readable: io.Readable) -> io.Peek:
    """Their headers."""
    return io.peek(readable, job.layout, job.member, labels=takes_labels(job))

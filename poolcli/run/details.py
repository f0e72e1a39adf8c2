"""What `--verbose` tells of a run and of each of its files, in a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolcli.maps.feature_map import Form
from poolcli.maps.layout import shape_words
from poolcli.resources.limits import current
from poolcli.resources.memory import size_words

if TYPE_CHECKING:
    from poolcli import io
    from poolcli.run.file_plan import FilePlan
    from poolcli.run.job import Job
    from poolcli.run.parallelism import Parallelism


def run_details(files: int, parallelism: Parallelism) -> str:
    """How many files there are, and how many are pooled at once, where, and by how many threads.

    >>> from poolcli.run.parallelism import Parallelism
    >>> run_details(3, Parallelism("processes", jobs=4))
    'files: 3, 3 at once (processes), each with 1 thread'
    """
    if parallelism.executor == "dask":  # its workers are counted once they are there
        cluster = parallelism.scheduler or "a cluster of its own"
        return f"files: {files}, on the workers of Dask ({cluster})"
    at_once, threads = parallelism.split(files)
    if at_once == 1:
        return f"files: {files}, one after another, with {_count(threads, 'thread')}"
    each = f"each with {_count(threads, 'thread')}"
    return f"files: {files}, {at_once} at once ({parallelism.executor}), {each}"


def tell(job: Job, plan: FilePlan, source: io.Source, regions: int = 1) -> None:
    """Tell what a file is and becomes, in so many regions, where that is asked for."""
    if job.outputs.tell is not None:
        for line in file_details(job, plan, source, regions):
            job.outputs.tell(line)


def file_details(job: Job, plan: FilePlan, source: io.Source, regions: int = 1) -> list[str]:
    """What is read of a file, what it becomes step by step, and where and how that is written."""
    first = plan.results[0]
    read = f"{source.format}, {_maps(source.headers)}"
    steps = [
        f"plan: {stage.step}, {shape_words(stage.input.shape)} → {_form(stage.output)}"
        for stage in first.stages
    ]
    written = f"write: {', '.join(map(str, job.targets))} as {plan.format.name}"
    parts = f"in {regions} regions, " if regions > 1 else ""
    lines = f"read: {read}", *steps, f"pool: {parts}with {_limits()}", written
    return [f"{job.name}: {line}" for line in lines]


def _maps(headers: Sequence[io.Header]) -> str:
    """The maps of a file: the first, and how many there are."""
    first = f"{_form(headers[0].form)} {headers[0].layout}"
    mode = f" {headers[0].mode}" if headers[0].mode else ""
    more = f", the first of {len(headers)} maps" if len(headers) > 1 else ""
    return first + mode + more


def _form(form: Form) -> str:
    return f"{shape_words(form.shape)} {form.dtype}"


def _limits() -> str:
    """The threads and the memory that pooling may use here."""
    limit = current().memory.limit
    memory = "" if limit is None else f" and {size_words(limit)} of memory"
    return _count(current().threads, "thread") + memory


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

"""A file whose maps are normalised region by region: they are measured before they are pooled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol, Self, TypeVar

from poolcli.resources.limits import limits
from poolcli.resources.threads import for_each
from poolcli.run.budget import worker_budget
from poolcli.run.job import Job, Measured
from poolcli.run.job_source import opened
from poolcli.run.measuring import Found, Measurer, Pass, measured_in_passes
from poolcli.run.region_blocks import Sources, Tally


class MeasuredPlan(Protocol):
    """The plan of a file, with the passes that measure its maps and how many workers there are."""

    @property
    def passes(self) -> tuple[Pass, ...]: ...
    @property
    def workers(self) -> int: ...
    def measured(self, statistics: Measured) -> Self:
        """The plan with the statistics of the steps that normalise."""
        ...


Plan = TypeVar("Plan", bound=MeasuredPlan)


def measured_here(job: Job, planned: Plan, tally: Tally) -> Plan:
    """The plan with the statistics, for which the maps are read by threads of this process."""
    reopened = partial(opened, job, job.source)

    def run(each: Pass, _: Measured) -> Found:
        with Sources(reopened) as sources:
            measurer = Measurer(each, sources, tally)
            measure_all(measurer, range(each.regions), planned.workers, job.outputs.memory)
        return measurer.found

    return planned.measured(measured_in_passes(job.record, planned.passes, run))


def measure_all(measurer: Measurer, turns: Sequence[int], workers: int, memory: int | None) -> None:
    """Measure all of these regions, with one thread of the engine for each worker."""

    def make(turn: int) -> None:
        with limits(threads=1, memory=worker_budget(memory, workers)):
            measurer.make(turn)

    for_each(turns, make, workers)

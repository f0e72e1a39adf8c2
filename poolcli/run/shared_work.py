"""Work on one large file that several workers share: what is written, and in which tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from poolcli import io
from poolcli.run.input_state import InputState
from poolcli.run.job import Job
from poolcli.run.measuring import Pass
from poolcli.run.outcome import Outcome
from poolcli.run.planned_pyramids import PlannedPyramids, planned_pyramids, pyramid_outcome
from poolcli.run.planned_regions import PlannedRegions, planned_regions
from poolcli.run.pool_groups import cut_of, tasks_of, with_parts
from poolcli.run.pool_regions import file_of, region_outcome
from poolcli.run.region_blocks import Tally
from poolcli.run.region_output import DoneRegions, can_be_shared, shared_file

_BLOCKS = 16  # blocks of a job at most: what is lost with a worker
_GROUPS = 4  # groups, which are larger


@dataclass(frozen=True)
class SharedWork:
    """What several workers make of a file.

    `cut` says how the output is cut into tasks, `phases` which of these can be done at once, and
    `most` how many are one job at most. `shapes` are what a worker has to know of each map.
    `passes` measure the maps that are normalised, before anything is written.
    `begin` is called when the output is there, with what is done of it; it says what still is.
    """

    file: io.SharedFile
    cut: object
    shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    phases: Sequence[range]
    most: int
    workers: int
    state: InputState
    warning: str
    outcome: Callable[[Tally, float], Outcome]
    passes: tuple[Pass, ...] = ()
    begin: Callable[[io.SharedFile, DoneRegions], DoneRegions] = lambda _, regions: regions

    @property
    def count(self) -> int:
        """How many tasks there are."""
        return sum(map(len, self.phases))


def shared_work(job: Job, readable: io.Readable) -> SharedWork | None:
    """What several workers make of a job's input; None where one makes it."""
    with planned_regions(job, readable) as regions:
        if regions is not None:
            return _of_regions(job, regions)
    with planned_pyramids(job, readable) as pyramids:
        return None if pyramids is None else _of_pyramids(job, pyramids)


def _of_regions(job: Job, planned: PlannedRegions) -> SharedWork | None:
    file = file_of(job, planned)
    if planned.regions == 1 or not can_be_shared(job, file):
        return None
    return SharedWork(
        file,
        [plan.block for plan in planned.plans],
        tuple((plan.block, plan.piece) for plan in planned.plans),
        [range(planned.regions)],
        _BLOCKS,
        planned.workers,
        planned.state,
        io.size_warning(planned.source),
        partial(region_outcome, job, planned),
        planned.passes,
    )


def _of_pyramids(job: Job, planned: PlannedPyramids) -> SharedWork | None:
    tasks = tasks_of(job, planned)
    if tasks is None:
        return None
    return SharedWork(
        shared_file(job, planned.file.format, planned.headers),
        cut_of(tasks),
        tuple((each.group, each.plan.tile) for each in tasks.maps),
        list(tasks.phases),
        _GROUPS,
        planned.workers,
        planned.state,
        io.size_warning(planned.source),
        partial(pyramid_outcome, job, planned),
        begin=lambda file, regions: with_parts(tasks, file.path, regions),
    )

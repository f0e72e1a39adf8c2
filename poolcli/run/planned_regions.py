"""Which files are pooled region by region, and how: known from their headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from poolcli import io
from poolcli.errors import FileError
from poolcli.pipeline.pipeline import Pipeline
from poolcli.resources.limits import Budget, current, limits
from poolcli.resources.memory import size_words
from poolcli.run.budget import memory_need, rounded_up
from poolcli.run.cell_plan import cell_plan
from poolcli.run.file_plan import FilePlan, plan_file, results_of
from poolcli.run.input_state import InputState
from poolcli.run.job import Job, Measured
from poolcli.run.job_source import opened
from poolcli.run.large_file import may_have_regions
from poolcli.run.measuring import Pass, known, measurable, measurable_map, normalizes, passes_of
from poolcli.run.region_need import RegionNeed
from poolcli.run.region_plan import RegionPlan, least_plan, region_plan

USUAL = 1 << 28  # bytes that arrays of a worker may take where no limit is given
# Bytes of values from which regions are worth their calls, where the whole fits into memory.
_LARGE = 1 << 26
_HELD = 1 << 31  # bytes of maps that are held in memory where no limit is given
_ENCODING = 4  # copies of a map in memory while a format encodes it as a whole


@dataclass(frozen=True)
class PlannedRegions:
    """The plan of a file, that of the regions of each of its maps, and how many workers make them.

    `source` is open while the plan is made, and `state` what the input was like. `passes` measure
    the maps that are normalised.
    """

    file: FilePlan
    plans: tuple[RegionPlan, ...]
    workers: int
    source: io.Source
    state: InputState
    passes: tuple[Pass, ...] = ()

    def measured(self, statistics: Measured) -> PlannedRegions:
        """The plan with the statistics of the steps that normalise."""
        file = known(self.file, statistics)
        plans = (plan.of(each) for plan, each in zip(self.plans, file.results, strict=True))
        return replace(self, file=file, plans=tuple(plans))

    @property
    def regions(self) -> int:
        """How many blocks are written."""
        return sum(plan.count for plan in self.plans)


@contextmanager
def planned_regions(job: Job, readable: io.Readable) -> Iterator[PlannedRegions | None]:
    """The plan of a file that is pooled in regions; None for one that is not, or need not be."""
    if not may_have_regions(job, readable):
        yield None
        return
    with opened_large(job, readable) as source:
        yield None if source is None else _planned(job, source, InputState.of(readable))


@contextmanager
def opened_large(job: Job, readable: io.Readable) -> Iterator[io.Source | None]:
    """The source of a file whose maps are large together, and are read in regions; else None."""
    limit = job.outputs.memory
    if limit is not None:
        io.allow_pixels(limit)
    with (
        limits(memory=Budget(limit)),
        opened(job, readable) as source,
    ):
        yield source if _is_large(job, source) else None


def _is_large(job: Job, source: io.Source) -> bool:
    """Whether all maps can be read in regions, and are large together."""
    if any(header.chunks is None for header in source.headers):
        return False
    limit = job.outputs.memory
    least = _LARGE if limit is None else min(_LARGE, limit // 16)
    return sum(header.form.nbytes for header in source.headers) >= least


def is_held(job: Job, source: io.Source) -> bool:
    """Whether memory has all of the maps at once, which takes less time than to read them twice."""
    limit = job.outputs.memory
    if limit is None:
        return sum(header.form.nbytes for header in source.headers) <= _HELD
    peek = io.Peek(source.format, source.headers)
    return memory_need(job.pipeline, peek, job.format).limit <= limit


def _planned(job: Job, source: io.Source, state: InputState) -> PlannedRegions | None:
    file = measurable(plan_file(job, source))
    needs = needs_of(job, file)
    is_read_twice = any(map(normalizes, file.results))
    if needs is None or (is_read_twice and is_held(job, source)):
        return None
    limit = job.outputs.memory
    for workers in range(current().threads, 0, -1):
        share = USUAL if limit is None else limit // 2 // workers
        plans = tuple(region_plan(need, share, workers) for need in needs)
        passes = passes_of(file.results, share, workers)
        if _suffices(share, plans, passes):
            return PlannedRegions(file, plans, workers, source, state, passes)
    by_cells = [cell_plan(each, limit // 2) for each in file.results] if limit else [None]
    if limit is not None and None in by_cells:
        peek = io.Peek(source.format, source.headers)
        _check_least(needs, memory_need(job.pipeline, peek, job.format).limit, limit)
    return None


def _at_once(plans: Sequence[RegionPlan], passes: Sequence[Pass]) -> int:
    """The bytes that a region takes, whether it is measured or pooled."""
    return max(*(plan.at_once for plan in plans), *(each.at_once for each in passes), 0)


def _suffices(share: int, plans: Sequence[RegionPlan], passes: Sequence[Pass]) -> bool:
    """Whether this much memory is enough for regions that are worth their calls."""
    return _at_once(plans, passes) <= share and all(plan.is_useful for plan in plans)


def _check_least(needs: Sequence[RegionNeed], whole: int, limit: int) -> None:
    """FileError where the smallest regions need more than the limit, and less than the whole."""
    least = [least_plan(need) for need in needs]
    if any(each.need.read_bytes(each.piece) >= each.need.form.nbytes for each in least):
        return
    passes = passes_of([need.planned for need in needs], 0, 1)
    at_once = _at_once(least, passes)
    if limit < 2 * at_once < whole:
        raise FileError(
            f"a region takes {size_words(at_once)} at once, and half of the "
            f"{size_words(limit)} of --max-memory is for that: give at least "
            f"{rounded_up(2 * at_once)}, smaller windows or chunks, or fewer jobs"
        )


def regions_of_form(
    pipeline: Pipeline, header: io.Header, target: io.Format, limit: int
) -> RegionPlan | None:
    """The regions of a map that is known by its header; None where it is pooled as a whole."""
    need = _need_of_form(pipeline, header, target, limit)
    if need is None:
        return None
    planned = need.planned
    for workers in range(current().threads, 0, -1):
        share = limit // 2 // workers
        plan, passes = region_plan(need, share, workers), passes_of([planned], share, workers)
        if _suffices(share, [plan], passes):
            return plan
    return None


def check_form(
    pipeline: Pipeline, header: io.Header, target: io.Format, limit: int, whole: int
) -> None:
    """FileError where regions of a map need less than its `whole`, and more than the limit."""
    need = _need_of_form(pipeline, header, target, limit)
    if need is not None:
        _check_least([need], whole, limit)


def _need_of_form(
    pipeline: Pipeline, header: io.Header, target: io.Format, limit: int
) -> RegionNeed | None:
    """What regions of a map take; None where it is small, or has none."""
    if header.form.nbytes < min(_LARGE, limit // 16) or pipeline.several:
        return None
    planned = measurable_map(*results_of(pipeline, header))
    chunk = target.chunk_shape(planned.header, {})
    need = RegionNeed(planned, chunk or planned.header.shape, 1 if chunk else _ENCODING)
    return need if header.chunks is not None and _can_be_made(need) else None


def _can_be_made(need: RegionNeed) -> bool:
    return need.numbers_of(tuple(slice(0, 1) for _ in need.shape)) is not None


def needs_of(job: Job, file: FilePlan) -> list[RegionNeed] | None:
    """What regions of each map take; None where those of one cannot be made."""
    options = file.format.options(dict(job.outputs.save), job.outputs.scale)
    needs = []
    for each in file.results:
        chunk = file.format.chunk_shape(each.header, options)
        need = RegionNeed(each, chunk or each.header.shape, 1 if chunk else _ENCODING)
        if not _can_be_made(need):
            return None
        needs.append(need)
    return needs

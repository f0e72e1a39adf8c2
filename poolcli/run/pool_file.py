"""One job: read a file's maps, pool them, write the results; a failure is an outcome, too."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest

from poolcli import io
from poolcli.errors import FileError
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.saturation import counting_saturated
from poolcli.resources.limits import limits
from poolcli.run.attempt import attempt
from poolcli.run.budget import memory_for
from poolcli.run.details import tell
from poolcli.run.file_plan import (
    FilePlan,
    as_finest,
    keeps_original,
    parted,
    pipeline_for,
    plan_file,
    prepared_for,
)
from poolcli.run.input_state import InputState
from poolcli.run.interruption import commit_point
from poolcli.run.job import STREAM, Job, output_exists, there_already
from poolcli.run.job_source import opened
from poolcli.run.large_file import is_large_file
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.stdin import check_one_array, read_maps

Maps = tuple[FeatureMap, ...]


def pool_file(job: Job, threads: int) -> Outcome:
    """Read, pool and write one file."""
    if job.part is not None:
        from poolcli.run.region_part import pool_part

        return attempt(pool_part, job, threads)
    return attempt(_pool, job, threads)


def preview_file(job: Job, threads: int) -> Outcome:
    """What `pool_file` would do, from the file's header alone."""
    return attempt(_preview, job, threads)


def _pool(job: Job, readable: io.Readable) -> Outcome:
    if is_large_file(job, readable):
        from poolcli.run import pool_large  # here, as most files are small

        if outcome := pool_large.pool(job, readable):
            return outcome
    return _pool_whole(job, readable)


def _pool_whole(job: Job, readable: io.Readable) -> Outcome:
    with limits(memory=memory_for(job, readable)):
        state, start = InputState.of(readable), time.perf_counter()
        with opened(job, readable) as source:
            plan = plan_file(job, source)
            job = replace(job.with_levels(plan.levels), format=plan.format)
            if _is_done(job):
                return Outcome(job.name, job.target, "skipped", more=job.targets[1:])
            tell(job, plan, source)
            warning = io.size_warning(source)
            maps = read_maps(job, readable, source)
        read_ms = _ms_since(start)

        with counting_saturated() as saturated:
            results, levels, indices, rows = _pooled(job, maps)
        state.check()
        check_one_array(job, readable)

        start = time.perf_counter()
        _write(job, results, levels, indices)
        write_ms = _ms_since(start)
    outcome = Outcome(job.name, job.target, "done", rows, len(maps), job.targets[1:])
    shown = _drawn(job, maps, results, plan)
    outcome = outcome._replace(saturated=tuple(saturated.items()), warning=warning)
    return outcome._replace(
        read_ms=read_ms,
        write_ms=write_ms,
        shown=shown,
        dropped=plan.dropped,
        regions=len(maps),
        read_bytes=sum(one.data.nbytes for one in maps),
        written_bytes=sum(one.data.nbytes for one in results),
    )


def _preview(job: Job, readable: io.Readable) -> Outcome:
    if is_large_file(job, readable):
        from poolcli.run import pool_large

        if outcome := pool_large.preview(job, readable):
            return outcome
    with (
        limits(memory=memory_for(job, readable)),
        opened(job, readable) as source,
    ):
        start, headers = time.perf_counter(), source.headers
        read_ms = _ms_since(start)
        plan = plan_file(job, source)
        job = job.with_levels(plan.levels)
        if _is_done(job):
            return Outcome(job.name, job.target, "skipped", more=job.targets[1:])
        tell(job, plan, source)
        check_one_array(job, readable)
        stages = pipeline_for(job, headers[0].facts, headers[0].form).plan(headers[0].form)
    rows = tuple(StepResult(str(stage.step), stage.input, stage.output, 0.0) for stage in stages)
    outcome = Outcome(job.name, job.target, "planned", rows, len(headers), job.targets[1:], read_ms)
    return outcome._replace(
        dropped=plan.dropped,
        regions=len(headers),
        read_bytes=sum(header.form.nbytes for header in headers),
        written_bytes=sum(one.header.form.nbytes for one in plan.results),
    )


def _is_done(job: Job) -> bool:
    """Whether every output is there and stays; FileError for one that is there and may not be."""
    existing = [target for target in job.targets if output_exists(target)]
    if existing and job.parts_levels and not (job.overwrite or job.outputs.skip_existing):
        raise FileError(there_already(existing[0]))
    return job.outputs.skip_existing and len(existing) == len(job.targets)


def _ms_since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


# Pooling -------------------------------------------------------------------------------------


def _pooled(job: Job, maps: Maps) -> tuple[Maps, list[int], Maps, tuple[StepResult, ...]]:
    """The results of all maps, the level of each, and their indices if these are written; and the
    steps of the first map, with the times of all.
    """
    keeps = keeps_original(job, job.format)
    results: list[FeatureMap] = []
    levels: list[int] = []
    indices: list[FeatureMap] = []
    rows: list[list[StepResult]] = []
    for fmap in maps:
        if keeps and job.format:  # one file holds the levels: the map is the finest of them
            facts = as_finest(fmap.facts, fmap.form, job.format)
            fmap = replace(fmap, facts=facts)  # noqa: PLW2901
            results.append(fmap)
            levels.append(0)
        pooled, numbers, steps = _walk(job, fmap)
        results += pooled
        levels += range(len(pooled))
        indices += numbers
        rows.append(steps)
    times = [sum(row.ms for row in same if row) for same in zip_longest(*rows)]
    first = tuple(row._replace(ms=ms) for row, ms in zip(rows[0], times, strict=False))
    return tuple(results), levels, tuple(indices), first


def _walk(job: Job, fmap: FeatureMap) -> tuple[Maps, Maps, list[StepResult]]:
    """The results of one map, their indices, and a row for each map that a step makes.

    The maps of a step share its time.
    """
    pipeline, facts = prepared_for(job, fmap.facts, fmap.form)
    fmap = replace(fmap, facts=facts)
    walk = pipeline.walk(fmap, indices=job.outputs.indices is not None)
    rows: list[StepResult] = []
    maps: Maps = (fmap,)
    for step in pipeline.steps:
        start = time.perf_counter()
        turns = [(one, part) for one in maps for part in step.parts_of(one.form)]
        maps = next(walk)
        ms = _ms_since(start) / len(turns)
        made = zip(turns, maps, strict=False)  # without the indices
        rows += [StepResult(str(part), one.form, each.form, ms) for (one, part), each in made]
    return maps[: len(turns)], maps[len(turns) :], rows


# Writing -------------------------------------------------------------------------------------


def _write(job: Job, maps: Maps, levels: Sequence[int], indices: Maps) -> None:
    """Write all maps to one file, or the maps of each level to a file of its own."""
    options = dict(job.outputs.save), job.outputs.scale
    files = parted(job, levels, maps)
    writers = [io.writer(each, job.format, *options) for each in files if job.format]
    with _indices_written(job, indices):
        if job.target == STREAM:
            writers[0](sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        for target, writer in zip(job.targets, writers, strict=True):
            if not (job.outputs.skip_existing and output_exists(target)):
                with writer.to(target, overwrite=job.overwrite):
                    commit_point()


@contextmanager
def _indices_written(job: Job, indices: Maps) -> Iterator[None]:
    """Write --indices, which get their name when the block ends well."""
    path = job.outputs.indices
    if path is None:
        yield
        return
    writer = io.writer(indices, io.format_named(path.suffix), {}, None)
    with writer.to(path, overwrite=job.overwrite):
        yield


# Drawing -------------------------------------------------------------------------------------


def _drawn(job: Job, maps: Maps, results: Maps, plan: FilePlan) -> str:
    """The first map and its results, drawn for the terminal if that is asked for."""
    if job.outputs.draw is None:
        return ""
    made = plan.by_map[0]
    first = results[: len(made) + keeps_original(job, job.format)]
    title = f"{job.name}, first of {len(maps)} maps" if len(maps) > 1 else str(job.name)
    samplings = [each.sampling for each in made]
    return job.outputs.draw([(title, maps[0]), *_titled(job, first)], samplings)


def _titled(job: Job, results: Sequence[FeatureMap]) -> Iterator[tuple[str, FeatureMap]]:
    count = len(results)
    for number, one in enumerate(results, start=1):
        level = f", {number} of {count}" if count > 1 else ""
        yield f"→ {job.pipeline}{level}", one

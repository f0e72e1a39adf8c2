"""The levels of a large image in one pass: each pixel is read once, and levels are exact."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from math import prod
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from poolcli import io
from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.map_part import MapPart, held_region
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.resources.limits import current, limits
from poolcli.resources.threads import for_each
from poolcli.run.file_plan import (
    FilePlan,
    PlannedMap,
    keeps_original,
    measured,
    plan_file,
    results_of,
)
from poolcli.run.input_state import InputState
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.large_file import is_large_file
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.planned_regions import USUAL, opened_large
from poolcli.run.pool_regions import worker_budget
from poolcli.run.pyramid_plan import Level, PyramidPlan, pyramid_plan
from poolcli.run.region_blocks import Sources, Tally, read_pixels
from poolcli.run.region_output import Noting, region_output, shared_file


class PlannedPyramids(NamedTuple):
    """The plan of a file, those of the levels of its maps, and how many workers there are."""

    file: FilePlan
    plans: tuple[PyramidPlan, ...]
    workers: int
    source: io.Source
    state: InputState


@contextmanager
def planned_pyramids(job: Job, readable: io.Readable) -> Iterator[PlannedPyramids | None]:
    """The plan of a file whose levels are made in one pass; None for any other."""
    if len(job.pipeline.steps) > 1 or not (job.pipeline.several and is_large_file(job, readable)):
        yield None
        return
    with opened_large(job, readable) as source:
        yield None if source is None else _planned(job, source, InputState.of(readable))


def _planned(job: Job, source: io.Source, state: InputState) -> PlannedPyramids | None:
    file = plan_file(job, source)
    if not (keeps_original(job, file.format) and file.format.reopen):
        return None
    options = file.format.options(dict(job.outputs.save), job.outputs.scale)
    levels = [levels_of(results, file.format, options) for results in file.by_map]
    limit = job.outputs.memory
    for workers in range(current().threads, 0, -1):
        share = USUAL if limit is None else limit // 2 // workers
        plans = [pyramid_plan(each, share) if each else None for each in levels]
        found = tuple(plan for plan in plans if plan is not None)
        if len(found) == len(plans):
            return PlannedPyramids(file, found, workers, source, state)
    return None


def pyramid_of_form(
    pipeline: Pipeline, header: io.Header, target: io.Format, limit: int
) -> PyramidPlan | None:
    """The tiles of an image that is known by its header; None where it is pooled as a whole."""
    is_store = target.is_folder and bool(target.reopen) and header.chunks is not None
    if not (pipeline.several and len(pipeline.steps) == 1 and is_store):
        return None
    sized = with_pixel_sizes(pipeline, header.facts, header.form)
    levels = levels_of(results_of(sized, measured(header)), target, {})
    for workers in range(current().threads, 0, -1):
        plan = pyramid_plan(levels, limit // 2 // workers) if levels else None
        if plan is not None:
            return plan
    return None


def levels_of(
    results: Sequence[PlannedMap], target: io.Format, options: Mapping[str, Any]
) -> list[Level] | None:
    """The levels of a map, itself the first; None where tiles cannot make them."""
    first, levels = results[0].source, []
    for header, stage in [(first, None), *((each.header, each.stages[0]) for each in results)]:
        chunk = target.chunk_shape(header, options)
        if chunk is None or header.layout != first.layout or (stage and stage.input != first.form):
            return None
        levels.append(Level(header, chunk, stage))
    wanted = PyramidPlan(tuple(levels), first.shape)
    corner = tuple(slice(0, 1) for _ in first.shape)
    reads = [
        level.stage.step.reads(first.form, wanted.numbers(corner))
        for level in levels[1:]
        if level.stage
    ]
    return levels if all(each is not None for each in reads) else None


def pool_pyramids(job: Job, planned: PlannedPyramids) -> Outcome:
    """Write the levels of the maps of a file into one store."""
    start = time.perf_counter()
    headers = [level.header for plan in planned.plans for level in plan.levels]
    file = shared_file(job, planned.file.format, headers)
    opened = partial(io.opened, job.source, job.layout, job.member)
    cut = [(plan.tile, [level.chunk for level in plan.levels]) for plan in planned.plans]
    with Sources(opened) as sources, region_output(job, file, cut) as output:
        note = Noting(output.regions, sum(plan.blocks for plan in planned.plans))
        maker = TileMaker(planned.plans, sources, output.sink, note)
        tiles = maker.tiles(output.regions.done)

        def make(tile: Tile) -> None:
            with limits(threads=1, memory=worker_budget(job.outputs.memory, planned.workers)):
                maker.make(tile, output.regions.done)

        for_each(tiles, make, planned.workers)
        planned.state.check()
        commit_point()
    return _outcome(job, planned, maker.tally, time.perf_counter() - start)._replace(status="done")


def preview_of_pyramids(job: Job, planned: PlannedPyramids) -> Outcome:
    """What `pool_pyramids` would do."""
    tally = Tally()
    for plan in planned.plans:
        tally.add(read=plan.form.nbytes)
        tally.add(written=sum(level.header.form.nbytes for level in plan.levels))
    return _outcome(job, planned, tally, 0.0)


class Tile(NamedTuple):
    """A tile of a map, by its number and its region."""

    number: int
    region: Region


class TileMaker:
    """Makes all levels of tiles, and writes each chunk once all of its parts are there."""

    def __init__(
        self,
        plans: Sequence[PyramidPlan],
        sources: Sources,
        sink: io.Sink,
        note: Callable[[int, int], object],
    ) -> None:
        self._plans, self._sources, self._sink, self._note = plans, sources, sink, note
        sizes = [prod(level.counts) for plan in plans for level in plan.levels]
        self._first = list(accumulate(sizes, initial=0))  # the number of each level's first chunk
        self._open: dict[int, tuple[Array, int]] = {}  # chunks, and how many cells they lack
        self._lock = Lock()
        self.tally = Tally()

    def tiles(self, done: frozenset[int]) -> Iterator[Tile]:
        """The tiles that have a part of a chunk that is not done."""
        for number, plan in enumerate(self._plans):
            for region in plan.tiles:
                tile = Tile(number, region)
                if not done or any(turn not in done for turn, *_ in self._parts(tile)):
                    yield tile

    def _parts(self, tile: Tile) -> Iterator[tuple[int, int, Region, Region]]:
        """The parts of chunks in a tile: number of the chunk, its level, its region, the part's."""
        plan = self._plans[tile.number]
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for at, level in enumerate(plan.levels):
            cells = level.region_of(tile.region)
            for block, region in level.blocks_of(cells):
                pairs = zip(cells, region, strict=True)
                part = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in pairs)
                yield self._first[base + at] + block, at, region, part

    def make(self, tile: Tile, done: frozenset[int]) -> None:
        """Make the levels of a tile, and write the chunks that are whole with it."""
        plan = self._plans[tile.number]
        numbers = plan.numbers(tile.region)
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, tile.number, numbers)
        self.tally.add(read=pixels.data.nbytes)
        tiled = MapPart(pixels, plan.form, numbers)
        values = [pixels.data]
        for at, level in enumerate(plan.levels[1:]):
            wanted = plan.numbers(level.region_of(tile.region))
            assert level.stage is not None
            with self.tally.timed(at):
                values.append(level.stage.step.pool_part(tiled, wanted).data)
        base = sum(len(each.levels) for each in self._plans[: tile.number])
        for turn, at, region, part in self._parts(tile):
            if turn not in done:
                cells = plan.levels[at].region_of(tile.region)
                whole = self._collected(turn, region, part, values[at][held_region(part, cells)])
                if whole is not None:
                    self._write(turn, base + at, region, whole)

    def _collected(self, turn: int, region: Region, part: Region, values: Array) -> Array | None:
        """The values of a chunk, if this part was the last that it lacked."""
        if part == region:
            return values
        with self._lock:
            shape = tuple(span.stop - span.start for span in region)
            whole, lacking = self._open.pop(turn, (None, prod(shape)))
            whole = np.empty(shape, values.dtype) if whole is None else whole
            whole[held_region(part, region)] = values
            if lacking == values.size:
                return whole
            self._open[turn] = whole, lacking - values.size
            return None

    def _write(self, turn: int, number: int, region: Region, values: Array) -> None:
        with self.tally.timed("write"):
            self._sink.write(number, region, values)
        self.tally.add(written=values.nbytes)
        self._note(turn, self.tally.read_bytes)


def _outcome(job: Job, planned: PlannedPyramids, tally: Tally, seconds: float) -> Outcome:
    total = sum(tally.seconds.values()) or 1.0
    ms = {phase: 1000 * seconds * each / total for phase, each in tally.seconds.items()}
    stages = [level.stage for level in planned.plans[0].levels if level.stage]
    rows = tuple(
        StepResult(str(stage.step), stage.input, stage.output, ms.get(at, 0.0))
        for at, stage in enumerate(stages)
    )
    outcome = Outcome(job.name, job.target, "planned", rows, len(planned.plans), job.targets[1:])
    return outcome._replace(
        read_ms=ms.get("read", 0.0),
        write_ms=ms.get("write", 0.0),
        dropped=planned.file.dropped,
        regions=sum(len(plan.tiles) for plan in planned.plans),
        read_bytes=tally.read_bytes,
        written_bytes=tally.written_bytes,
    )

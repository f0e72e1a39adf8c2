"""Files too large to be held in memory: region by region, or all levels of an image in one pass."""

from __future__ import annotations

from poolcli import io
from poolcli.maps.saturation import counting_saturated
from poolcli.run.details import tell
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome
from poolcli.run.planned_regions import planned_regions
from poolcli.run.pool_cells import planned_cells, pool_cells, preview_of_cells
from poolcli.run.pool_pyramid import planned_pyramids, pool_pyramids, preview_of_pyramids
from poolcli.run.pool_regions import pool_regions, preview_of


def pool(job: Job, readable: io.Readable) -> Outcome | None:
    """The outcome of a file that is pooled in parts; None for any other, which is left as it is."""
    ways = (_by_regions, _in_one_pass, _by_cells)
    return next(filter(None, (way(job, readable) for way in ways)), None)


def _by_regions(job: Job, readable: io.Readable) -> Outcome | None:
    """The outcome of a file that is pooled region by region; None for any other."""
    with planned_regions(job, readable) as planned:
        if planned is None:
            return None
        tell(job, planned.file, planned.source, planned.count)
        warning = io.size_warning(planned.source)
    with counting_saturated() as saturated:
        outcome = pool_regions(job, planned)
    return outcome._replace(saturated=tuple(saturated.items()), warning=warning)


def _in_one_pass(job: Job, readable: io.Readable) -> Outcome | None:
    """The outcome of a large image whose levels are made together; None for any other file."""
    with planned_pyramids(job, readable) as planned:
        if planned is None:
            return None
        tell(job, planned.file, planned.source)
        warning = io.size_warning(planned.source)
    with counting_saturated() as saturated:
        outcome = pool_pyramids(job, planned)
    return outcome._replace(saturated=tuple(saturated.items()), warning=warning)


def _by_cells(job: Job, readable: io.Readable) -> Outcome | None:
    """The outcome of a file whose windows are larger than memory; None for any other."""
    with planned_cells(job, readable) as planned:
        if planned is None:
            return None
        tell(job, planned.file, planned.source, planned.regions)
        warning = io.size_warning(planned.source)
    with counting_saturated() as saturated:
        outcome = pool_cells(job, planned)
    return outcome._replace(saturated=tuple(saturated.items()), warning=warning)


def preview(job: Job, readable: io.Readable) -> Outcome | None:
    """What `pool` would do, from the file's header alone."""
    with planned_regions(job, readable) as planned:
        if planned is not None:
            tell(job, planned.file, planned.source, planned.count)
            return preview_of(job, planned)
    with planned_pyramids(job, readable) as pyramids:
        if pyramids is not None:
            tell(job, pyramids.file, pyramids.source)
            return preview_of_pyramids(job, pyramids)
    with planned_cells(job, readable) as cells:
        if cells is not None:
            tell(job, cells.file, cells.source, cells.regions)
            return preview_of_cells(job, cells)
    return None

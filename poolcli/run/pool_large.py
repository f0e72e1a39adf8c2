"""Files too large to be held in memory: region by region, or all levels of an image in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

from poolcli import io
from poolcli.maps.saturation import counting_saturated
from poolcli.run.details import tell
from poolcli.run.file_plan import FilePlan
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome
from poolcli.run.planned_pyramids import planned_pyramids, preview_of_pyramids
from poolcli.run.planned_regions import planned_regions
from poolcli.run.pool_cells import planned_cells, pool_cells, preview_of_cells
from poolcli.run.pool_pyramid import pool_pyramids
from poolcli.run.pool_regions import pool_regions, preview_of


class PartedFile(Protocol):
    """The plan of a file that is pooled in so many regions."""

    @property
    def file(self) -> FilePlan: ...
    @property
    def source(self) -> io.Source: ...
    @property
    def regions(self) -> int: ...


class _Kind(NamedTuple):
    """A kind of parts: the plan of a file that has them, and what pools it, or says what would."""

    planned: Callable[[Job, io.Readable], AbstractContextManager[PartedFile | None]]
    pool: Callable[[Job, Any], Outcome]
    preview: Callable[[Job, Any], Outcome]


KINDS = (
    _Kind(planned_regions, pool_regions, preview_of),
    _Kind(planned_pyramids, pool_pyramids, preview_of_pyramids),
    _Kind(planned_cells, pool_cells, preview_of_cells),
)


def pool(job: Job, readable: io.Readable) -> Outcome | None:
    """The outcome of a file that is pooled in parts; None for any other, which is left as it is."""
    for kind in KINDS:
        with _planned(kind, job, readable) as planned:
            warning = io.size_warning(planned.source) if planned else ""
        if planned is not None:
            with counting_saturated() as saturated:
                outcome = kind.pool(job, planned)
            return outcome._replace(saturated=tuple(saturated.items()), warning=warning)
    return None


def preview(job: Job, readable: io.Readable) -> Outcome | None:
    """What `pool` would do, from the file's header alone."""
    for kind in KINDS:
        with _planned(kind, job, readable) as planned:
            if planned is not None:
                return kind.preview(job, planned)
    return None


@contextmanager
def _planned(kind: _Kind, job: Job, readable: io.Readable) -> Iterator[PartedFile | None]:
    """The plan of a file, of which `--verbose` tells; None if it has no parts of this kind."""
    with kind.planned(job, readable) as planned:
        if planned is not None:
            tell(job, planned.file, planned.source, planned.regions)
        yield planned

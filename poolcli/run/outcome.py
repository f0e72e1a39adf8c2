"""How a job ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from poolcli.maps.feature_map import Form
from poolcli.maps.moments import Moments
from poolcli.run.job import Job


class StepResult(NamedTuple):
    """The form of a map before and after a step, and the milliseconds it took."""

    step: str
    input: Form
    output: Form
    ms: float


class Outcome(NamedTuple):
    """How a job ended. `status` is done, planned (a dry run), skipped, or failed with a `reason`.

    `rows` are the steps of the first map, `more` the output files beyond `target`. `dropped` names
    what the input carried beside its values and the output does not hold. `saturated` are
    dtypes, and how many results of all steps were beyond the range of each. `warning`
    says what should be known of a file that was done. `shown` is a drawing for
    the terminal, if one was asked for. `rest` is the job for the next array, where the input is a
    stream that may have one. `regions` are the parts in which the maps were pooled; `read_bytes`
    and `written_bytes` are those of their values. `measured` is what a worker has measured of some
    regions, by the number of the map and of the image.
    """

    source: Path
    target: Path
    status: str
    rows: tuple[StepResult, ...] = ()
    pages: int = 0
    more: tuple[Path, ...] = ()
    read_ms: float = 0.0
    write_ms: float = 0.0
    reason: str = ""
    dropped: tuple[str, ...] = ()
    instead_of: str = ""
    saturated: tuple[tuple[str, int], ...] = ()
    warning: str = ""
    shown: str = ""
    rest: Job | None = None
    regions: int = 0
    read_bytes: int = 0
    written_bytes: int = 0
    measured: tuple[tuple[tuple[int, int], Moments], ...] = ()

    @property
    def pool_ms(self) -> float:
        return sum(row.ms for row in self.rows)


def failed(job: Job, reason: str) -> Outcome:
    """The outcome of a job that could not be done."""
    return Outcome(job.name, job.target, "failed", reason=reason)


# Does one job, with so many threads in the engine.
Work = Callable[[Job, int], Outcome]

"""The row of a file that is pooled in parts."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.pipeline.step import Stage
from poolcli.run.file_plan import FilePlan
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.region_blocks import Tally


def planned_outcome(
    job: Job, file: FilePlan, stages: Sequence[Stage], tally: Tally, seconds: float
) -> Outcome:
    """The outcome, whose times are the shares of the phases in the time that it took."""
    total = sum(tally.seconds.values()) or 1.0
    ms = {phase: 1000 * seconds * each / total for phase, each in tally.seconds.items()}
    rows = tuple(
        StepResult(str(stage.step), stage.input, stage.output, ms.get(step, 0.0))
        for step, stage in enumerate(stages)
    )
    return Outcome(
        job.name,
        job.target,
        "planned",
        rows,
        more=job.targets[1:],
        read_ms=ms.get("read", 0.0),
        write_ms=ms.get("write", 0.0),
        dropped=file.dropped,
        read_bytes=tally.read_bytes,
        written_bytes=tally.written_bytes,
    )

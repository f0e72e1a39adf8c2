"""A job that is tried: its failure is an outcome like any other."""

from __future__ import annotations

from collections.abc import Callable

from poolcli import io
from poolcli.errors import FileError, PoolError, in_flags
from poolcli.resources.limits import limits
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome, failed
from poolcli.run.stdin import next_job, open_source


def attempt(act: Callable[[Job, io.Readable], Outcome], job: Job, threads: int) -> Outcome:
    """What `act` makes of a job's input, or why it failed; the other files of a run go on."""
    source: io.Readable | None = None
    try:
        if job.fault:
            raise FileError(job.fault)  # noqa: TRY301 - a failure like any other
        source = open_source(job.source)
        _check_follows(job, source)
        with limits(threads=threads):
            outcome = act(job, source)
    except BrokenPipeError:
        raise  # stdout is closed: the run ends, and no file has failed
    except Exception as error:  # noqa: BLE001 - the other files go on
        outcome = failed(job, _reason(error))
    outcome = outcome._replace(instead_of=job.instead_of)
    return _followed(job, source, outcome) if isinstance(source, io.IncomingArray) else outcome


def _followed(job: Job, source: io.IncomingArray, outcome: Outcome) -> Outcome:
    """The outcome of an array of a stream, and the job for what follows it there."""
    try:
        source.skip()
    except (MemoryError, OSError) as error:
        return failed(job, f"{_reason(error)}; what follows it is not read")
    return outcome._replace(rest=next_job(job))


def _check_follows(job: Job, source: io.Readable) -> None:
    """FileError if something else than an array follows the arrays of a stream."""
    if job.position and not isinstance(source, io.IncomingArray):
        raise FileError(
            f"what follows {job.position} arrays is no .npy: save it again, "
            "or pipe in one image alone"
        )


def _reason(error: Exception) -> str:
    """Why a job failed, in one line."""
    if isinstance(error, PoolError):
        return in_flags(error)
    if isinstance(error, MemoryError):
        return "it needs more memory than there is: cut it into parts"
    if isinstance(error, OSError):
        return io.reason(error)
    package = io.package_at_fault(error)
    return f"a mistake in {package}, please report it: {type(error).__name__}: {error}"

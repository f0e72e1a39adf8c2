"""One job done: read, pool, write. What goes wrong with a file becomes its outcome, not the run's end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeVar

from poolcli import io
from poolcli.errors import FileError, PoolError, in_flags
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.run.budget import within
from poolcli.run.interruption import conclude
from poolcli.run.order import STREAM, Job
from poolcli.run.stream import check_place, following, maps_of, name_of, opened

T = TypeVar("T")


class Row(NamedTuple):
    """What went into a step and came out, and how long it took."""

    step: str
    input: Form
    output: Form
    ms: float


class Outcome(NamedTuple):
    """How a job ended: done, planned (nothing is written in a dry run), skipped, or failed with a reason.

    `shown` is what shows its pictures, where they are to be shown: text for the terminal. `rest` is the job for what
    comes next, where the input is a stream that may go on.
    """

    source: Path
    target: Path
    status: str
    rows: tuple[Row, ...] = ()
    pages: int = 0
    more: tuple[Path, ...] = ()
    read_ms: float = 0.0
    write_ms: float = 0.0
    reason: str = ""
    shown: str = ""
    rest: Job | None = None

    @property
    def pool_ms(self) -> float:
        return sum(row.ms for row in self.rows)


Work = Callable[[Job], Outcome]


def work(job: Job) -> Outcome:
    """Read, pool and write one file."""
    return _attempt(_work, job)


def preview(job: Job) -> Outcome:
    """What `work` would do, from the file's header alone."""
    return _attempt(_preview, job)


def _attempt(act: Callable[[Job, io.Source], Outcome], job: Job) -> Outcome:
    source = _guarded(job, lambda: opened(job.source))
    if isinstance(source, Outcome):
        return source
    if job.place and not isinstance(source, io.Arriving):
        return failed(
            job,
            f"what follows {job.place} arrays is no .npy: save it again, or pipe in one image alone",
        )
    outcome = _guarded(job, lambda: act(job, source))
    if isinstance(source, io.Arriving):
        source.skip()
        return outcome._replace(rest=following(job))
    return outcome


def _guarded(job: Job, act: Callable[[], T]) -> T | Outcome:
    """What `act` gives, or how it failed."""
    try:
        return act()
    except PoolError as error:
        return failed(job, in_flags(error))
    except MemoryError:
        return failed(job, "it needs more memory than there is: cut it into parts")
    except BrokenPipeError:
        raise  # who reads the result has had enough: that ends the run, and fails nothing
    except OSError as error:
        return failed(job, io.reason(error))
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not cost the other files of a long run
        return failed(
            job, f"a mistake in poolcli, please report it: {type(error).__name__}: {error}"
        )


def failed(job: Job, reason: str) -> Outcome:
    """The outcome of a job that could not be done."""
    return Outcome(name_of(job), job.target, "failed", reason=reason)


def _preview(job: Job, source: io.Source) -> Outcome:
    with within(job, source):
        header, ms = timed(lambda: io.peek(source, job.layout))
        check_place(job, source)
    stages = job.pipeline.plan(header.maps[0].form)
    rows = tuple(Row(str(stage.step), stage.input, stage.output, 0.0) for stage in stages)
    return Outcome(name_of(job), job.target, "planned", rows, len(header.maps), job.more, ms)


def _work(job: Job, source: io.Source) -> Outcome:
    with within(job, source), unchanging(source) as check:
        maps, read_ms = timed(lambda: maps_of(job, source))
        rows: list[Row] = []
        pooled = tuple(made for fmap in maps for made in _results(job, fmap, rows))
        indices = tuple(map(job.pipeline.indices, maps)) if job.outputs.indices else ()
        check()
        check_place(job, source)
        _, write_ms = timed(lambda: _write(job, pooled, indices))
    merged = _merged(rows, len(rows) // len(maps))
    shown = _shown(job, maps, pooled)
    return Outcome(
        name_of(job),
        job.target,
        "done",
        merged,
        len(maps),
        job.more,
        read_ms,
        write_ms,
        shown=shown,
    )


def _shown(job: Job, maps: tuple[FeatureMap, ...], pooled: tuple[FeatureMap, ...]) -> str:
    """The first map and what became of it, as the screen shows them, if there is one."""
    if job.outputs.screen is None:
        return ""
    from poolcli.analysis.picture.panels import shown

    made = pooled[: len(pooled) // len(maps)]
    levels = [
        f", {number} of {len(made)}" if len(made) > 1 else "" for number in range(1, len(made) + 1)
    ]
    first = ", ".join(
        [str(name_of(job)), *([f"first of {len(maps)} maps"] if len(maps) > 1 else [])]
    )
    after = ((f"→ {job.pipeline}{level}", one) for level, one in zip(levels, made, strict=True))
    return shown([(first, maps[0]), *after], job.outputs.screen)


@contextmanager
def unchanging(source: io.Source) -> Iterator[Callable[[], None]]:
    """What refuses a file that is no longer what it was when the block began."""
    before = _state(source)

    def check() -> None:
        if _state(source) != before:
            raise FileError("it changed while it was read: pool it once it is complete")

    yield check


def _state(source: io.Source) -> tuple[int, int] | None:
    if not isinstance(source, Path) or not source.is_file():  # a pipe changes as it is read
        return None
    state = source.stat()
    return state.st_size, state.st_mtime_ns


def _results(job: Job, fmap: FeatureMap, rows: list[Row]) -> tuple[FeatureMap, ...]:
    """What the pipeline makes of a map; before its levels, where one folder takes them all, the map itself."""
    if not (job.pipeline.several and job.format and job.format.is_folder):
        return _walk(job, fmap, rows)
    return fmap.measured(), *_walk(job, fmap.measured(), rows)


def _walk(job: Job, fmap: FeatureMap, rows: list[Row]) -> tuple[FeatureMap, ...]:
    """Pool one map, a row for each map that a step makes; they share its time."""
    steps = job.pipeline.walk(fmap)
    maps: tuple[FeatureMap, ...] = (fmap,)
    for step in job.pipeline.steps:
        before = maps
        maps, ms = timed(lambda: next(steps))
        turns = product(before, step.parts)
        rows += [
            Row(str(part), one.form, made.form, ms / len(maps))
            for (one, part), made in zip(turns, maps, strict=True)
        ]
    return maps


def _merged(rows: list[Row], steps: int) -> tuple[Row, ...]:
    """The rows of a file's first map, with the time of all its maps."""
    return tuple(
        Row(row.step, row.input, row.output, sum(same.ms for same in rows[number::steps]))
        for number, row in enumerate(rows[:steps])
    )


def _write(job: Job, maps: tuple[FeatureMap, ...], indices: tuple[FeatureMap, ...]) -> None:
    """Write all maps to one file, or the maps of each level to a file of its own."""
    levels = [maps[level :: len(job.targets)] for level in range(len(job.targets))]
    options = dict(job.outputs.save), job.outputs.scale
    puts = [io.writer(level, job.format or io.default_format(level), *options) for level in levels]
    if job.target == STREAM:
        with _beside(job, indices):
            puts[0](sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return
    with _beside(job, indices):
        for target, put in zip(job.targets, puts, strict=True):
            if not (job.outputs.skip_existing and is_there(target)):
                with put.to(target, overwrite=job.overwrite):
                    conclude()


@contextmanager
def _beside(job: Job, indices: tuple[FeatureMap, ...]) -> Iterator[None]:
    """The file of indices, if there is one: it gets its name when the block ends well."""
    path = job.outputs.indices
    if path is None:
        yield
        return
    with io.writer(indices, io.format_named(path.suffix), {}, None).to(
        path, overwrite=job.overwrite
    ):
        yield


def is_there(target: Path) -> bool:
    """Whether an output exists already."""
    return target != STREAM and target.exists() and not io.is_device(target)


def timed(act: Callable[[], T]) -> tuple[T, float]:
    """A result and the milliseconds it took."""
    start = time.perf_counter()
    result = act()
    return result, 1000 * (time.perf_counter() - start)

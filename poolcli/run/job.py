"""A job: one input file, its outputs, and the settings that all jobs of a run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from poolcli import io
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.moments import Statistics
from poolcli.maps.sampling import Sampling
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.registry import plugin_files
from poolcli.run import packing
from poolcli.run.fingerprints import file_state, hash_of

STREAM = Path("-")  # stdin as an input, stdout as an output

# Draws a map and its results, with their titles, as text for the terminal; it also takes how the
# results lie on the map. It is pickled with the settings: a module's function, or a `partial`.
Draw = Callable[[Sequence[tuple[str, FeatureMap]], Sequence[Sampling]], str]
# Takes a line that says what is being done; a module's function, too.
Tell = Callable[[str], None]


class Outputs(NamedTuple):
    """Where the results go and how they are written: the options of the same names.

    `strict` makes it a failure where an output cannot hold what its input carried. `draw`, if any,
    draws each input and its result for the terminal. `memory` is the budget of one file in bytes
    (None: no limit). `tell`, if any, is called with what is read, planned and written.
    """

    output: str | None = None
    name: str | None = None
    to: str | None = None
    save: tuple[tuple[str, str], ...] = ()
    scale: str | None = None
    strict: bool = False
    overwrite: bool = False
    skip_existing: bool = False
    indices: Path | None = None
    draw: Draw | None = None
    memory: int | None = None
    tell: Tell | None = None

    @property
    def place(self) -> Path | None:
        """The file, the folder or the address that `output` names."""
        return None if self.output is None else io.located(self.output)


@dataclass(frozen=True)
class Settings:
    """What all jobs of a run share: the pipeline, the outputs and the layout of arrays.

    `file_nodata` says whether the values that a file says are none are left out.
    Pickles as paths where options name files: no arrays travel to workers.
    """

    pipeline: Pipeline
    outputs: Outputs = Outputs()  # noqa: RUF009 - it is immutable
    layout: str | None = None
    file_nodata: bool = True

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (self._packed,)

    @cached_property
    def _packed(self) -> bytes:
        """The pickle, made once for all jobs."""
        return packing.pack((self.pipeline, self.outputs, self.layout, self.file_nodata)).data

    @property
    def _files(self) -> list[str]:
        """The files that options name, and those of plugins."""
        return [*packing.pack(self.pipeline).files, *plugin_files()]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that results depend on, the files that options name included."""
        outputs = self.outputs
        return hash_of(
            str(self.pipeline),
            self.layout,
            self.file_nodata,
            outputs.to,
            outputs.save,
            outputs.scale,
            outputs.strict,
            [file_state(path) for path in self._files],
        )


def _unpacked(packed: bytes) -> Settings:
    return Settings(*packing.unpack(packed))


# The statistics of the images of a map, by the number of the map and of the step.
Measured = Mapping[tuple[int, int], tuple[Statistics, ...]]


class RegionRecord(Protocol):
    """What a log knows of the regions of one output."""

    def mark(self, *facts: Any) -> str:
        """What the regions are entered under: they are those of the same job, cut alike."""
        ...

    def done(self, mark: str) -> frozenset[int]:
        """The regions that are written."""
        ...

    def note(self, mark: str, region: int | None) -> None:
        """Enter a region that is written; None: that those of before are gone."""
        ...

    def statistics(self) -> Measured:
        """What is known of the images of the input, by the number of the map and of the step."""
        ...

    def note_statistics(self, measured: Measured) -> None:
        """Enter what has been measured."""
        ...


class RegionPart(NamedTuple):
    """Some regions of a large array, for one of several workers that write it.

    `path` is the file that is being written. `shapes` are those of the blocks and the pieces of
    each map, and `turns` the numbers of the blocks that are meant. `memory` is the worker's budget.
    `measured` are the statistics of the steps that normalise. With `measures`, the number of one of
    these, the regions of its input are measured and nothing is written.
    """

    path: Path
    shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    turns: tuple[int, ...]
    memory: int | None
    measured: tuple[tuple[tuple[int, int], tuple[Statistics, ...]], ...] = ()
    measures: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One input and the files its maps are written to.

    `targets` is one file, or a file for each map where the pipeline makes several. `format` is None
    where the content decides. `overwrite` allows to replace existing files. `alone` means that the
    run has no other input. `position` counts the arrays of a stream on stdin. `member` is the name
    of the one map of a file that is pooled, "" for all; `fault` why it cannot be, where that is
    known already. `instead_of` is the suffix of an input whose format is not written, so that its
    output has another. `record` is what a log knows of its regions, and `part` says which of them
    are meant, where not all are. `possible` are the files of as many levels as there can be, where
    the input says how many there are: `targets` is the first of them, until the input is open.
    """

    source: Path
    targets: tuple[Path, ...]
    format: io.Format | None
    settings: Settings
    overwrite: bool = False
    alone: bool = False
    position: int = 0
    member: str = ""
    fault: str = ""
    instead_of: str = ""
    record: RegionRecord | None = None
    part: RegionPart | None = None
    possible: tuple[Path, ...] = ()

    def with_levels(self, count: int) -> Job:
        """The job of an input of which so many levels are made."""
        if not self.possible:
            return self
        return replace(self, targets=self.possible[:count], possible=())

    @property
    def parts_levels(self) -> bool:
        """Whether each level has a file of its own."""
        return len(self.targets) > 1 or bool(self.possible)

    @property
    def name(self) -> Path:
        """The input's name in reports: `-`, `-[1]`, `-[2]` ... for the arrays of a stream."""
        if self.position:
            return Path(f"{self.source}[{self.position}]")
        return io.with_member(self.source, self.member)

    @property
    def target(self) -> Path:
        """The file of the first map."""
        return self.targets[0]

    @property
    def pipeline(self) -> Pipeline:
        return self.settings.pipeline

    @property
    def outputs(self) -> Outputs:
        return self.settings.outputs

    @property
    def layout(self) -> str | None:
        return self.settings.layout

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that it writes."""
        indices = self.outputs.indices
        paths = self.targets if indices is None else (*self.targets, indices)
        return tuple(path for path in paths if path != STREAM)

    @property
    def uses_streams(self) -> bool:
        """Whether it reads stdin or writes stdout, which only this process can, or a named pipe.

        A wait for what another process sends is ended by an interruption of this process. Files at
        memory:// are of one process, too.
        """
        paths = (self.source, self.target)
        is_in_memory = any(isinstance(path, io.Address) and path.is_in_memory for path in paths)
        return STREAM in paths or self.source.is_fifo() or is_in_memory

    def absolute(self) -> Job:
        """The same job with absolute paths, for a process in another folder."""
        settings, indices = self.settings, self.outputs.indices
        if indices is not None:
            outputs = self.outputs._replace(indices=indices.absolute())
            settings = replace(settings, outputs=outputs)
        return replace(
            self,
            source=self.source.absolute(),
            targets=tuple(path.absolute() for path in self.targets),
            possible=tuple(path.absolute() for path in self.possible),
            settings=settings,
        )


def output_exists(path: Path) -> bool:
    """Whether there is a file that writing to `path` would replace."""
    return path != STREAM and path.exists() and not io.is_device(path)


def there_already(path: Path) -> str:
    """Why a job does not run whose output exists."""
    return f"{path} is there already: --overwrite replaces it, --skip-existing leaves it"

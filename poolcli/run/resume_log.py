"""The log of --resume: which jobs began and how they ended, in lines of JSON, only ever appended.

The first line is `{"log": "poolcli", "layout": 1}`; then `{"begin": [paths]}` before a job writes
these files, `{"region": 3, "of": mark}` for each region of a large array that is written, what was
measured of an input that is normalised, `{"measured": [[map, step, statistics]], "of": mark}`, and
a record with the status of the job after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from poolcli import io
from poolcli.maps.moments import Statistics
from poolcli.run.fingerprints import hash_of
from poolcli.run.job import Job, Measured
from poolcli.run.log_file import LogFile
from poolcli.run.outcome import Outcome


class ResumeLog:
    """The outputs that earlier runs with this log made, and fingerprints of the jobs that did.

    A job is entered before it begins, so that what it leaves when it is killed counts as its own.
    Without a path the log is empty and nothing is entered; with `read_only`, nothing is entered.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self._file = LogFile(path, read_only=read_only)
        self._fingerprints: dict[str, str | None] = {}  # by output; None: begun and not done
        self._running: dict[Path, str | None] = {}
        self._regions: dict[str, set[int]] = {}  # those that are written, by the mark of an array
        self._statistics: dict[str, dict[tuple[int, int], tuple[Statistics, ...]]] = {}
        self._appending = Lock()

    def __enter__(self) -> ResumeLog:
        self._file.open(self._take)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _take(self, record: Any) -> None:
        """Take what an earlier run entered."""
        self._fingerprints.update(dict.fromkeys(record.get("begin", ())))
        if "region" in record:
            self._enter(record["of"], record["region"])
        for map_number, step, images in record.get("measured", ()):
            found = tuple(Statistics(*each) for each in images)
            self._statistics.setdefault(record["of"], {})[map_number, step] = found
        if record.get("status") == "done":
            self._fingerprints[record["output"]] = record["mark"]

    def is_done(self, job: Job) -> bool:
        """Whether the same job was done: same recipe, options and input, and the outputs exist."""
        known = self._fingerprints.get(str(job.target.absolute()))
        return (
            known is not None
            and known == _fingerprint(job)
            and all(path.exists() for path in job.files)
        )

    def owns(self, output: Path) -> bool:
        """Whether an earlier run with this log made an output, or was about to."""
        return str(output.absolute()) in self._fingerprints

    @property
    def unfinished(self) -> Collection[str]:
        """The marks of arrays of which some regions are written."""
        return self._regions.keys()

    def record_of(self, job: Job) -> LoggedRegions | None:
        """What the log knows of the regions of a job's array; None if there is no log."""
        return LoggedRegions(self, job) if self._file.takes_records else None

    def regions(self, mark: str) -> frozenset[int]:
        """The regions of an array that are written."""
        return frozenset(self._regions.get(mark, ()))

    def note(self, mark: str, region: int | None) -> None:
        """Enter a region that is written; None: that those of before are gone."""
        with self._appending:
            self._enter(mark, region)
            self._file.append([{"region": region, "of": mark}])
        if region is None:
            self._file.sync()  # before a new file takes the place of theirs

    def statistics(self, mark: str) -> Measured:
        """What was measured of the images of an input."""
        return dict(self._statistics.get(mark, {}))

    def note_statistics(self, mark: str, measured: Measured) -> None:
        """Enter what was measured of the images of an input."""
        entries = [[*key, images] for key, images in measured.items()]
        with self._appending:
            self._file.append([{"measured": entries, "of": mark}])

    def _enter(self, mark: str, region: int | None) -> None:
        known = self._regions.setdefault(mark, set())
        known.clear() if region is None else known.add(region)

    def begin(self, jobs: Iterable[Job]) -> None:
        """Enter jobs that are about to begin; the entry is on the disk when this returns."""
        if not self._file.takes_records:
            return
        entries = []
        for job in jobs:
            self._running[job.target] = _fingerprint(job)
            entries.append({"begin": [str(path.absolute()) for path in job.files]})
        with self._appending:
            self._file.append(entries)
        self._file.sync()

    def end(self, outcome: Outcome) -> None:
        """Enter how a job ended, unless it was skipped; the names of its outputs are kept first.

        Otherwise a power failure could leave the entry, and under a name the file of before.
        """
        if outcome.status == "skipped":
            return
        if self._file.takes_records and outcome.status == "done":
            paths = (outcome.target, *outcome.more)
            for folder in {path.parent for path in paths if not isinstance(path, io.Address)}:
                io.sync_folder(folder)
        record = {
            "status": outcome.status,
            "output": str(outcome.target.absolute()),
            "input": str(outcome.source.absolute()),
            "reason": outcome.reason,
            "mark": self._running.pop(outcome.target, None),
        }
        with self._appending:
            self._file.append([record])


class LoggedRegions(NamedTuple):
    """The part of a log that is about one large array."""

    log: ResumeLog
    job: Job

    def mark(self, *facts: Any) -> str:
        """What the regions are entered under: they are those of the same job, cut alike."""
        return hash_of(_fingerprint(self.job), *facts)

    def done(self, mark: str) -> frozenset[int]:
        """The regions that are written."""
        return self.log.regions(mark)

    def note(self, mark: str, region: int | None) -> None:
        """Enter a region that is written; None: that those of before are gone."""
        self.log.note(mark, region)

    def statistics(self) -> Measured:
        """What is known of the images of the input, by the number of the map and of the step."""
        return self.log.statistics(self.mark("statistics"))

    def note_statistics(self, measured: Measured) -> None:
        """Enter what has been measured."""
        self.log.note_statistics(self.mark("statistics"), measured)


def _fingerprint(job: Job) -> str | None:
    """A hash of what a job's results depend on: settings, files, size and time of its input."""
    try:
        state = job.source.stat()
    except OSError:
        return None
    names = [str(path.absolute()) for path in (job.source, *job.files)]
    return hash_of(job.settings.fingerprint, names, state.st_size, state.st_mtime_ns)

"""What runs have begun and done, kept in a file that the next run takes up: lines of JSON, only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from poolcli.errors import FileError, RequestError
from poolcli.io import hold, reason
from poolcli.run.order import Job
from poolcli.run.work import Outcome

_HEAD = {"log": "poolcli", "layout": 1}


class Log:
    """The outputs that are these runs' own, and the marks of the jobs that made them.

    A job is noted before it begins, so that what it leaves when it is killed is known to be its own. Without a path
    nothing is known and nothing noted; where it is only looked at, nothing is noted.
    """

    def __init__(self, path: Path | None, *, notes: bool = True) -> None:
        self._path, self._notes = path, notes
        self._marks: dict[str, str | None] = {}
        self._begun: dict[Path, str | None] = {}
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Log:
        try:
            if self._path is not None and self._notes:
                self._take_up(self._path)
            elif self._path is not None and self._path.exists():
                self._look(self._path)
        except OSError as error:
            raise RequestError(f"--resume {self._path}: {reason(error)}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            os.fsync(self._stream.fileno())
            self._stream.close()

    def _take_up(self, path: Path) -> None:
        """Read it, cut off the line in which a run was killed, and stand at its end."""
        with ExitStack() as stack:
            stream = stack.enter_context(path.open("a+b", buffering=0))
            self._hold(stream)
            end = self._look(path)
            stream.truncate(end)
            stack.pop_all()
        self._stream = stream
        if not end:
            self._write([_HEAD])

    def _hold(self, stream: BinaryIO) -> None:
        try:
            hold(stream, wait=False)
        except BlockingIOError:
            raise RequestError(
                f"--resume {self._path}: another run writes it: wait for its end"
            ) from None

    def _look(self, path: Path) -> int:
        """Take in every whole line; how long they are together."""
        end = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n") and (number > 1 or _line(_HEAD).startswith(line)):
                    break
                self._take(number, line)
                end += len(line)
        return end

    def _take(self, number: int, line: bytes) -> None:
        try:
            _check_head(number, told := json.loads(line))
            self._marks.update(dict.fromkeys(told.get("begin", ())))
            if told.get("status") == "done":
                self._marks[told["output"]] = told["mark"]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise RequestError(
                f"--resume {self._path}: line {number} is not one of a log that --resume wrote: name another file"
            ) from None

    def is_done(self, job: Job) -> bool:
        """Whether the log says so of the same recipe, options and input, and all its outputs are there."""
        known = self._marks.get(str(job.target.absolute()))
        return (
            known is not None and known == _mark(job) and all(path.exists() for path in job.files)
        )

    def owns(self, output: Path) -> bool:
        """Whether these runs made it, or were about to."""
        return str(output.absolute()) in self._marks

    def begin(self, jobs: Iterable[Job]) -> None:
        """Note that these are about to begin; the note is on the disk before they do."""
        if self._stream:
            begun = list(jobs)
            self._begun.update({job.target: _mark(job) for job in begun})
            self._write([{"begin": [str(path.absolute()) for path in job.files]} for job in begun])
            os.fsync(self._stream.fileno())

    def end(self, outcome: Outcome) -> None:
        """Note how a job ended, if there was something to do."""
        if outcome.status == "skipped":
            return
        mark = self._begun.pop(outcome.target, None)
        facts = {"input": str(outcome.source.absolute()), "reason": outcome.reason, "mark": mark}
        self._write([{"status": outcome.status, "output": str(outcome.target.absolute()), **facts}])

    def _write(self, records: list[dict[str, Any]]) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(b"".join(map(_line, records)))
        except OSError as error:
            raise FileError(f"--resume {self._path}: {reason(error)}") from None


def _check_head(number: int, told: object) -> None:
    if number == 1 and told != _HEAD:
        raise ValueError(told)


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _mark(job: Job) -> str | None:
    """What changes when the job's results would: its order, its files, the size and time of its input."""
    try:
        told = job.source.stat()
    except OSError:
        return None
    from hashlib import blake2b

    names = [str(path.absolute()) for path in (job.source, *job.files)]
    facts = job.order.mark, names, told.st_size, told.st_mtime_ns
    return blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).hexdigest()

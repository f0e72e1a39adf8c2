"""How many files are pooled at once, where, and with how many threads each."""

from __future__ import annotations

from typing import NamedTuple

from poolcli.resources.threads import cores


class Parallelism(NamedTuple):
    """The options --executor, --jobs (threads for all files), --scheduler and --fail-fast."""

    executor: str = "threads"
    jobs: int | None = None
    scheduler: str | None = None
    fail_fast: bool = False

    def split(self, files: int, available: int | None = None) -> tuple[int, int]:
        """How many files at once, and how many threads each has in the engine.

        `available` are the cores of a cluster (None: those of this machine).

        >>> Parallelism(jobs=8).split(files=3)
        (3, 2)
        """
        threads = self.jobs or available or cores()
        at_once = min(threads, files)
        return at_once, max(1, threads // at_once)

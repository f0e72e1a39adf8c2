"""The order of outcomes, and how many jobs wait."""

from pathlib import Path

from jobs import job

from poolcli.run.execute import LOOKAHEAD, execute
from poolcli.run.outcome import Outcome
from poolcli.run.parallelism import Parallelism


def test_look_ahead_is_bounded():
    made = 0

    def jobs():
        nonlocal made
        for number in range(100_000):
            made = number + 1
            yield job(str(number))

    work = lambda each, threads: Outcome(each.source, each.target, "done")  # noqa: E731
    for crew in (
        Parallelism("serial"),
        Parallelism("threads", 4),
        Parallelism("threads", 3, fail_fast=True),
    ):
        outcomes = execute(work, jobs(), 100_000, crew, lambda: False)
        for number in range(1000):
            assert next(outcomes).source == Path(str(number))
            assert made <= number + (5 if crew.fail_fast else LOOKAHEAD)
        outcomes.close()

"""Worker processes that are lost are replaced."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from jobs import job
from processes import contents, end, rows, start, visible, wait_for

from poolcli.run.executors.processes import ProcessPool
from poolcli.run.outcome import Outcome


def children(process):
    """The processes that work for this one."""
    told = subprocess.run(
        ["ps", "-A", "-ww", "-o", "ppid=,pid=,args="], capture_output=True, check=True, text=True
    ).stdout
    each = [line.split(None, 2) for line in told.splitlines()]
    return [
        int(pid)
        for parent, pid, args in each
        if parent == str(process.pid) and "spawn_main" in args
    ]


def test_a_lost_process_is_replaced(photos, undisturbed, tmp_path):
    process = start("median -k 4 in -o out --executor processes -j 2 --report jsonl", tmp_path)
    for more in (3, 20):
        wait_for(lambda most=more: len(visible(tmp_path / "out")) > most)
        for pid in wait_for(lambda: children(process))[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    code, out, err = end(process)
    assert (code, err) == (0, "")
    assert [row["input"] for row in rows(out)] == [f"in/{name}" for name in sorted(undisturbed)]
    assert contents(tmp_path / "out") == undisturbed


def die_of_some(job, threads):
    """Work that kills its process over one file."""
    if job.source.name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(job.source, job.target, "done")


def test_what_kills_its_process_twice_is_a_row():
    with ProcessPool(die_of_some, 1, 1) as workers:
        outcomes = [workers.run(job(name)) for name in ("good", "bad", "better")]
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert outcomes[1].source == Path("bad")
    assert "lost" in outcomes[1].reason


@pytest.mark.complete
@pytest.mark.parametrize("pause", [0, 0.01, 0.05])
def test_processes_that_are_starting_end_in_silence(photos, tmp_path, pause):
    process = start("max -k 4 in -o out --executor processes -j 4 -q", tmp_path)
    wait_for(lambda: children(process))
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        time.sleep(pause)
    code, out, err = end(process)
    assert (code, out, err.strip()) == (130, b"", "Error: interrupted")

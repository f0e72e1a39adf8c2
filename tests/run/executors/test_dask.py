"""Clusters that lose a worker, or their scheduler."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from processes import contents, end, rows, run, start, visible, wait_for

pytest.importorskip("distributed", reason="distributed is not installed")


@contextmanager
def cluster(folder, workers):
    """A scheduler of Dask, its address, and workers, as processes."""
    dask = [sys.executable, "-m"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    words = [
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--dashboard-address",
        "127.0.0.1:0",
    ]
    started = [
        subprocess.Popen([*dask, *words, "--scheduler-file", folder / "scheduler.json"], **silent)
    ]
    try:
        wait_for(
            lambda: (
                (folder / "scheduler.json").exists() and (folder / "scheduler.json").stat().st_size
            )
        )
        address = json.loads((folder / "scheduler.json").read_text())["address"]
        words = [
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
        ]
        for number in range(workers):
            (folder / f"elsewhere{number}").mkdir()
            started.append(
                subprocess.Popen([*dask, *words], **silent | {"cwd": folder / f"elsewhere{number}"})
            )
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_cluster_that_loses_a_worker(photos, undisturbed, tmp_path):
    with cluster(tmp_path, 2) as (address, (_, lost, _)):
        words = f"median -k 4 in -o out --executor dask --scheduler {address} --report jsonl"
        process = start(words, tmp_path)
        wait_for(lambda: len(visible(tmp_path / "out")) > 10)
        lost.kill()
        code, out, err = end(process)
    assert (code, err) == (0, "")
    assert [row["input"] for row in rows(out)] == [f"in/{name}" for name in sorted(undisturbed)]
    assert contents(tmp_path / "out") == undisturbed


def test_a_cluster_that_is_gone(photos, undisturbed, tmp_path):
    """A worker that is stopped keeps the run from ending before its scheduler does."""
    with cluster(tmp_path, 1) as (address, (scheduler, worker)):
        where = f"--executor dask --scheduler {address}"
        process = start(f"median -k 4 in -o out {where} --resume log -q", tmp_path)
        wait_for(lambda: visible(tmp_path / "out"))
        worker.send_signal(signal.SIGSTOP)
        scheduler.kill()
        assert end(process) == (
            1,
            b"",
            "Error: the scheduler is gone, and the rest is not done: run it again with --resume\n",
        )
    assert run("median -k 4 in -o out --resume log -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed

"""What befalls long runs: kills, signals, lost workers, full disks. Nothing is lost, and nothing is half there."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_scale import EXECUTORS, contents, end, needs, rows, run, start, statuses

from poolcli.pipeline.parser import parse
from poolcli.run.execute import LOOKAHEAD, execute
from poolcli.run.job import Job, Settings
from poolcli.run.outcome import Outcome
from poolcli.run.executors.processes import ProcessPool
from poolcli.run.parallelism import Parallelism

COUNT = 60


@pytest.fixture
def photos(tmp_path):
    """Pictures in a folder; a named pipe that is one, once somebody writes it."""
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (200, 200 + number, 3), np.uint8)).save(
            tmp_path / f"in/{number:02}.png"
        )
    return tmp_path / "in"


@pytest.fixture
def undisturbed(photos, tmp_path):
    """What comes out when nothing happens."""
    assert run("median -k 4 in -o undisturbed -q", tmp_path)[0] == 0
    return contents(tmp_path / "undisturbed")


def wait_for(happened, seconds=60):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.005)


def seen(folder):
    """The files of a folder under their names."""
    with suppress(FileNotFoundError):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    return []


# ---- kill -9


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_killed_and_resumed(photos, undisturbed, tmp_path, executor):
    chance = random.Random(executor)
    words = f"median -k 4 in -o out --resume log.jsonl --executor {executor} -j 2 --report jsonl"
    kills = 0
    for _ in range(4):
        process = start(words, tmp_path, start_new_session=True)
        before, dies = len(seen(tmp_path / "out")), chance.randint(1, 12)
        while process.poll() is None:
            for path in seen(tmp_path / "out"):
                assert path.read_bytes() == undisturbed[path.name]
            if len(seen(tmp_path / "out")) >= min(before + dies, COUNT):
                time.sleep(chance.random() / 50)
                os.killpg(process.pid, signal.SIGKILL) if chance.random() < 0.5 else process.kill()
                break
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    code, out, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    assert set(statuses(out).values()) <= {"done", "skipped"}
    assert contents(tmp_path / "out") == undisturbed
    assert kills >= 2
    assert set(statuses(run(words, tmp_path)[1]).values()) == {"skipped"}


def test_killed_then_another_recipe(photos, undisturbed, tmp_path):
    process = start("max -k 4 in -o out --resume log.jsonl -q", tmp_path)
    wait_for(lambda: len(seen(tmp_path / "out")) > 3)
    process.kill()
    process.communicate()
    assert run("median -k 4 in -o out --resume log.jsonl -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed


def test_killed_and_skipped(photos, undisturbed, tmp_path):
    process = start("median -k 4 in -o out -q", tmp_path)
    wait_for(lambda: len(seen(tmp_path / "out")) > 3)
    process.kill()
    process.communicate()
    assert run("median -k 4 in -o out --skip-existing -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed


def test_only_what_the_dead_left_is_swept(cli, photo, tmp_path):
    import fcntl

    for name in (".a.png.0123.poolcli-part", ".b.png.4567.poolcli-part", "poolcli-part", ".c.part"):
        (tmp_path / name).write_bytes(b"half")
    with (tmp_path / ".b.png.4567.poolcli-part").open("r+b") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert cli("max", "photo.png", "-o", "out.png").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        ".b.png.4567.poolcli-part",
        "poolcli-part",
        ".c.part",
        "photo.png",
        "out.png",
    }


def test_two_runs_do_not_share_a_log(photos, tmp_path):
    os.mkfifo(tmp_path / "gate.png")
    first = start("max gate.png in -o out --resume log -q -j 1", tmp_path)
    wait_for(lambda: (tmp_path / "log").exists() and (tmp_path / "log").stat().st_size)
    code, _, err = run("max in -o other --resume log", tmp_path)
    assert (code, err) == (2, "Error: --resume log: another run writes it: wait for its end\n")
    (tmp_path / "gate.png").write_bytes((photos / "00.png").read_bytes())
    assert end(first)[0] == 0


# ---- signals


def living(group):
    """The processes of a group that are not only waiting to be forgotten."""
    told = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, check=True, text=True
    ).stdout
    return [
        line
        for line in told.splitlines()
        if line.split()[0] == str(group) and "Z" not in line.split()[1]
    ]


@pytest.fixture
def many(tmp_path):
    """Four hundred names of one picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "one.png")
    (tmp_path / "in").mkdir()
    for number in range(400):
        (tmp_path / f"in/{number:03}.png").hardlink_to(tmp_path / "one.png")
    return tmp_path / "in"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_interruption(many, tmp_path, executor, number):
    needs(executor)
    process = start(
        f"median -k 4 in -o out --executor {executor} -j 2 --report json",
        tmp_path,
        start_new_session=True,
    )
    wait_for(lambda: len(seen(tmp_path / "out")) > 3)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    code, out, err = end(process)
    assert (code, err.split("\n")[-2]) == (130, "Error: interrupted")
    told = json.loads(out)
    assert {row["status"] for row in told["files"]} == {"done"}
    assert 0 < told["total"]["not_done"] == 400 - len(told["files"])
    assert run("median -k 4 one.png -o one-alone.png -q", tmp_path)[0] == 0
    whole = (tmp_path / "one-alone.png").read_bytes()
    made = contents(tmp_path / "out")
    assert made == dict.fromkeys(made, whole)
    assert {Path(row["output"]).name for row in told["files"]} <= made.keys()
    assert len(made) - len(told["files"]) <= (
        executor == "serial"
    )  # done in the moment it was interrupted
    wait_for(lambda: not living(process.pid), 10)


def test_who_insists_waits_for_nobody(tmp_path):
    os.mkfifo(tmp_path / "gate.png")
    np.save(tmp_path / "x.npy", np.zeros((9, 9)))
    process = start(
        "max x.npy gate.png -o out -j 2", tmp_path
    )  # gate.png is waited for, and never comes
    wait_for(lambda: seen(tmp_path / "out"))
    for _ in range(2):
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
    code, _, err = end(process)
    assert (code, err.strip()) == (130, "Error: interrupted")


def test_an_ignored_signal_stays_ignored(photos, tmp_path):
    process = start(
        "max in -o out -q",
        tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    wait_for(lambda: seen(tmp_path / "out"))
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 0
    assert len(contents(tmp_path / "out")) == COUNT


# ---- workers


def children(process):
    """The processes that work for this one."""
    told = subprocess.run(
        ["ps", "-A", "-o", "ppid=,pid=,args="], capture_output=True, check=True, text=True
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
        wait_for(lambda most=more: len(seen(tmp_path / "out")) > most)
        for pid in children(process)[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    code, out, err = end(process)
    assert (code, err) == (0, "")
    assert [row["input"] for row in rows(out)] == [f"in/{number:02}.png" for number in range(COUNT)]
    assert contents(tmp_path / "out") == undisturbed


def die_of_some(job, threads):
    """Work that kills its process over one file."""
    if job.source.name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(job.source, job.target, "done")


def job(name):
    return Job(Path(name), (Path(name + ".png"),), None, Settings(parse("max")))


def test_what_kills_its_process_twice_is_a_row():
    with ProcessPool(die_of_some, 1, 1) as workers:
        outcomes = [workers.run(job(name)) for name in ("good", "bad", "better")]
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert outcomes[1].source == Path("bad")
    assert "lost" in outcomes[1].reason


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
    needs("dask")
    with cluster(tmp_path, 2) as (address, (_, lost, _)):
        words = f"median -k 4 in -o out --executor dask --scheduler {address} --report jsonl"
        process = start(words, tmp_path)
        wait_for(lambda: len(seen(tmp_path / "out")) > 10)
        lost.kill()
        code, out, err = end(process)
    assert (code, err) == (0, "")
    assert [row["input"] for row in rows(out)] == [f"in/{number:02}.png" for number in range(COUNT)]
    assert contents(tmp_path / "out") == undisturbed


def test_a_cluster_that_is_gone(photos, undisturbed, tmp_path):
    needs("dask")
    with cluster(tmp_path, 1) as (address, (scheduler, _)):
        words = f"median -k 4 in -o out --executor dask --scheduler {address} --resume log -q"
        process = start(words, tmp_path)
        wait_for(lambda: len(seen(tmp_path / "out")) > 3)
        scheduler.kill()
        assert end(process) == (
            1,
            b"",
            "Error: the scheduler is gone, and nobody does the rest: run it again with --resume\n",
        )
    assert run("median -k 4 in -o out --resume log -q", tmp_path) == (0, b"", "")
    assert contents(tmp_path / "out") == undisturbed


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


# ---- disks and permissions


def failures(text):
    return {
        Path(row["input"]).name: row["reason"] for row in rows(text) if row["status"] == "failed"
    }


def test_outputs_that_are_too_large_for_their_disk(photos, undisturbed, tmp_path):
    limit = sorted(map(len, undisturbed.values()))[COUNT // 2]
    code, out, _ = run(
        "median -k 4 in -o out --report jsonl",
        tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert code == 1
    assert all(
        "the file is larger than this disk or its limits allow" in reason
        for reason in failures(out).values()
    )
    fit = {name: data for name, data in undisturbed.items() if len(data) <= limit}
    assert failures(out).keys() == undisturbed.keys() - fit.keys()
    assert contents(tmp_path / "out") == fit


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 100 KB."""
    (tmp_path / "disk").mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", tmp_path / "disk"]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield tmp_path / "disk"
    subprocess.run(["umount", tmp_path / "disk"], check=True)


def test_a_full_disk_and_then_room(photos, undisturbed, small_disk, tmp_path):
    code, out, _ = run("median -k 4 in -o disk/out --resume log --report jsonl", tmp_path)
    assert code == 1
    assert "59.png" in failures(out)
    assert all("the disk is full: free some space" in reason for reason in failures(out).values())
    made = contents(small_disk / "out")
    assert made == {name: undisturbed[name] for name in made}
    subprocess.run(["mount", "-o", "remount,size=10m", small_disk], check=True)
    assert run("median -k 4 in -o disk/out --resume log -q", tmp_path) == (0, b"", "")
    assert contents(small_disk / "out") == undisturbed


def test_inputs_that_go_and_outputs_that_cannot_be(photos, undisturbed, tmp_path):
    os.mkfifo(tmp_path / "gate.png")
    (tmp_path / "out/03.png").mkdir(parents=True)
    process = start("median -k 4 gate.png in -o out -j 1 --overwrite --report jsonl", tmp_path)
    with (tmp_path / "gate.png").open("wb") as gate:  # once it is open, the run has begun
        (photos / "05.png").unlink()
        gate.write((photos / "00.png").read_bytes())
    code, out, _ = end(process)
    assert code == 1
    assert failures(out) == {
        "03.png": "cannot write out/03.png: it is a folder, not a file: name a file",
        "05.png": "there is no such file or folder",
    }
    (tmp_path / "out/03.png").rmdir()
    assert {
        name: data for name, data in contents(tmp_path / "out").items() if name != "gate.png"
    } == {name: data for name, data in undisturbed.items() if name not in ("03.png", "05.png")}

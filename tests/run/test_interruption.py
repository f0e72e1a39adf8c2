"""Ctrl-C and SIGTERM: what has begun is finished and told, and the rest is not done."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image
from processes import (
    EXECUTORS,
    LONGEST,
    begin,
    contents,
    end,
    needs,
    open_gate,
    run,
    start,
    statuses,
    visible,
    wait_for,
)
from representatives import first

from poolcli.run.interruption import Interruption


def living(group):
    """The processes of a group, without zombies."""
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
    """Forty names of one picture, half of them behind two gates, one for each worker."""
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "one.png")
    for folder in ("before", "behind"):
        (tmp_path / folder).mkdir()
        for number in range(20):
            (tmp_path / f"{folder}/{folder}{number:02}.png").hardlink_to(tmp_path / "one.png")
    for name in ("gate1.png", "gate2.png"):
        os.mkfifo(tmp_path / name)
    return "before gate1.png gate2.png behind"


SIGNALS = dict.fromkeys(EXECUTORS, signal.SIGINT) | {"threads": signal.SIGTERM}
COMBINED = [
    pytest.param(
        executor, number, marks=[] if SIGNALS[executor] == number else pytest.mark.complete
    )
    for executor in EXECUTORS
    for number in (signal.SIGINT, signal.SIGTERM)
]


@pytest.mark.parametrize(("executor", "number"), COMBINED)
def test_interruption(many, tmp_path, executor, number):
    """When it comes, each worker waits at a gate: what is behind them cannot have begun."""
    needs(executor)
    gates = ["gate1.png"] if executor == "serial" else ["gate1.png", "gate2.png"]
    process = start(
        f"median -k 4 {many} -o out --executor {executor} -j 2 --report json",
        tmp_path,
        start_new_session=True,
    )
    picture = (tmp_path / "one.png").read_bytes()
    opened = [open_gate(tmp_path / gate) for gate in gates]
    for gate in opened:
        begin(gate, picture[:9])
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    if executor == "serial":  # its one thread is interrupted where it waits
        assert process.wait(timeout=LONGEST) == 130
    else:
        time.sleep(1)  # it hears the signal; nothing more can begin before the gates open
    for gate in opened:
        with suppress(BrokenPipeError), gate:
            gate.write(picture[9:])
    code, out, err = end(process)
    assert (code, err.split("\n")[-2]) == (130, "Error: interrupted")
    told = json.loads(out)
    assert {row["status"] for row in told["files"]} == {"done"}
    assert told["total"]["not_done"] == 42 - len(told["files"])
    assert run("median -k 4 one.png -o alone.png -q", tmp_path)[0] == 0
    made = contents(tmp_path / "out")
    assert made == dict.fromkeys(made, (tmp_path / "alone.png").read_bytes())
    assert {Path(row["output"]).name for row in told["files"]} == made.keys()
    assert {f"before{number:02}.png" for number in range(20)} <= made.keys()
    assert ("gate1.png" in made) == (executor != "serial")
    if (executor, number) != ("dask", signal.SIGTERM):
        # One of Dask's threads may take the signal, and the main thread then hears it late.
        assert len(made) < 42
    wait_for(lambda: not living(process.pid))


def test_a_second_interruption_waits_for_nothing(gate, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((9, 9)))
    process = start("max x.npy gate.png -o out -j 2", tmp_path)
    with open_gate(gate):  # its job waits for ever
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)  # signals that wait are one
        code, _, err = end(process)
    assert (code, err.strip()) == (130, "Error: interrupted")


def test_a_signal_may_arrive_while_another_one_is_handled():
    """At every line of the handler and of what it calls: a lock there would never be released."""
    interruption, arrived = Interruption(), []

    def handle():
        with suppress(KeyboardInterrupt):
            interruption._handle(signal.SIGTERM, None)

    def arrive(*_):
        sys.settrace(None)
        handle()
        arrived.append(True)
        sys.settrace(arrive)
        return arrive

    def handle_with_others_at_every_line():
        sys.settrace(arrive)
        handle()
        sys.settrace(None)

    thread = Thread(target=handle_with_others_at_every_line, daemon=True)
    with interruption:
        thread.start()
        thread.join(LONGEST)
    assert not thread.is_alive()
    assert len(arrived) > 3


def test_an_ignored_signal_stays_ignored(photos, tmp_path):
    process = start(
        "max in -o out -q",
        tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    wait_for(lambda: visible(tmp_path / "out"))
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 0
    assert contents(tmp_path / "out").keys() == contents(photos).keys()


@pytest.mark.parametrize("executor", first(1, ["threads", "serial", "processes"]))
def test_an_input_that_never_comes(tmp_path, executor):
    """SIGTERM ends the wait for a named pipe without a writer, among other inputs."""
    for name in "abc":
        Image.fromarray(np.full((8, 8), 7, np.uint8)).save(tmp_path / f"{name}.png")
    os.mkfifo(tmp_path / "b.pipe")
    words = f"max a.png b.pipe c.png -o out/ --executor {executor} -j 2 --report jsonl"
    process = start(words, tmp_path)
    wait_for(lambda: len(visible(tmp_path / "out")) > (0 if executor == "serial" else 1))
    process.send_signal(signal.SIGTERM)
    code, out, err = end(process)
    assert (code, err.split("\n")[-2]) == (130, "Error: interrupted")
    assert statuses(out.decode()).get("b.pipe", "failed") == "failed"

"""Poolcli in processes of its own: what a shell sees, on pipes, terminals and under signals."""

import errno
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

POOLCLI = [sys.executable, "-m", "poolcli"]
EXECUTORS = ("serial", "threads", "processes", "dask")
LONGEST = 120  # seconds after which something that should have happened never will


def needs(executor):
    """Skip a test whose executor is not installed."""
    if executor == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")


# Running -------------------------------------------------------------------------------------


def start(words, folder, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen([*POOLCLI, *words.split()], cwd=folder, **more)


def end(process, stdin=None):
    """The exit code, stdout and stderr, once the process has ended by itself."""
    out, err = process.communicate(stdin, timeout=LONGEST)
    assert b"Traceback" not in (err or b"")
    assert b"Exception ignored" not in (err or b"")
    return process.returncode, out, (err or b"").decode()


def run(words, folder, data=b"", **more):
    """As `end`, with `data` on stdin."""
    return end(start(words, folder, **{"stdin": subprocess.PIPE} | more), data or None)


def shell(line, folder):
    """The exit codes of a line of bash in which `poolcli` is this one, and its stderr."""
    script = f'poolcli() {{ {sys.executable} -m poolcli "$@"; }}\n{line}\necho ${{PIPESTATUS[@]}}'
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, check=True, timeout=LONGEST
    )
    return ran.stdout.decode().split(), ran.stderr.decode()


def wait_for(happened):
    """What `happened` returns, once that is true."""
    until = time.monotonic() + LONGEST
    while not (found := happened()):
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)
    return found


def workers_of(pid):
    """The processes that any thread of a process has started to work for it."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for each in lists for child in each.read_text().split()]
    return [child for child in children if b"spawn_main" in _cmdline(child)]


def _cmdline(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


# Gates: named pipes as inputs, where a job waits until the test lets it go on -----------------


def open_gate(path):
    """The writing end of a named pipe, once a job reads from it."""
    opened = wait_for(lambda: _opened(path))
    os.set_blocking(opened, True)
    return os.fdopen(opened, "wb")


def begin(gate, data):
    """Write to a gate, and wait until its job has read that: it has begun."""
    gate.write(data)
    gate.flush()
    unread = bytearray(struct.calcsize("i"))
    wait_for(lambda: not fcntl.ioctl(gate, termios.FIONREAD, unread) and not any(unread))


def _opened(path):
    """Its writing end (never 0, which is stdin), or None without a reader."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


def reap(process, gate):
    """Wait for the end of a killed process and its workers, which may wait at a gate."""
    while True:
        if (opened := _opened(gate)) is not None:
            os.close(opened)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=0.05)


# What came out -------------------------------------------------------------------------------


def rows(text):
    """The rows of a report as JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def statuses(text):
    """The status of each input by its file name."""
    return {Path(row["input"]).name: row["status"] for row in rows(text)}


def failures(text):
    """The reason of each input that failed, by its file name."""
    return {
        Path(row["input"]).name: row["reason"] for row in rows(text) if row["status"] == "failed"
    }


def contents(folder):
    """The bytes of every file of a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def visible(folder):
    """The files of a folder that are not hidden; none if there is no folder yet."""
    with suppress(FileNotFoundError):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    return []


# Terminals -----------------------------------------------------------------------------------

SETTINGS = ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TERM_PROGRAM")
TERMINALS = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "TMUX", "WT_SESSION")


def on_terminal(words, folder, columns=80, environ=None, **more):
    """The exit code, what a terminal of that width shows, and what went to a stream of `more`."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS + TERMINALS}
    env |= {"TERM": "xterm-256color"} | (environ or {})
    streams = {"stdin": slave, "stdout": slave, "stderr": slave} | more
    process = start(words, folder, env=env, **streams)
    os.close(slave)
    shown = b""
    with suppress(OSError):  # that is how a terminal ends
        while piece := os.read(master, 65536):
            shown += piece
    os.close(master)
    code, out, _ = end(process)
    assert b"Traceback" not in shown
    return code, shown.decode(), out


def without_colours(shown):
    """The text of a terminal without its escape sequences for colours."""
    first, *parts = shown.split("\x1b[")
    return first + "".join(part.split("m", 1)[-1] for part in parts)

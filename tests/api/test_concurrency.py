"""`poolcli.pool` in forked children, threads, signal handlers and coroutines: the same bits."""

import os
import signal
import subprocess
import sys

import pytest

SETUP = """
import asyncio, os, signal, sys, threading, time
import numpy as np
import poolcli

x = np.random.default_rng(0).random((2, 3, 700, 650), np.float32)

def pooled():
    with poolcli.limits(threads=3):
        made = [poolcli.pool(x, op, kernel=3, stride=2) for op in ("max", "avg", "median", "std")]
    return b"".join(each.tobytes() for each in made)

expected = pooled()
"""
FORK = """
for _ in range(6):
    busy = threading.Thread(target=pooled)
    busy.start()  # the child is forked while another thread pools
    child = os.fork()
    if not child:
        os._exit(0 if pooled() == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    busy.join()
"""
THREADS = """
same = []
threads = [threading.Thread(target=lambda: same.append(pooled() == expected)) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
assert same == [True] * 8
"""
HANDLER = """
same = []
signal.signal(signal.SIGALRM, lambda *_: same.append(pooled() == expected))
for number in range(12):
    signal.setitimer(signal.ITIMER_REAL, 0.0001 + number * 0.001)
    same.append(pooled() == expected)
signal.setitimer(signal.ITIMER_REAL, 0)
assert all(same)
assert len(same) > 12
"""
COROUTINES = """
async def several():
    return await asyncio.gather(*(asyncio.to_thread(pooled) for _ in range(6)))

assert asyncio.run(several()) == [expected] * 6
"""
CASES = {"fork": FORK, "threads": THREADS, "handler": HANDLER, "coroutines": COROUTINES}
LONGEST = 300  # seconds after which it never ends


@pytest.mark.complete
@pytest.mark.parametrize("backend", ["plain", "compiled"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_bits_and_no_deadlock(case, backend):
    if case == "fork" and not hasattr(os, "fork"):
        pytest.skip("the system has no fork")
    if case == "handler" and not hasattr(signal, "setitimer"):
        pytest.skip("the system has no timers")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SETUP + CASES[case]],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
        env=os.environ | {"POOLCLI_BACKEND": backend},
    )
    if "POOLCLI_BACKEND" in ran.stderr:
        pytest.skip("the compiled backend is not built")
    assert (ran.returncode, ran.stderr) == (0, "")

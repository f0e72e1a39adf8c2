"""The installed command, and `python -m poolcli`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Any, NoReturn

from poolcli.cli.immediate_exit import exit_immediately

# Objects that are alive once a command has loaded what it needs, and a few more.
_LOADED = 60_000


def run() -> NoReturn:
    """Run the command line in a process of its own, which ends with the exit code."""
    collect_garbage_from(_LOADED)
    # Nothing large is multiplied here, and NumPy starts threads for that when it is imported: a
    # small job took 150 ms of processor time with them on two cores, and 120 ms without.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    codes: list[Any] = []  # the exit code, once it is known
    atexit.register(_exit_with, codes)  # handlers run in reverse order: this one is the last
    try:
        from poolcli.cli.main import main  # imported here so that Ctrl-C may interrupt the import

        main()
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted\n")
        codes.append(130)
        sys.exit(130)
    except SystemExit as end:
        codes.append(end.code)
        raise


def collect_garbage_from(objects: int) -> None:
    """Let the collector begin at so many objects, and go on as usual.

    Modules that are being loaded are no garbage: looking for some took 27 of 284 ms of a photo.
    """
    usual = gc.get_threshold()

    def restore(*_: object) -> None:
        gc.callbacks.remove(restore)
        gc.set_threshold(*usual)

    gc.callbacks.append(restore)
    gc.set_threshold(objects, *usual[1:])


def _exit_with(codes: list[Any]) -> None:
    """Skip the teardown of the interpreter: freeing its objects takes longer than a small job."""
    if codes:
        exit_immediately(codes[0] or 0)


if __name__ == "__main__":
    run()

"""The command that is installed, and `python -m poolcli`."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn


def run() -> NoReturn:
    """Run the command line in a process of its own, which ends with the exit code."""
    left: list[Any] = []
    atexit.register(_end, left)  # what is registered first is called last
    try:
        from poolcli.cli import main  # here, because loading it may be interrupted

        main()
    except KeyboardInterrupt:
        left.append(130)
        sys.exit("Error: interrupted")
    except SystemExit as end:
        left.append(end.code)
        raise


def _end(left: list[Any]) -> None:
    """Leave memory to the system: the interpreter would free it piece by piece, which takes longer than a small job."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what could not be written has been told, or nobody listens
            stream.flush()
    if left:
        os._exit(left[0] or 0)


if __name__ == "__main__":
    run()

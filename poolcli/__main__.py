"""The command that is installed, and `python -m poolcli`."""

from __future__ import annotations

import atexit
import sys
from typing import Any, NoReturn

from poolcli.cli.immediate_exit import leave


def run() -> NoReturn:
    """Run the command line in a process of its own, which ends with the exit code."""
    left: list[Any] = []
    atexit.register(_end, left)  # what is registered first is called last
    try:
        from poolcli.cli import main  # here, because loading it may be interrupted

        main()
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted\n")
        left.append(130)
        sys.exit(130)
    except SystemExit as end:
        left.append(end.code)
        raise


def _end(left: list[Any]) -> None:
    """Leave memory to the system: the interpreter would free it piece by piece, which takes longer than a small job."""
    if left:
        leave(left[0] or 0)


if __name__ == "__main__":
    run()

"""Exit without waiting for threads and without tearing down the interpreter."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn


def exit_immediately(code: int) -> NoReturn:
    """Flush the standard streams and end the process; errors of the streams are ignored."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

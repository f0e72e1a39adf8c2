"""How many threads one call may use."""

from __future__ import annotations

import os


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


threads = cores()  # who works on several files at once gives each a share

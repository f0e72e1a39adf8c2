"""Fingerprints: short hashes of what results depend on, by which a log knows a job again."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def hash_of(*facts: Any) -> str:
    """A short hash of values by their `repr`."""
    from hashlib import blake2b

    text = repr(facts).encode(errors="surrogateescape")
    return blake2b(text, digest_size=16).hexdigest()


def file_state(path: str) -> tuple[str, int, int]:
    """A file's path, size and time of change."""
    state = Path(path).stat()
    return path, state.st_size, state.st_mtime_ns

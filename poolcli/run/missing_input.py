"""What is said of an input that does not exist, by what its name may have been meant for."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from pathlib import Path

from poolcli.io import is_known_suffix

# A letter of eight may be wrong: results are often named like their inputs, with a word more.
SIMILAR = 0.87
MOST_NAMES = 10_000  # of a folder that are compared
_MISSING = "there is no such file or folder"


def missing(path: Path, *, alone: bool) -> str:
    """Why there is nothing to read at a path; `alone` where it is the only input.

    >>> missing(Path("small.png"), alone=False)
    'there is no such file or folder: if it is to be written, give -o small.png'
    """
    name = str(path)
    if re.fullmatch(r"[0-9.:x]+", name):
        return f"{_MISSING}: several numbers of one option are one word, such as 2x2"
    if similar := _similar(path):
        return f"{_MISSING}; did you mean {similar}?"
    if not alone and is_known_suffix(path.suffix):
        return f"{_MISSING}: if it is to be written, give -o {name}"
    return _MISSING


def _similar(path: Path) -> Path | None:
    """The file beside it whose name is nearly the same."""
    from difflib import get_close_matches

    with suppress(OSError, ValueError):
        found = islice((each.name for each in path.parent.iterdir()), MOST_NAMES)
        names = {name.lower(): name for name in found}
        if near := get_close_matches(path.name.lower(), names, 1, SIMILAR):
            return path.with_name(names[near[0]])
    return None

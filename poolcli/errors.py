"""What can go wrong, by whose doing. Each layer adds the one fact it knows: option, step, file."""

from __future__ import annotations

import re
from typing import Any


class PoolError(Exception):
    """Anything poolcli foresees: one line for a person, and the exit code it deserves."""

    exit_code = 1


class RequestError(PoolError):
    """The request itself is wrong: no file could make it right."""

    exit_code = 2


class NothingFound(PoolError):
    """The inputs name nothing."""

    exit_code = 3


class ShapeError(PoolError):
    """The windows do not fit this map."""


class ValueRuleError(PoolError):
    """The values of this map cannot be pooled, or kept, as asked."""


class FileError(PoolError):
    """A file cannot be read or written."""


def plain(text: Any) -> str:
    """Text with its control characters spelt out, so that a file's name cannot drive the terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(text))


def in_flags(error: object) -> str:
    """The message of an error as the command line says it: `spatial_scale` is --spatial-scale.

    Messages name an option as Python does, in backticks.

    >>> in_flags("give `spatial_scale`")
    'give --spatial-scale'
    """
    return re.sub(r"`([a-z_]+)`", lambda name: "--" + name[1].replace("_", "-"), str(error))

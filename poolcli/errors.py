"""Errors that poolcli foresees, and how their messages are written."""

from __future__ import annotations

import re
from typing import Any


class PoolError(Exception):
    """Base of all errors that poolcli foresees. The message is one line.

    Each is also the built-in error that a NumPy user expects: ValueError, TypeError or OSError.

    Attributes
    ----------
    exit_code : int
        The exit code of the command line.
    """

    exit_code = 1


class RequestError(PoolError, ValueError):
    """The request is wrong, whatever the input: an unknown operation, a wrong value, a conflict.

    >>> import poolcli
    >>> poolcli.pool([1, 2], "max", kernel=0)
    Traceback (most recent call last):
    poolcli.errors.RequestError: max: `kernel` 0: a size is a whole number from 1 up, ...
    """

    exit_code = 2


class OptionTypeError(RequestError, TypeError):
    """A value has a type that the option does not take."""


class NothingFound(PoolError, FileNotFoundError):
    """The inputs name nothing: no file, or no array of a file."""

    exit_code = 3


class ShapeError(PoolError, ValueError):
    """The windows, or an array beside the map, do not fit the shape of the input.

    >>> import poolcli
    >>> poolcli.pool([1, 2], "max", kernel=3)
    Traceback (most recent call last):
    poolcli.errors.ShapeError: max -k 3: ...
    """


class ValueRuleError(PoolError, ValueError):
    """The values of the input cannot be pooled, or the result cannot be held, as asked."""


class DtypeError(ValueRuleError, TypeError):
    """The dtype of the input cannot be pooled: complex numbers, objects, text."""


class FileError(PoolError, OSError):
    """A file cannot be read or written."""


class OptionFileError(RequestError, FileError):
    """A file that an option names cannot be read."""


def plain(text: Any) -> str:
    """Return a text with its control characters escaped: a file's name cannot drive a terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(text))


def in_flags(error: object) -> str:
    """Return the message of an error as the command line shows it, with flags for keywords.

    Messages name an option by its Python keyword, in backticks.

    >>> in_flags("give `spatial_scale`")
    'give --spatial-scale'
    """
    return re.sub(r"`([a-z][a-z0-9_]*)`", lambda name: "--" + name[1].replace("_", "-"), str(error))

"""Reducers from files."""

from __future__ import annotations

import os

from poolcli.api.steps import in_keywords
from poolcli.errors import PoolError
from poolcli.pipeline.registry import load_file


def load_plugin(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Load the reducers of a Python file, so that `pool`, `parse` and `plan` know them.

    Parameters
    ----------
    path : path-like
        A file whose top level makes one `poolcli.plugins.FoldReducer` or `GatherReducer`, or more.
        It is run, once.

    Returns
    -------
    tuple of str
        The names of the reducers.

    Raises
    ------
    RequestError
        The file cannot be run, makes no reducer, or one whose name is taken.
    FileError
        There is no such file.

    >>> import pathlib, tempfile, poolcli
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "midrange.py"
    >>> _ = path.write_text('''
    ... from poolcli.plugins import FoldReducer
    ... midrange = FoldReducer(
    ...     "midrange",
    ...     "halfway between the extremes",
    ...     lift=lambda x: (x, x),
    ...     merge=("max", "min"),
    ...     finish=lambda high, low, n: (high + low) / 2,
    ... )
    ... ''')
    >>> load_plugin(path)
    ('midrange',)
    >>> poolcli.pool([1, 9, 4, 4], "midrange", kernel=2)
    array([5., 4.])
    """
    try:
        return load_file(os.fspath(path))
    except PoolError as error:
        raise in_keywords(error) from None

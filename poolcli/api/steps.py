"""The pipeline of one step that keywords describe; cached where they are plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from poolcli.errors import PoolError, in_flags
from poolcli.maps.array import Array
from poolcli.pipeline.options import BRANCH_PIPELINES
from poolcli.pipeline.parser import Parser
from poolcli.pipeline.pipeline import Pipeline


def _load(path: str) -> Mapping[str, Array]:
    from poolcli.io.load import load_arrays  # here, as most calls read no file

    return load_arrays(path)


PARSER = Parser(_load)
FROM_FILES = {"mask", "weights", "boxes", "indices", "samples", "branches", "op"}
PLAIN = (int, float, str, bool)

Key = tuple[Any, ...]


def pipeline_of(operation: str, options: Mapping[str, Any]) -> Pipeline:
    """Return the step of an operation with these keywords; PoolError where they are wrong.

    It is cached, unless an option can name a file, which may change.
    """
    types = _types(options.values())
    if types is not None and FROM_FILES.isdisjoint(options):
        return _cached(operation, tuple(options.items()), types)
    return _read(operation, options)


@lru_cache(maxsize=256)
def _cached(operation: str, options: Key, types: Key) -> Pipeline:  # noqa: ARG001 - part of the key
    """`types` tells 1, 1.0 and True apart, which are equal."""
    return _read(operation, dict(options))


def _read(operation: str, options: Mapping[str, Any]) -> Pipeline:
    if "dtype" in options:
        options = {**options, "dtype": _dtype_name(options["dtype"])}
    return Pipeline((PARSER.step(operation, options),))


def _dtype_name(dtype: Any) -> Any:
    """The name of a dtype; what is none, as it is, for the parser to refuse."""
    try:
        return np.dtype(dtype).name
    except TypeError:
        return dtype


def _types(values: Iterable[Any]) -> Key | None:
    """The types of plain values, of those in tuples one by one; None where one is not plain."""
    types: list[Any] = []
    for value in values:
        kind = _types(value) if type(value) is tuple else type(value)
        if kind is None or (kind not in PLAIN and type(value) is not tuple):
            return None
        types.append(kind)
    return tuple(types)


def in_keywords(error: PoolError) -> PoolError:
    """Return the error with the keywords of Python, where `global` is a word of the language.

    What text has without a flag has a keyword, too.
    """
    text = str(error).replace("`global`", "`global_`")
    return type(error)(text.replace(BRANCH_PIPELINES.word, f"`{BRANCH_PIPELINES.name}`"))


def in_pipeline_text(error: PoolError) -> PoolError:
    """Return the error with flags, as the text of a pipeline has them."""
    return type(error)(in_flags(error))

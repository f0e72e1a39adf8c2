"""Pipelines from text, and what they make of a shape."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.api.steps import PARSER, in_pipeline_text
from poolcli.errors import OptionTypeError, PoolError, RequestError
from poolcli.maps.feature_map import Form, check_values
from poolcli.maps.layout import check_layout, default_layout
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from numpy.typing import DTypeLike


def parse(text: str) -> Pipeline:
    """Return the pipeline that a text describes; call it with an array.

    Parameters
    ----------
    text : str
        Steps separated by ``|``, each an operation and its flags, as for ``poolcli run``.

    Returns
    -------
    Pipeline
        The steps. It prints as a text that parses to an equal pipeline, and pickles.

    Raises
    ------
    RequestError
        The text is wrong; a ValueError.

    Examples
    --------
    >>> import numpy as np
    >>> pipeline = parse("max -k 3 -s 2 -p 1 | avg --global")
    >>> pipeline(np.ones((1, 8, 14, 14), np.float32)).shape
    (1, 8, 1, 1)
    """
    if not isinstance(text, str):
        raise OptionTypeError(f"a pipeline is a text, like 'max -k 2', and not {text!r}")
    try:
        return PARSER.parse(text)
    except PoolError as error:
        raise in_pipeline_text(error) from None


def plan(
    pipeline: str | Pipeline,
    shape: Iterable[SupportsIndex],
    dtype: DTypeLike = "float32",
    layout: str | None = None,
) -> tuple[Stage, ...]:
    """Return what a pipeline makes of an array of this shape, without values.

    Parameters
    ----------
    pipeline : str or Pipeline
        The steps.
    shape : sequence of int
        The shape of the input, of 1 to 5 axes.
    dtype : dtype_like, default float32
        The dtype of the input.
    layout : str, optional
        A letter for each axis, as for `pool`.

    Returns
    -------
    tuple of Stage
        One for each step, or for each level of a step that makes several maps: shapes, receptive
        field in pixels, operations, and memory in bytes.

    Raises
    ------
    PoolError
        As pooling such an array would.

    Examples
    --------
    >>> stages = plan("max -k 3 -s 2 -p 1 | avg -k 2", (1, 64, 112, 112))
    >>> [stage.output.shape for stage in stages]
    [(1, 64, 56, 56), (1, 64, 28, 28)]
    """
    steps = pipeline if isinstance(pipeline, Pipeline) else parse(pipeline)
    sizes = _sizes(shape)
    letters = check_layout(layout, len(sizes)) if layout else default_layout(len(sizes))
    form = Form(sizes, _dtype(dtype), letters)
    check_values(form.dtype, form.space)
    return steps.plan(form)


def _sizes(shape: Iterable[SupportsIndex]) -> tuple[int, ...]:
    """The shape as a tuple of int; PoolError where it is none."""
    takes = "`shape` is a whole number from 0 up for each axis, like (1, 64, 112, 112)"
    try:
        sizes = tuple(map(index, shape))
    except TypeError:
        raise OptionTypeError(f"{takes}, and not {shape!r}") from None
    if min(sizes, default=0) < 0:
        raise RequestError(f"{takes}, and not {shape!r}")
    return sizes


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        return np.dtype(dtype)
    except TypeError:
        raise OptionTypeError(f"`dtype` {dtype!r} is no dtype of NumPy's") from None

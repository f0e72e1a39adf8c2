"""The Python interface: arrays in, arrays out, with the names of the flags."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from poolcli.io.load import load_arrays
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import check_layout, default_layout
from poolcli.pipeline.parser import Parser
from poolcli.pipeline.pipeline import Pipeline, as_map
from poolcli.pipeline.step import Stage


@overload
def pool(
    x: ArrayLike, op: str, *, return_indices: Literal[True], **options: Any
) -> tuple[Array, Array]: ...


@overload
def pool(
    x: ArrayLike, op: str, *, return_indices: Literal[False] = False, **options: Any
) -> Array: ...


def pool(
    x: ArrayLike,
    op: str,
    *,
    layout: str | None = None,
    return_indices: bool = False,
    **options: Any,
) -> Array | tuple[Array, Array]:
    """The pooled array, in the layout of `x`; with `return_indices`, also which pixel each result is.

    Shapes: any array of 1 to 5 axes, taken as L, HW, CHW, NCHW or NCDHW unless `layout` names them (NHWC).
    Options are the command's flags with underscores: a size is an int or a tuple, a padding an int, a tuple,
    (begin, end) pairs or a word. Write `global_=True` for the word that Python keeps for itself.
    Raises `poolcli.PoolError`: RequestError for a wrong option, ShapeError for windows that do not fit.
    Source: each operation names its own in `poolcli ops`.

    >>> pool(np.arange(1, 10).reshape(3, 3), "max", kernel=2, stride=1)
    array([[5, 6],
           [8, 9]])
    >>> pool([1, 2, 4], "avg", kernel=2, stride=1, padding="same")
    array([1.5, 3. , 4. ])
    >>> pool([1, 5, 2, 5], "max", return_indices=True)
    (array([5, 5]), array([1, 3]))
    """
    pipeline = Pipeline((Parser(load_arrays).step(op, _keywords(options)),))
    if not return_indices:
        result: Array = pipeline(x, layout)
        return result
    return pipeline(x, layout), np.ascontiguousarray(pipeline.indices(as_map(x, layout)).data)


def parse(text: str) -> Pipeline:
    """The pipeline a text describes; call it with an array.

    Raises `poolcli.RequestError` where the text is wrong. Source: the text is that of `poolcli run`.

    >>> parse("max -k 3 -s 2 -p 1 | avg --global")(np.ones((1, 8, 14, 14), np.float32)).shape
    (1, 8, 1, 1)
    """
    return Parser(load_arrays).parse(text)


def plan(
    pipeline: str | Pipeline,
    shape: tuple[int, ...],
    dtype: Any = "float32",
    layout: str | None = None,
) -> tuple[Stage, ...]:
    """What a pipeline would make of an array of this shape: a `Stage` a step, without values.

    A stage has the shapes, receptive field and jump in pixels, operations, and memory in bytes.

    Raises `poolcli.PoolError` as pooling would. Source: Araujo, Norris, Sim 2019 (receptive fields).

    >>> [stage.output.shape for stage in plan("max -k 3 -s 2 -p 1 | avg -k 2", (1, 64, 112, 112))]
    [(1, 64, 56, 56), (1, 64, 28, 28)]
    """
    layout = check_layout(layout, len(shape)) if layout else default_layout(len(shape))
    steps = parse(pipeline) if isinstance(pipeline, str) else pipeline
    return steps.plan(Form(tuple(shape), np.dtype(dtype), layout))


def _keywords(options: dict[str, Any]) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in options.items()}

"""Read the input of `shape` and `bench`: a file, or a shape in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolcli.cli.pipeline_argument import PipelineArgument
from poolcli.errors import PoolError, RequestError
from poolcli.pipeline.axis_kinds import SIZE
from poolcli.pipeline.kinds import DTYPE
from poolcli.pipeline.parameters import Parameter

if TYPE_CHECKING:
    from poolcli.maps.feature_map import Form


def shape_or_file(params: dict[str, Any], argument: PipelineArgument) -> str | None:
    """The shape that --input or the recipe names; None where a file is the input."""
    text: str | None = params["shape_text"]
    if not text and not argument.rest:
        text = argument.recipe_shape
    if len(argument.rest) != (text is None):
        raise RequestError("give one input: a FILE, or --input with a shape like 1x64x112x112")
    return text


def form_from(text: str, layout: str | None, dtype: str) -> Form:
    """The form that a written shape stands for; RequestError where it stands for none."""
    import numpy as np

    from poolcli.maps.feature_map import Form
    from poolcli.maps.layout import check_layout, default_layout

    sizes = Parameter("input", ("--input",), SIZE, "").read(text)
    kind = np.dtype(Parameter("dtype", ("--dtype",), DTYPE, "").read(dtype))
    try:
        axes = check_layout(layout, len(sizes)) if layout else default_layout(len(sizes))
        return Form(sizes, kind, axes)
    except PoolError as error:
        raise RequestError(str(error)) from None

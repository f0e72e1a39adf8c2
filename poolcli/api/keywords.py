"""The keywords of `poolcli.pool`, with their types."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.profiles import ProfileName

WholeNumbers = NDArray[np.integer[Any]]
SizeLike = int | str | Sequence[int] | WholeNumbers
PaddingLike = int | str | Sequence[int | Sequence[int]] | WholeNumbers
BorderLike = float | str | Sequence[float | str]
FileOrArray = ArrayLike | PathLike[str]  # a path is a text, too
PipelineLike = Pipeline | str


class PoolOptions(TypedDict, total=False):
    """The options of all operations; which of them an operation takes is in ``poolcli OP --help``.

    `poolcli.pool` has the same keywords: this type is there for its overloads.
    """

    kernel: SizeLike | None
    stride: SizeLike | None
    padding: PaddingLike | None
    dilation: SizeLike | None
    ceil_mode: bool | Literal["keep", "drop", "drop-padded", "fill"] | None
    exact: bool | None
    border: BorderLike | None
    footprint: FileOrArray | None
    adaptive: SizeLike | None
    area: SizeLike | None
    global_: bool | None
    fractional: SizeLike | None
    seed: int | None
    samples: FileOrArray | None
    levels: int | str | Sequence[int] | None
    boxes: FileOrArray | None
    output_size: SizeLike | None
    spatial_scale: float | None
    weights: FileOrArray | None
    count_include_pad: bool | None
    divisor: float | Literal["kernel", "pixels"] | None
    norm: float | None
    sharpness: float | None
    alpha: float | None
    q: float | None
    trim: float | None
    of: float | str | Sequence[float] | None
    period: float | None
    per_channel: bool | None
    interpolation: Literal["linear", "midpoint", "lower", "higher", "nearest", "bilinear"] | None
    indices: FileOrArray | None
    indices_in: Literal["output", "windows"] | None
    sampling_ratio: int | None
    aligned: bool | None
    mode: Literal["avg", "max"] | None
    filter: int | None
    no_normalize: bool | None
    branches: PipelineLike | Sequence[PipelineLike] | None
    merge: Literal["max", "avg", "sum", "concat"] | None
    op: PipelineLike | None
    smallest: int | None
    isotropic: bool | Sequence[float] | None
    nan: Literal["propagate", "ignore"] | None
    nodata: float | Sequence[float] | None
    min_valid: float | None
    mask: FileOrArray | None
    emit: Literal["count", "fraction"] | None
    normalize: Literal["minmax", "zscore"] | None
    round: Literal["half-even", "half-up", "half-away", "floor"] | None
    dtype: DTypeLike | None
    semantics: ProfileName | None
    linear: bool | None
    index_order: Literal["plane", "tensor", "nhwc"] | None

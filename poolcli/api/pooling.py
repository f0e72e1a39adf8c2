"""`pool`: one operation on an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack, overload

from numpy.typing import ArrayLike, DTypeLike

from poolcli.api.calls import check_own, check_reducer, pooled
from poolcli.api.inputs import AxisOptions, pool_input
from poolcli.api.keywords import (
    BorderLike,
    FileOrArray,
    PaddingLike,
    PipelineLike,
    PoolOptions,
    SizeLike,
)
from poolcli.api.steps import in_keywords
from poolcli.errors import PoolError
from poolcli.maps.array import Array

AxesLike = int | str | Sequence[int | str]
OPTIONS = tuple(PoolOptions.__annotations__)


@overload
def pool(  # type: ignore[overload-overlap]  # "pyramid" is a str, too, and makes several
    x: ArrayLike,
    reducer: Literal["pyramid"],
    *,
    layout: str | None = ...,
    axes: AxesLike | None = ...,
    channel_axis: int | str | None = ...,
    return_indices: Literal[False] = ...,
    **options: Unpack[PoolOptions],
) -> tuple[Array, ...]: ...


@overload
def pool(
    x: ArrayLike,
    reducer: str,
    *,
    layout: str | None = ...,
    axes: AxesLike | None = ...,
    channel_axis: int | str | None = ...,
    return_indices: Literal[False] = ...,
    out: Array | None = ...,
    **options: Unpack[PoolOptions],
) -> Array: ...


@overload
def pool(
    x: ArrayLike,
    reducer: str,
    *,
    layout: str | None = ...,
    axes: AxesLike | None = ...,
    channel_axis: int | str | None = ...,
    return_indices: Literal[True],
    out: Array | None = ...,
    **options: Unpack[PoolOptions],
) -> tuple[Array, Array]: ...


def pool(  # noqa: PLR0913 - the options of all operations, by their names
    x: ArrayLike,
    reducer: str,
    *,
    layout: str | None = None,
    axes: AxesLike | None = None,
    channel_axis: int | str | None = None,
    return_indices: bool = False,
    out: Array | None = None,
    kernel: SizeLike | None = None,
    stride: SizeLike | None = None,
    padding: PaddingLike | None = None,
    dilation: SizeLike | None = None,
    ceil_mode: bool | str | None = None,
    exact: bool | None = None,
    border: BorderLike | None = None,
    footprint: FileOrArray | None = None,
    adaptive: SizeLike | None = None,
    area: SizeLike | None = None,
    global_: bool | None = None,
    fractional: SizeLike | None = None,
    seed: int | None = None,
    samples: FileOrArray | None = None,
    levels: int | str | Sequence[int] | None = None,
    boxes: FileOrArray | None = None,
    output_size: SizeLike | None = None,
    spatial_scale: float | None = None,
    weights: FileOrArray | None = None,
    count_include_pad: bool | None = None,
    divisor: float | str | None = None,
    norm: float | None = None,
    sharpness: float | None = None,
    alpha: float | None = None,
    q: float | None = None,
    trim: float | None = None,
    of: float | str | Sequence[float] | None = None,
    period: float | None = None,
    per_channel: bool | None = None,
    interpolation: str | None = None,
    indices: FileOrArray | None = None,
    indices_in: str | None = None,
    sampling_ratio: int | None = None,
    aligned: bool | None = None,
    mode: str | None = None,
    filter: int | None = None,  # noqa: A002 - the option's name
    no_normalize: bool | None = None,
    branches: PipelineLike | Sequence[PipelineLike] | None = None,
    merge: str | None = None,
    op: PipelineLike | None = None,
    smallest: int | None = None,
    isotropic: bool | Sequence[float] | None = None,
    nan: str | None = None,
    nodata: float | Sequence[float] | None = None,
    min_valid: float | None = None,
    mask: FileOrArray | None = None,
    emit: str | None = None,
    normalize: str | None = None,
    round: str | None = None,  # noqa: A002 - the option's name
    dtype: DTypeLike | None = None,
    semantics: str | None = None,
    linear: bool | None = None,
    index_order: str | None = None,
    **own: Any,
) -> Any:
    """Pool an array: reduce each window of its spatial axes to one number.

    Parameters
    ----------
    x : array_like
        The array. By default its 1 to 5 axes are L, HW, CHW, NCHW or NCDHW: N counts samples, C
        channels, and D, H, W or L are pooled. Masked elements of a masked array do not count. An
        image of Pillow's is HW or HWC, and is pooled as the command line pools it: it keeps its
        dtype, and alpha weighs its colours. A tensor of PyTorch's is taken by ``__array__``.
    reducer : str
        The operation, as ``poolcli ops`` lists them: ``"max"``, ``"avg"``, ``"median"``,
        ``"roi-align"``, ``"fuse"``, ``"pyramid"`` ...
    layout : str, optional
        A letter of N C D H W L for each axis, like ``"NHWC"``.
    axes : int, str or sequence of them, optional
        The axes to pool, instead of `layout`; negative ones count from the end. Sizes like
        `kernel` are in the order of `axes`. The last of the other axes is C, if `channel_axis`
        names none, and all before it are N. For a DataArray names of dimensions, too.
    channel_axis : int or str, optional
        The axis of the channels, instead of `layout`. Without `axes` all others are pooled.
    return_indices : bool, default False
        Also return which pixel each result is: for max, min, median and mode.
    out : ndarray, optional
        Where to put the result, of its shape, and of a dtype it can be cast to as ``same_kind``.
    kernel, stride, dilation : int, tuple of int or str, optional
        Sliding windows: their size (default 2), the distance between them (default the kernel),
        and that between the taps of a window (default 1), in pixels. One for all axes or one for
        each, height before width.
    padding : int, tuple or str, optional
        Pixels around the map that windows may reach: a number, one for each axis, pairs (begin,
        end), or ``"valid"``, ``"same"``, ``"same-lower"``. Windows are clipped to the map.
    ceil_mode : bool or {"keep", "drop", "drop-padded", "fill"}, optional
        Keep a last window that extends beyond the map. One that starts in the padding is dropped
        (what True means), kept, dropped only if there is padding, or kept and the padding grown
        until it is full.
    exact : bool, optional
        Refuse a map that the windows do not divide.
    border : str, float or sequence of them, optional
        What windows read in the padding: ``"clip"`` (default) nothing, ``"edge"``, ``"reflect"``,
        ``"symmetric"`` or ``"wrap"`` what `numpy.pad` puts there, a number that number. One for
        all axes or one for each, like ``("clip", "wrap")``.
    footprint : str, array_like or path, optional
        Which taps of the kernel count: ``"disk"``, ``"diamond"``, ``"cross"`` or ``"ring"``, or an
        array that is 1 where a tap counts, whose shape is the kernel.
    adaptive : int or tuple of int, optional
        That many cells, whatever the size of the input.
    area : int or tuple of int, optional
        That many cells of equal area, whatever the size of the input: pixels count by the part of
        them that is inside. For sum, avg, var, std, l2, mode and fraction.
    global_ : bool, optional
        One cell: the whole map.
    fractional : int or tuple of int, optional
        That many cells of one `kernel`, at uneven distances.
    seed : int, optional
        Random numbers depend on it alone (default 0): for `fractional` and stochastic.
    samples : float, tuple or array_like, optional
        The random numbers of `fractional`, in [0, 1): one for each axis, or an array of shape
        (N, C, axes).
    levels : int or tuple of int, optional
        Spatial pyramid: cells on each axis, level by level, like ``(1, 2, 4)``; the result is
        flat. For the operation pyramid: how many levels (default 5); level n is pooled by the
        kernel to the power of n.
    boxes : array_like or path, optional
        Regions instead of windows: rows x1, y1, x2, y2, or these after the sample's number.
    output_size : int or tuple of int, optional
        Cells of each of the `boxes`; for restore and unpool the size of the result.
    spatial_scale : float, optional
        Pixels of the map to one unit of `boxes` (default 1).
    weights : array_like, path or "gaussian", optional
        The kernel of weighted.
    no_normalize : bool, optional
        For weighted: do not divide by the sum of the weights.
    count_include_pad : bool, optional
        For avg: divide by the pixels of the padding, too.
    divisor : float, "kernel" or "pixels", optional
        For avg: divide by this number instead; "kernel" by all taps of a whole window, "pixels"
        by the valid pixels of each.
    norm : float, optional
        The power of lp (default 2) and gem (default 3).
    sharpness : float, optional
        The r of lse (default 1): near 0 the average, large the maximum.
    alpha : float, optional
        The share of the maximum in mixed (default 0.5).
    trim : float, optional
        For trimmed: the share of values to leave out at each end, below 0.5 (default 0.1).
    of : float or sequence of float, optional
        For fraction: the values whose share is wanted.
    period : float, optional
        For circmean: a full turn (default 360).
    per_channel : bool, optional
        For mode of an image: count each channel alone, and not whole colours.
    q : float, optional
        The quantile, from 0 to 1 (default 0.5).
    interpolation : str, optional
        Of median and quantile: linear (default), midpoint, lower, higher or nearest; of restore:
        nearest (default) or bilinear.
    indices : array_like or path, optional
        For unpool: where the values go, as `return_indices` returns it.
    indices_in : {"output", "windows"}, optional
        For unpool: `indices` count in the result (default), or in the size that sliding windows
        fit, which is then padded to `output_size`.
    sampling_ratio : int, optional
        For roi-align: points on each axis of a cell (default 0: by the cell's size).
    aligned : bool, optional
        For roi-align: pixels have their centres at .5 (default True).
    mode : {"avg", "max"}, optional
        For roi-align: what a cell makes of its points.
    filter : int, optional
        Taps of the binomial filter of blur, 1 to 7 (default 3).
    branches : sequence of str or Pipeline, optional
        For fuse: the pipelines whose results are merged.
    merge : {"max", "avg", "sum", "concat"}, optional
        For fuse: how they are merged.
    op : str or Pipeline, optional
        For pyramid: the reducer, with the options of its formula, like ``"gem --norm 4"``.
    smallest : int, optional
        For pyramid: as many levels as it takes until height and width are at most this, and at
        least one.
    isotropic : bool or sequence of float, optional
        For pyramid: the size of a pixel along each spatial axis, like ``(2, 0.5, 0.5)``; True for
        the distance of a DataArray's coordinates. A level doubles the pixels along an axis, unless
        these are at least the square root of 2 times as large as the smallest.
    nan : {"propagate", "ignore"}, optional
        Whether a NaN makes its window NaN (default), or does not count.
    nodata : float or sequence of float, optional
        Values that do not count; an empty window gives the first of them.
    min_valid : float, optional
        The fraction of a window's pixels that must count, else the window is empty.
    mask : array_like or path, optional
        Where it is 0 or False pixels do not count; of the shape of `x`, or of its spatial axes.
    emit : {"count", "fraction"}, optional
        Return how many pixels of each window count, or which fraction of them, instead.
    normalize : {"minmax", "zscore"}, optional
        Bring each map to one scale first.
    round : {"half-even", "half-up", "half-away", "floor"}, optional
        How results that are integers are rounded (default half-even).
    dtype : dtype_like, optional
        The dtype of the result. By default that of `x` for operations that return values of it;
        else float32, or float64 for float64 and for integers of 32 and 64 bits.
    semantics : str, optional
        Whose defaults are used where an option is not given: "poolcli" (default), "torch",
        "onnx", "keras" or another of those that ``poolcli semantics`` lists.
    linear : bool, optional
        Pool an sRGB image (of Pillow's) in linear light.
    index_order : {"plane", "tensor", "nhwc"}, optional
        Count indices inside each plane (default), over all of `x`, or inside each sample with
        the channels last.
    **own
        For a reducer of a plugin: its own options.

    Returns
    -------
    ndarray
        The result, its axes in the order of `x`. For a masked array a masked array, masked where
        no pixel of a window counts; for a DataArray a DataArray, its coordinates at the centres
        of the cells. A tuple of them for pyramid, one for each level.
    (ndarray, ndarray)
        With `return_indices` also the index of each result in its plane, int64; -1 where a window
        is empty.

    Raises
    ------
    RequestError
        An option is wrong, or conflicts with another; a ValueError.
    OptionTypeError
        A value has a type that is not taken; a RequestError and a TypeError.
    ShapeError
        The windows do not fit the shape; a ValueError.
    ValueRuleError
        The values cannot be pooled, or the result cannot be held, as asked; a ValueError.
    OptionFileError
        A file that an option names cannot be read; a RequestError and an OSError.

    Notes
    -----
    ``poolcli ops`` shows each operation's formula and source. The work is spread over threads that
    poolcli starts; nothing of the caller's thread is changed.

    Examples
    --------
    >>> import numpy as np
    >>> pool(np.arange(1, 10).reshape(3, 3), "max", kernel=2, stride=1)
    array([[5, 6],
           [8, 9]])
    >>> pool([1, 2, 4], "avg", kernel=2, stride=1, padding="same")
    array([1.5, 3. , 4. ])
    >>> pool([1, 5, 2, 5], "max", return_indices=True)
    (array([5, 5]), array([1, 3]))
    >>> pool(np.zeros((480, 640, 3)), "avg", kernel=4, channel_axis=-1).shape
    (120, 160, 3)
    >>> pool(np.ma.masked_less([1, -5, -5, -5], 0), "avg", kernel=2)
    masked_array(data=[1.0, --],
                 mask=[False,  True],
           fill_value=1e+20)
    """
    values = locals()
    options = {name: value for name in OPTIONS if (value := values[name]) is not None}
    try:
        check_reducer(reducer)
        check_own(reducer, own)
        options |= own
        source = pool_input(x, AxisOptions(layout, axes, channel_axis))
        return pooled(source, reducer, options, return_indices=return_indices, out=out)
    except PoolError as error:
        raise in_keywords(error) from None

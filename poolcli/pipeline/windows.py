"""The kinds of windows, and their options: the half of THE TABLE that says where."""

from __future__ import annotations

from typing import NamedTuple

from poolcli.pipeline.boxes import BOXES
from poolcli.pipeline.files import ARRAY
from poolcli.pipeline.parameters import (
    FLAG,
    LEVELS,
    PADDING,
    POSITIVE,
    SIZE,
    WHOLE,
    Parameter,
    either,
)
from poolcli.pipeline.samples import SAMPLES

KERNEL = Parameter("kernel", ("-k", "--k", "--kernel"), SIZE, "Window: 3, 3x2 or 2x3x3.", (2,))
STRIDE = Parameter(
    "stride", ("-s", "--stride"), SIZE, "Distance between windows.  [default: the kernel]"
)
PAD = Parameter(
    "padding",
    ("-p", "--padding"),
    PADDING,
    "1, 1x2, begin:end (0:1x0:1), valid, same, same-lower.",
    ((0, 0),),
)
DILATION = Parameter(
    "dilation", ("-d", "--dilation"), SIZE, "Distance between the taps of a window.", (1,)
)
CEIL_MODE = Parameter(
    "ceil_mode",
    ("--ceil-mode",),
    FLAG,
    "Keep a last window that sticks out.",
    default=False,
    off="--floor-mode",
)
ADAPTIVE = Parameter(
    "adaptive", ("--adaptive",), SIZE, "That many cells, whatever the input's size."
)
GLOBAL = Parameter("global", ("--global",), FLAG, "One cell: the whole map.", default=False)
FRACTIONAL = Parameter(
    "fractional", ("--fractional",), SIZE, "That many cells of one kernel, at uneven distances."
)
SEED = Parameter("seed", ("--seed",), WHOLE, "What is drawn depends on it alone.", 0)
SAMPLED = Parameter(
    "samples", ("--samples",), SAMPLES, "Numbers u (height x width) instead of drawn ones."
)
PYRAMID = Parameter(
    "levels", ("--levels",), LEVELS, "Cells on each axis, level by level (1,2,4), laid out flat."
)
BOXED = Parameter(
    "boxes",
    ("--boxes",),
    BOXES,
    "Boxes, from CSV with a header, JSON or .npy: x1,y1,x2,y2 or index,...",
)
CELLS = Parameter("output_size", ("--output-size",), SIZE, "Cells of each box: 7 or 7x7.")
SCALE = Parameter(
    "spatial_scale",
    ("--spatial-scale",),
    POSITIVE,
    "Pixels of the map to one unit of the boxes.",
    1,
)
EVERY = Parameter("stride", STRIDE.flags, SIZE, "Distance between the pixels that stay.", (2,))


class Windows(NamedTuple):
    """One kind of windows: the option that chooses it (None for the default), its options, and its place.

    `place` names the function of `engine/windows.py` that makes it from the options; `needs` are options that have
    no default.
    """

    name: str
    summary: str
    source: str
    key: Parameter | None
    parameters: tuple[Parameter, ...]
    place: str
    needs: tuple[Parameter, ...] = ()


SLIDING = Windows(
    "sliding",
    "windows of one size at equal distances, clipped to the map",
    "PyTorch Pool.h; ONNX MaxPool",
    None,
    (KERNEL, STRIDE, PAD, DILATION, CEIL_MODE),
    "sliding",
)
WINDOWS = (
    SLIDING,
    Windows(
        "adaptive",
        "that many cells: cell i of n covers floor(i L / n) to ceil((i + 1) L / n)",
        "PyTorch AdaptivePooling.h",
        ADAPTIVE,
        (ADAPTIVE,),
        "adaptive",
    ),
    Windows(
        "global", "one cell: the whole map", "Lin, Chen, Yan 2014", GLOBAL, (GLOBAL,), "whole_map"
    ),
    Windows(
        "fractional",
        "that many cells of one kernel: cell i at floor((i + u) a) - floor(u a), a = (L - k)/(n - 1)",
        "Graham 2014; PyTorch FractionalMaxPool2d.cpp",
        FRACTIONAL,
        (FRACTIONAL, KERNEL, SEED, SAMPLED),
        "fractional",
    ),
    Windows(
        "spatial pyramid",
        "adaptive grids of n cells an axis, for each level, laid out as channels",
        "He, Zhang, Ren, Sun 2014",
        PYRAMID,
        (PYRAMID,),
        "pyramid",
    ),
    Windows(
        "regions",
        "boxes cut into cells like adaptive ones, clipped to the map; an empty cell gives 0, or nodata",
        "torchvision roi_pool",
        BOXED,
        (BOXED, CELLS, SCALE),
        "regions",
        needs=(CELLS,),
    ),
)
STRIDED = Windows("strided", "every stride-th pixel", "NumPy x[::s]", None, (EVERY,), "strided")
WEIGHTS = Parameter(
    "weights",
    ("--weights",),
    either("gaussian", ARRAY),
    "The kernel: .npy, or gaussian.",
    "gaussian",
)
WEIGHTED = Parameter(
    "kernel", KERNEL.flags, SIZE, "Window of a gaussian: 3, 3x2 or 2x3x3.  [default: 3]"
)
FITTED = Windows(
    "fitted",
    "sliding windows of the size of the weights",
    "PyTorch Conv2d (groups = channels)",
    None,
    (WEIGHTS, WEIGHTED, STRIDE, PAD, DILATION, CEIL_MODE),
    "fitted",
)

"""The options of formulas, and those that say which values count."""

from __future__ import annotations

from poolcli.pipeline.arrays import ARRAY, ARRAYS
from poolcli.pipeline.axis_kinds import PIXEL_SIZES, SIZE
from poolcli.pipeline.kinds import (
    COUNT,
    DTYPE,
    FLAG,
    FRACTION,
    NONZERO,
    NUMBER,
    POSITIVE,
    SEVEN,
    SIDE,
    TRIM,
    VALUES,
    WHOLE,
    choice,
    either,
)
from poolcli.pipeline.parameters import Parameter
from poolcli.pipeline.pipeline_kinds import BRANCHES, REDUCER
from poolcli.pipeline.profiles import PROFILES

INPUT_SIZE = "input"  # the value of a size that is that of the pipeline's input
SEMANTICS = Parameter(
    "semantics",
    ("--semantics",),
    choice(*PROFILES, metavar="NAME"),
    "Defaults of a framework.",
    "poolcli",
)
MASK = Parameter(
    "mask", ("--mask",), ARRAY, "Image or .npy, of the map's size: 0 leaves a pixel out."
)
VALUE_OPTIONS = (
    Parameter(
        "nan",
        ("--nan",),
        choice("propagate", "ignore"),
        "NaN spoils a window, or is left out.",
        "propagate",
    ),
    Parameter(
        "nodata",
        ("--nodata",),
        NUMBER,
        "A value to leave out, or several of them; an empty window gives the first.",
        repeats=True,
    ),
    Parameter(
        "min_valid", ("--min-valid",), FRACTION, "Fraction of a window's pixels that must be valid."
    ),
    MASK,
    Parameter(
        "emit",
        ("--emit",),
        choice("count", "fraction"),
        "How many pixels of a window are valid, instead.",
    ),
    Parameter(
        "normalize",
        ("--normalize",),
        choice("minmax", "zscore"),
        "Bring each map to one scale first.",
    ),
    Parameter(
        "round",
        ("--round",),
        choice("half-even", "half-up", "half-away", "floor"),
        "How to round: half-even, half-up, half-away or floor.",
        "half-even",
    ),
    Parameter("dtype", ("--dtype",), DTYPE, "Type of the result.  [default: images keep theirs]"),
    SEMANTICS,
    Parameter("linear", ("--linear",), FLAG, "Pool an sRGB image in linear light.", default=False),
)


INDEX_ORDER = Parameter(
    "index_order",
    ("--index-order",),
    choice("plane", "tensor", "nhwc"),
    "Count indices in the plane, over N, C, H, W, or over H, W, C.",
    "plane",
)


def _value_options(*names: str) -> tuple[Parameter, ...]:
    """Those of `VALUE_OPTIONS` that an operation takes which does not take all."""
    return tuple(option for option in VALUE_OPTIONS if option.name in names)


INDEXED_VALUE_OPTIONS = (*VALUE_OPTIONS, INDEX_ORDER)
UNPOOL_VALUE_OPTIONS = _value_options("round", "dtype", "semantics")
ROI_ALIGN_VALUE_OPTIONS = _value_options("round", "dtype", "semantics", "linear")
FUSE_VALUE_OPTIONS = _value_options("round", "dtype", "linear")
RESAMPLING_VALUE_OPTIONS = tuple(
    option for option in VALUE_OPTIONS if option.name not in ("emit", "semantics")
)

# Interpolations that return one of the values.
SELECTING_INTERPOLATIONS = ("lower", "higher", "nearest")
NORM_2 = Parameter("norm", ("--norm",), POSITIVE, "The power p.", 2, letter="p")
NORM_3 = NORM_2._replace(default=3)
SHARPNESS = Parameter(
    "sharpness",
    ("--sharpness",),
    NONZERO,
    "r: near 0 the average, large the maximum.",
    1,
    letter="r",
)
ALPHA = Parameter("alpha", ("--alpha",), FRACTION, "Share of the maximum.", 0.5, letter="a")
INCLUDE_PAD = Parameter(
    "count_include_pad",
    ("--count-include-pad",),
    FLAG,
    "Divide by the padding, too.",
    default=False,
    off="--no-count-include-pad",
)
DIVISOR = Parameter(
    "divisor",
    ("--divisor",),
    either("kernel", either("pixels", POSITIVE)),
    "Divide by this number instead; kernel: by all its taps; pixels: by the valid ones.",
)
QUANTILE = Parameter(
    "q", ("--q",), FRACTION, "0 is the smallest value, 0.5 the median, 1 the largest.", 0.5
)
INTERPOLATION = Parameter(
    "interpolation",
    ("--interpolation",),
    choice("linear", "midpoint", *SELECTING_INTERPOLATIONS),
    "linear, midpoint, lower, higher or nearest.",
    "linear",
)
TRIMMED_SHARE = Parameter(
    "trim", ("--trim",), TRIM, "Share of the values to leave out at each end, below 0.5.", 0.1
)
CLASSES = Parameter("of", ("--of",), VALUES, "The values whose share is wanted: 3 or 3,7.")
PERIOD = Parameter("period", ("--period",), POSITIVE, "A full turn: 360, 24 or 6.2831853.", 360)
PER_CHANNEL = Parameter(
    "per_channel",
    ("--per-channel",),
    FLAG,
    "Count each channel of an image alone, not whole colours.",
    default=False,
)
SAMPLING_RATIO = Parameter(
    "sampling_ratio", ("--sampling-ratio",), WHOLE, "Points on each axis of a cell; 0: its size.", 0
)
ALIGNED = Parameter(
    "aligned",
    ("--aligned",),
    FLAG,
    "Pixels have their centres at .5.",
    default=True,
    off="--no-aligned",
)
ROI_MODE = Parameter(
    "mode", ("--mode",), choice("avg", "max"), "What a cell makes of its points.", "avg"
)
INDICES = Parameter(
    "indices", ("--indices",), ARRAYS, "Where the values go: what max --indices wrote."
)
INDICES_IN = Parameter(
    "indices_in",
    ("--indices-in",),
    choice("output", "windows"),
    "Indices count in the result, or in the size that windows fit.",
    "output",
)
UNPOOLED_SIZE = Parameter(
    "output_size", ("--output-size",), SIZE, "Size of the result.  [default: what windows fit]"
)
NO_NORMALIZE = Parameter(
    "no_normalize", ("--no-normalize",), FLAG, "Sum: do not divide by the weights.", default=False
)
FILTER_TAPS = Parameter("filter", ("--filter",), SEVEN, "Taps of the binomial filter, 1 to 7.", 3)
RESTORED_SIZE = Parameter(
    "output_size", ("--output-size",), either(INPUT_SIZE, SIZE), "Size of the result.", INPUT_SIZE
)
RESTORE_INTERPOLATION = Parameter(
    "interpolation", ("--interpolation",), choice("nearest", "bilinear"), "Which pixels.", "nearest"
)
BRANCH_PIPELINES = Parameter("branches", (), BRANCHES, "The pipelines to merge, each in quotes.")
MERGE = Parameter(
    "merge",
    ("--merge",),
    choice("max", "avg", "sum", "concat"),
    "How to make one map of them.",
    "max",
)
LEVEL_REDUCER = Parameter(
    "reducer", ("--op",), REDUCER, "Reducer, with options of its formula: 'gem --norm 4'."
)
LEVEL_COUNT = Parameter(
    "levels", ("--levels",), COUNT, "How many: level n is pooled by the kernel^n.", 5
)
LEVEL_KERNEL = Parameter(
    "kernel", ("-k", "--k", "--kernel"), SIZE, "What a level is smaller by than the last.", (2,)
)
SMALLEST_LEVEL = Parameter(
    "smallest",
    ("--smallest",),
    SIDE,
    "As many levels as it takes until height and width are at most this, at least one.",
)
ISOTROPIC = Parameter(
    "isotropic",
    ("--isotropic",),
    PIXEL_SIZES,
    "Leave an axis until the pixels of others are about as large; sizes are the file's.",
    default=False,
)

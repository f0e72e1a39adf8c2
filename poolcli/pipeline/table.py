"""THE TABLE: every operation and every option of theirs; the kinds of windows are in `windows.py`.

The commands and their help, the text of pipelines, TOML, the README's tables and the tests all come from here. Nothing
here is computed: a row of `OPS` names a module of the engine with a function of the row's name, which takes the row's
own parameters as keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from poolcli.errors import RequestError
from poolcli.pipeline.files import ARRAY, ARRAYS
from poolcli.pipeline.nested import BRANCHES, REDUCER
from poolcli.pipeline.parameters import (
    COUNT,
    DTYPE,
    FLAG,
    FRACTION,
    NONZERO,
    NUMBER,
    POSITIVE,
    SEVEN,
    SIZE,
    WHOLE,
    Parameter,
    choice,
    did_you_mean,
    either,
)
from poolcli.pipeline.semantics import PROFILES
from poolcli.pipeline.windows import (
    BOXED,
    CELLS,
    EVERY,
    FITTED,
    KERNEL,
    PAD,
    SCALE,
    SEED,
    SLIDING,
    STRIDE,
    STRIDED,
    WEIGHTED,
    WEIGHTS,
    WINDOWS,
    Windows,
)

INPUT_SIZE = "input"
SEMANTICS = Parameter(
    "semantics",
    ("--semantics",),
    choice(*PROFILES, metavar="NAME"),
    "Defaults of a framework.",
    "poolcli",
)
VALUES = (
    Parameter(
        "nan",
        ("--nan",),
        choice("propagate", "ignore"),
        "NaN spoils a window, or is left out.",
        "propagate",
    ),
    Parameter(
        "nodata", ("--nodata",), NUMBER, "A value to leave out; an empty window gives it back."
    ),
    Parameter(
        "min_valid", ("--min-valid",), FRACTION, "Fraction of a window's pixels that must be valid."
    ),
    Parameter(
        "mask", ("--mask",), ARRAY, "Image or .npy, of the map's size: 0 leaves a pixel out."
    ),
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
        "round", ("--round",), choice("half-even", "half-up", "floor"), "How to round.", "half-even"
    ),
    Parameter("dtype", ("--dtype",), DTYPE, "Type of the result.  [default: images keep theirs]"),
    SEMANTICS,
    Parameter("linear", ("--linear",), FLAG, "Pool an sRGB image in linear light.", default=False),
)


INDEX_ORDER = Parameter(
    "index_order",
    ("--index-order",),
    choice("plane", "tensor"),
    "Count indices in the plane, or over N, C, H, W.",
    "plane",
)
INDEXED = (*VALUES, INDEX_ORDER)
KEPT = tuple(option for option in VALUES if option.name in ("round", "dtype", "semantics"))
ALIGN_RULES = tuple(
    option for option in VALUES if option.name in ("round", "dtype", "semantics", "linear")
)
PICKS = ("lower", "higher", "nearest")


def always(_: Mapping[str, Any]) -> bool:
    """Whatever the options."""
    return True


def never(_: Mapping[str, Any]) -> bool:
    """Whatever the options."""
    return False


def picks(given: Mapping[str, Any]) -> bool:
    """Where the interpolation takes one of two values."""
    return given["interpolation"] in PICKS


class Op(NamedTuple):
    """A row: an operation with its formula and source.

    `parameters` are its own. `windows` are the kinds it takes: a reducer takes all; an operation that pools no cells
    takes none, and makes its own `engine.operation.Operation`. `rules` are what it can be told about values. `engine`
    names the module of poolcli.engine with a function of the row's name, which takes the row's own parameters. A row
    of `composition.py` names none.
    `keeps`: gives back values that were there, so it keeps the dtype, a palette, and pools alpha like a colour.
    `weighs`: divides by the number of pixels, so that alpha can weigh them. `needs` are options that have no default,
    `beside` the one whose array lies over the map, a number for each pixel.
    """

    name: str
    summary: str
    formula: str
    source: str
    parameters: tuple[Parameter, ...] = ()
    windows: tuple[Windows, ...] = WINDOWS
    rules: tuple[Parameter, ...] = VALUES
    engine: str = "reducers.folds"
    keeps: Callable[[Mapping[str, Any]], bool] = never
    weighs: bool = False
    needs: tuple[Parameter, ...] = ()
    beside: Parameter | None = None

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Everything this operation can be told, in the order it is printed."""
        windows = [parameter for kind in self.windows for parameter in kind.parameters]
        return tuple(dict.fromkeys((*windows, *self.parameters, *self.rules)))

    @property
    def indexed(self) -> bool:
        """A result is a pixel of its window, and can be told by its index."""
        return INDEX_ORDER in self.rules

    def defaults(self, semantics: str) -> Mapping[str, Any]:
        """What every option stands for when it is not written."""
        theirs = PROFILES[semantics].defaults(self.name, slides=SLIDING in self.windows)
        return {
            option.name: theirs.get(option.name, option.default)
            for option in (*VALUES, *self.options)
        }

    @property
    def words(self) -> Parameter | None:
        """The parameter that is written as words, without a flag."""
        return next((option for option in self.parameters if not option.flags), None)

    def option(self, word: str) -> Parameter:
        """The option with this flag, or this name, or this flag without its dashes."""
        for parameter in self.options:
            off = (parameter.off,) if parameter.off else ()
            if word in (
                parameter.name,
                *parameter.flags,
                *off,
                *(flag.lstrip("-") for flag in parameter.flags),
            ):
                return parameter
        flags = [
            flag for parameter in self.options for flag in (*parameter.flags, parameter.off) if flag
        ]
        raise no_option(self.name, word, flags)


def no_option(command: str, word: str, known: Iterable[str]) -> RequestError:
    """The error for an option that is not there, by its flag or its name."""
    flag = word if word.startswith("-") else "--" + word.replace("_", "-")
    flags = [each for each in known if each.startswith("--")]
    return RequestError(f"{command} has no option {flag}{did_you_mean(flag, flags)}")


NORM_2 = Parameter("norm", ("--norm",), POSITIVE, "The power p.", 2)
NORM_3 = Parameter("norm", ("--norm",), POSITIVE, "The power p.", 3)
SHARPNESS = Parameter(
    "sharpness", ("--sharpness",), NONZERO, "r: near 0 the average, large the maximum.", 1
)
ALPHA = Parameter("alpha", ("--alpha",), FRACTION, "Share of the maximum.", 0.5)
INCLUDE_PAD = Parameter(
    "count_include_pad",
    ("--count-include-pad",),
    FLAG,
    "Divide by the padding, too.",
    default=False,
    off="--no-count-include-pad",
)
DIVISOR = Parameter("divisor", ("--divisor",), POSITIVE, "Divide by this number instead.")
QUANTILE = Parameter(
    "q", ("--q",), FRACTION, "0 is the smallest value, 0.5 the median, 1 the largest.", 0.5
)
INTERPOLATION = Parameter(
    "interpolation",
    ("--interpolation",),
    choice("linear", "midpoint", *PICKS),
    "linear, midpoint, lower, higher or nearest.",
    "linear",
)
RATIO = Parameter(
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
UNPOOLED = Parameter(
    "output_size", ("--output-size",), SIZE, "Size of the result.  [default: what windows fit]"
)
NO_NORMALIZE = Parameter(
    "no_normalize", ("--no-normalize",), FLAG, "Sum: do not divide by the weights.", default=False
)
FILTER = Parameter("filter", ("--filter",), SEVEN, "Taps of the binomial filter, 1 to 7.", 3)
RESTORED = Parameter(
    "output_size", ("--output-size",), either(INPUT_SIZE, SIZE), "Size of the result.", INPUT_SIZE
)
BETWEEN = Parameter(
    "interpolation", ("--interpolation",), choice("nearest", "bilinear"), "Which pixels.", "nearest"
)
BRANCHED = Parameter("branches", (), BRANCHES, "Pipelines in quotes, before the inputs.")
MERGE = Parameter(
    "merge",
    ("--merge",),
    choice("max", "avg", "sum", "concat"),
    "How to make one map of them.",
    "max",
)
REDUCED = Parameter(
    "reducer", ("--op",), REDUCER, "Reducer, with options of its formula: 'gem --norm 4'."
)
DEPTH = Parameter("levels", ("--levels",), COUNT, "How many: level n is pooled by 2^n.", 5)
SPREAD = tuple(option for option in VALUES if option.name not in ("emit", "semantics"))
MERGED = tuple(option for option in VALUES if option.name in ("round", "dtype", "linear"))

OPS: dict[str, Op] = {
    op.name: op
    for op in (
        Op("max", "the largest value", "max x", "Ranzato et al. 2007", rules=INDEXED, keeps=always),
        Op(
            "min",
            "the smallest value",
            "min x",
            "Serra 1982 (erosion)",
            rules=INDEXED,
            keeps=always,
        ),
        Op("sum", "the sum", "sum x", "ONNX, Keras"),
        Op(
            "avg", "the mean", "sum x / n", "LeCun et al. 1989", (INCLUDE_PAD, DIVISOR), weighs=True
        ),
        Op("range", "largest minus smallest", "max x - min x", "Serra 1982 (gradient)"),
        Op(
            "std",
            "the population standard deviation",
            "sqrt(sum (x - mean)^2 / n)",
            "Chan et al. 1979",
            weighs=True,
        ),
        Op(
            "l2",
            "the root of the mean square",
            "sqrt(sum x^2 / n)",
            "GDAL, ImageMagick (RMS)",
            weighs=True,
        ),
        Op("lp", "the p-norm", "(sum |x|^p)^(1/p)", "ONNX LpPool", (NORM_2,)),
        Op(
            "gem",
            "the generalised mean",
            "(sum max(x, 1e-6)^p / n)^(1/p)",
            "Radenovic et al. 2018",
            (NORM_3,),
            weighs=True,
        ),
        Op(
            "lse",
            "log-sum-exp, a smooth maximum",
            "log(sum e^(r x) / n) / r",
            "Pinheiro, Collobert 2015",
            (SHARPNESS,),
            weighs=True,
        ),
        Op(
            "soft",
            "the mean weighed by e^x",
            "sum x e^x / sum e^x",
            "Stergiou et al. 2021",
            weighs=True,
        ),
        Op(
            "mixed",
            "between maximum and mean",
            "a max x + (1 - a) sum x / n",
            "Lee et al. 2016",
            (ALPHA,),
            weighs=True,
        ),
        Op(
            "median",
            "the middle value",
            "quantile 0.5",
            "Tukey 1971; NumPy median",
            (INTERPOLATION,),
            rules=INDEXED,
            engine="reducers.gathers",
            keeps=picks,
        ),
        Op(
            "quantile",
            "the value that a share q of the window is below",
            "x sorted, at q (n - 1)",
            "Hyndman, Fan 1996; NumPy quantile",
            (QUANTILE, INTERPOLATION),
            engine="reducers.gathers",
            keeps=picks,
        ),
        Op(
            "mode",
            "the most frequent value, smallest on ties",
            "argmax of the number of x",
            "GDAL, tinybrain",
            rules=INDEXED,
            engine="reducers.gathers",
            keeps=always,
        ),
        Op(
            "stochastic",
            "a value drawn by its share of the sum",
            "x with probability x / sum x",
            "Zeiler, Fergus 2013",
            (SEED,),
            engine="reducers.gathers",
            keeps=always,
        ),
        Op(
            "unpool",
            "values put back at their indices, zero elsewhere",
            "y[index] = x",
            "PyTorch MaxUnpool2d; ONNX MaxUnpool",
            (INDICES, UNPOOLED, KERNEL, STRIDE, PAD, INDEX_ORDER),
            windows=(),
            rules=KEPT,
            engine="operations.unpool",
            keeps=always,
            needs=(INDICES,),
            beside=INDICES,
        ),
        Op(
            "roi-align",
            "boxes cut into cells of interpolated points",
            "mean of x at the points of a cell",
            "He et al. 2017; torchvision roi_align",
            (BOXED, CELLS, RATIO, SCALE, ALIGNED, ROI_MODE),
            windows=(),
            rules=ALIGN_RULES,
            engine="operations.roi_align",
            weighs=True,
            needs=(BOXED, CELLS),
        ),
        Op("sample", "every stride-th pixel", "x[::s]", "NumPy", windows=(STRIDED,), keeps=always),
        Op(
            "blur",
            "a binomial filter, then every stride-th pixel: anti-aliased",
            "sum C(f - 1, i) x_i / 2^(f - 1)",
            "Zhang 2019",
            (FILTER, EVERY),
            windows=(),
            rules=SPREAD,
            engine="operations.blur",
            weighs=True,
        ),
        Op(
            "weighted",
            "the mean under fixed weights",
            "sum w x / sum w",
            "PyTorch Conv2d; OpenCV getGaussianKernel",
            (WEIGHTS, WEIGHTED, NO_NORMALIZE),
            windows=(FITTED,),
            engine="reducers.weighted",
            weighs=True,
        ),
        Op(
            "restore",
            "the map at the size it had, or another",
            "x at (i + 1/2) L / n - 1/2",
            "PyTorch UpSample.h",
            (RESTORED, BETWEEN),
            windows=(),
            rules=SPREAD,
            engine="operations.restore",
            keeps=picks,
            weighs=True,
        ),
        Op(
            "fuse",
            "the results of several pipelines, merged",
            "merge(branch(x), ...)",
            "Lee et al. 2016; Inception",
            (BRANCHED, MERGE),
            windows=(),
            rules=MERGED,
            engine="",
            needs=(BRANCHED,),
        ),
        Op(
            "pyramid",
            "a reducer at several sizes",
            "level n: windows of 2^n",
            "Burt, Adelson 1983",
            (REDUCED, DEPTH),
            windows=(),
            engine="",
            needs=(REDUCED,),
        ),
    )
}


def op_named(name: str) -> Op:
    """The row of an operation."""
    if name not in OPS:
        raise RequestError(f"there is no operation {name!r}{did_you_mean(name, OPS)}")
    return OPS[name]

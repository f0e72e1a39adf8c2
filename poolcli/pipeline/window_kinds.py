"""The kinds of windows, and their options: the half of THE TABLE that says where."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from poolcli.pipeline.arrays import ARRAY, TAPS
from poolcli.pipeline.axis_kinds import EDGES, LEVELS, PADDING, SIZE
from poolcli.pipeline.boxes import BOXES
from poolcli.pipeline.fractional_samples import SAMPLES
from poolcli.pipeline.kinds import CEIL, FLAG, POSITIVE, WHOLE, either
from poolcli.pipeline.parameters import Parameter

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
    CEIL,
    "Keep a last window that sticks out: as keep, drop, drop-padded or fill says.",
    default=False,
    off="--floor-mode",
)
EXACT = Parameter(
    "exact",
    ("--exact",),
    FLAG,
    "Refuse a map that the windows do not divide.",
    default=False,
    off="--no-exact",
)
BORDER = Parameter(
    "border",
    ("--border",),
    EDGES,
    "What the padding holds: clip (nothing), edge, reflect, symmetric, wrap, or a number.",
    ("clip",),
)
FOOTPRINT = Parameter(
    "footprint",
    ("--footprint",),
    TAPS,
    "Taps that count: disk, diamond, cross, ring, or 1 in an image or .npy.",
)
ADAPTIVE = Parameter(
    "adaptive", ("--adaptive",), SIZE, "That many cells, whatever the input's size."
)
AREA_CELLS = Parameter(
    "area", ("--area",), SIZE, "That many cells of equal area: pixels count by the part inside."
)
GLOBAL = Parameter("global", ("--global",), FLAG, "One cell: the whole map.", default=False)
FRACTIONAL = Parameter(
    "fractional", ("--fractional",), SIZE, "That many cells of one kernel, at uneven distances."
)
SEED = Parameter("seed", ("--seed",), WHOLE, "What is drawn depends on it alone.", 0)
FRACTIONAL_SAMPLES = Parameter(
    "samples", ("--samples",), SAMPLES, "Numbers u (height x width) instead of drawn ones."
)
PYRAMID_LEVELS = Parameter(
    "levels", ("--levels",), LEVELS, "Cells on each axis, level by level (1,2,4), laid out flat."
)
REGION_BOXES = Parameter(
    "boxes",
    ("--boxes",),
    BOXES,
    "Boxes x1,y1,x2,y2 or index,x1,y1,x2,y2 from .npy, JSON, or CSV with a header.",
)
BOX_CELLS = Parameter("output_size", ("--output-size",), SIZE, "Cells of each box: 7 or 7x7.")
SPATIAL_SCALE = Parameter(
    "spatial_scale",
    ("--spatial-scale",),
    POSITIVE,
    "Pixels of the map to one unit of the boxes.",
    1,
)
SAMPLE_STRIDE = Parameter(
    "stride", STRIDE.flags, SIZE, "Distance between the pixels that stay.", (2,)
)


WEIGHTS = Parameter(
    "weights",
    ("--weights",),
    either("gaussian", ARRAY)._replace(source="weights"),
    "The kernel: .npy, or gaussian.",
    "gaussian",
)
GAUSSIAN_SIZE = Parameter(
    "kernel", KERNEL.flags, SIZE, "Window of a gaussian: 3, 3x2 or 2x3x3.  [default: 3]"
)


class WindowKind(NamedTuple):
    """One kind of windows: a row of the table's half that says where.

    Attributes
    ----------
    name, summary, source
        What the documentation says of it.
    place
        The function of `poolcli.engine.windows.by_name` that makes its place from the options.
    parameters
        Its options.
    key
        The option that chooses it; None for the kind that is used where no option chooses.
    required
        Its options that have no default and must be written.
    outside
        The result of a window outside the map, unless the profile has one or there is a nodata
        value.
    reducers
        The operations that take it, by name; empty for all.
    functions
        Operations that are defined otherwise here, each with the engine's function as an entry
        point.
    """

    name: str
    summary: str
    source: str
    place: str
    parameters: tuple[Parameter, ...]
    key: Parameter | None = None
    required: tuple[Parameter, ...] = ()
    outside: float = 0
    reducers: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()


SLIDING = WindowKind(
    name="sliding",
    summary="windows of one size at equal distances, clipped to the map",
    source="PyTorch Pool.h; ONNX MaxPool",
    place="sliding",
    parameters=(KERNEL, STRIDE, PAD, DILATION, CEIL_MODE, EXACT, BORDER, FOOTPRINT),
    outside=nan,
)
WINDOW_KINDS = (
    SLIDING,
    WindowKind(
        name="adaptive",
        summary="that many cells: cell i of n covers floor(i L / n) to ceil((i + 1) L / n)",
        source="PyTorch AdaptivePooling.h",
        place="adaptive",
        parameters=(ADAPTIVE,),
        key=ADAPTIVE,
    ),
    WindowKind(
        name="area",
        summary="that many cells of equal area, where pixels count by the part inside: "
        "cell i of n is i L / n to (i + 1) L / n",
        source="OpenCV INTER_AREA",
        place="area",
        parameters=(AREA_CELLS,),
        key=AREA_CELLS,
        reducers=("sum", "avg", "var", "std", "l2", "mode", "fraction"),
        functions=(("sum", "poolcli.engine.reducers.folds:mass"),),
    ),
    WindowKind(
        name="global",
        summary="one cell: the whole map",
        source="Lin, Chen, Yan 2014",
        place="whole_map",
        parameters=(GLOBAL,),
        key=GLOBAL,
    ),
    WindowKind(
        name="fractional",
        summary="that many cells of one kernel: cell i at floor((i + u) a) - floor(u a), "
        "a = (L - k)/(n - 1)",
        source="Graham 2014; PyTorch FractionalMaxPool2d.cpp",
        place="fractional",
        parameters=(FRACTIONAL, KERNEL, SEED, FRACTIONAL_SAMPLES),
        key=FRACTIONAL,
    ),
    WindowKind(
        name="spatial pyramid",
        summary="adaptive grids of n cells an axis, for each level, laid out as channels",
        source="He, Zhang, Ren, Sun 2014",
        place="pyramid",
        parameters=(PYRAMID_LEVELS,),
        key=PYRAMID_LEVELS,
    ),
    WindowKind(
        name="regions",
        summary="boxes cut into cells like adaptive ones, clipped to the map; "
        "an empty cell gives 0, or nodata",
        source="torchvision roi_pool",
        place="regions",
        parameters=(REGION_BOXES, BOX_CELLS, SPATIAL_SCALE),
        key=REGION_BOXES,
        required=(BOX_CELLS,),
    ),
)
STRIDED = WindowKind(
    name="strided",
    summary="every stride-th pixel",
    source="NumPy x[::s]",
    place="strided",
    parameters=(SAMPLE_STRIDE,),
)
WEIGHT_SIZED = WindowKind(
    name="fitted",
    summary="sliding windows of the size of the weights",
    source="PyTorch Conv2d (groups = channels)",
    place="fitted",
    parameters=(WEIGHTS, GAUSSIAN_SIZE, STRIDE, PAD, DILATION, CEIL_MODE, EXACT, BORDER),
    outside=nan,
)

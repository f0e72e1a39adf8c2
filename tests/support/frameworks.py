"""Which framework has what: every cell is one line of that framework, run and compared with a slow
definition.

`python tests/support/frameworks.py` writes the table of docs/reference/frameworks.md anew. A cell
is `yes` where the numbers are the expected ones (whole numbers exactly, others within 1e-5 of their
size; types do not matter), `differs` where they are not, `no` where nothing of the kind is
documented or the call is refused. A line may convert (where the row does not say otherwise),
negate, slice and pad what it gives to the framework's function, round and scale what it gets, use
two calls, cut windows where the framework can, and pass a function to functions that take one.
PyTorch is without torchvision.
"""

import math
import statistics
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import poolcli

try:
    import cv2
    import onnx
    import onnxruntime
    import torch
    from scipy import ndimage
    from skimage.filters import rank
    from skimage.measure import block_reduce
    from skimage.morphology import dilation
    from skimage.util import view_as_windows
    from torch.nn import functional
except ImportError as error:
    MISSING = error.name
else:
    MISSING = None

PAGE = Path(__file__).parents[2] / "docs/reference/frameworks.md"
MARKS = "<!-- begin: frameworks -->\n", "<!-- end -->"
FRAMEWORKS = {
    "PyTorch": "torch",
    "ONNX Runtime": "onnxruntime",
    "OpenCV": "opencv-python-headless",
    "SciPy ndimage": "scipy",
    "scikit-image": "scikit-image",
    "Pillow": "pillow",
}
NO = None
NAN = math.nan


# The slow definition ------------------------------------------------------------------------------


def starts(length, kernel, stride, begin, end, dilation, *, ceil):
    """Where the windows of an axis start."""
    rest = length + begin + end - (kernel - 1) * dilation - 1
    count = (-(-rest // stride) if ceil else rest // stride) + 1
    if ceil and (count - 1) * stride >= length + begin:
        count -= 1
    return [index * stride - begin for index in range(count)]


def slow(x, reduce, kernel=3, stride=None, padding=(0, 0), dilation=1, ceil=False):
    """The reducer of the pixels of each window that are in the map."""
    axes = []
    for length in x.shape:
        begins = starts(length, kernel, stride or kernel, *padding, dilation, ceil=ceil)
        taps = [[start + tap * dilation for tap in range(kernel)] for start in begins]
        axes.append([[place for place in places if 0 <= place < length] for places in taps])
    return over(x, reduce, axes)


def over(x, reduce, axes):
    """The reducer of each combination of the axes' cells, which are lists of places."""
    values = [reduce(x[np.ix_(*cell)].ravel().tolist()) for cell in product(*axes)]
    return np.array(values).reshape([len(cells) for cells in axes])


def adaptive(length, cells):
    return [range(i * length // cells, -(-(i + 1) * length // cells)) for i in range(cells)]


def fractional(length, kernel, cells, u):
    a = (length - kernel) / (cells - 1)
    first = [int((i + u) * a) - int(u * a) for i in range(cells - 1)] + [length - kernel]
    return [range(start, start + kernel) for start in first]


def mean(values):
    return sum(values) / len(values)


def power(values, p):
    return sum(abs(value) ** p for value in values)


def lse(values):
    return math.log(mean([math.exp(value) for value in values]))


def soft(values):
    return sum(value * math.exp(value) for value in values) / sum(
        math.exp(value) for value in values
    )


def quartile(values):
    return float(np.quantile(values, 0.25))


def spread(values):
    return max(values) - min(values)


def modal(values):
    return min(set(values), key=lambda value: (-values.count(value), value))


def known(reduce, values, least=1):
    """The reducer of what is no NaN, NaN where that is too little."""
    left = [value for value in values if not math.isnan(value)]
    return reduce(left) if len(left) >= least else NAN


def measured(values):
    """The smallest but -9, which is what is left of nothing else."""
    return min([value for value in values if value != -9], default=-9.0)


def weighed(x):
    """The mean of blocks of 2 by 2, colours weighed by alpha."""
    blocks = x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, 4).swapaxes(1, 2).astype(float)
    colour, alpha = blocks[..., :3], blocks[..., 3:]
    colour = (colour * alpha).sum((2, 3)) / np.maximum(alpha.sum((2, 3)), 1)
    return np.rint(np.concatenate([colour, alpha.mean((2, 3))], -1)).astype(int)


# The frameworks -----------------------------------------------------------------------------------


def t(x):
    """One plane for PyTorch."""
    return torch.from_numpy(x)[None, None]


def cut(x, size=3):
    """PyTorch's windows side by side, their pixels on the last axis."""
    return torch.from_numpy(x).unfold(0, size, size).unfold(1, size, size).flatten(-2)


def node(op, x, *more, outputs=1, opset=20, **attributes):
    """What ONNX Runtime makes of one node, the last of its results."""
    feeds = {f"x{i}": array for i, array in enumerate((x[None, None], *more))}
    inputs = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in feeds.items()
    ]
    kinds = [inputs[0].type.tensor_type.elem_type, onnx.TensorProto.INT64][:outputs]
    results = [
        onnx.helper.make_tensor_value_info(f"y{i}", kind, None) for i, kind in enumerate(kinds)
    ]
    made = onnx.helper.make_node(op, list(feeds), [result.name for result in results], **attributes)
    graph = onnx.helper.make_graph([made], op, inputs, results)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=10
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)[-1]


def at(kernel=3, stride=3, axes=2, **attributes):
    return {"kernel_shape": [kernel] * axes, "strides": [stride] * axes, **attributes}


def grown(x):
    """Two more rows and columns at the end, copies of the last, for windows that stick out."""
    return np.pad(x, (0, 2), "edge")


def sift(x):
    """A Pillow filter's result as pixels."""
    return lambda chosen: np.asarray(Image.fromarray(x).filter(chosen))


def indexed(x):
    image = Image.fromarray(x)
    image.putpalette(COLOURS)
    return image


# The table ----------------------------------------------------------------------------------------

RNG = np.random.default_rng(5)
BYTES = RNG.integers(0, 256, (9, 12), np.uint8)
ODD = RNG.integers(0, 256, (10, 13), np.uint8)
WORDS = RNG.integers(0, 65536, (9, 12), np.uint16)
LONGS = RNG.integers(2**62, 2**62 + 999, (9, 12))
HUGE = np.where(np.indices((9, 12)).sum(0) % 3, LONGS // 2, -LONGS)
FEW = RNG.integers(0, 4, (9, 12), np.uint8)
FLOATS = RNG.normal(size=(9, 12)).astype(np.float32)
RAGGED = RNG.normal(size=(10, 13)).astype(np.float32)
EVEN = RNG.integers(0, 256, (8, 12), np.uint8)
LINE = RNG.normal(size=12).astype(np.float32)
SOLID = RNG.normal(size=(6, 6, 6)).astype(np.float32)
HOLED = np.where(RNG.random((9, 12)) < 0.3, np.float32(NAN), FLOATS)
HOLED[:3, :3] = [[NAN, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, 1]]
DEPTH = np.where(np.isnan(HOLED), np.float32(-9), HOLED)
DEPTH[:3, :3] = -9
CLEAR = RNG.integers(0, 256, (8, 12, 4), np.uint8)
CLEAR[..., 3] = np.where(RNG.random((8, 12)) < 0.5, 0, 255)
COLOURS = RNG.integers(0, 256, 768, np.uint8).tobytes()
BOX = np.array([[2, 1, 9, 7]], np.float32)
PLACES = np.arange(108).reshape(9, 12)
FIRST = slow(BYTES, lambda values: values.index(max(values)))
FIRST = (np.arange(3)[:, None] * 3 + FIRST // 3) * 12 + np.arange(4) * 3 + FIRST % 3
UNPOOLED = np.zeros((9, 12), np.float32)
UNPOOLED.flat[FIRST.ravel()] = FLOATS[:3, :4].ravel()
BLOCKS = np.arange(12).reshape(3, 4).repeat(3, 0).repeat(3, 1)
ONES = np.ones((3, 3), np.uint8)
RING = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]], np.uint8)
MID = np.s_[1::3, 1::3]
INF = math.inf


@dataclass(frozen=True)
class Row:
    """A pooling: what goes in, what must come out, poolcli's pipeline, and each framework's line or
    None.

    With a `mode`, poolcli is given a PNG of that mode. `near` is how far whole numbers may be off.
    """

    name: str
    x: np.ndarray
    want: np.ndarray
    ours: str | Callable
    lines: tuple[Callable | None, ...]
    mode: str | None = None
    near: int = 0


MAXIMA = (
    lambda x: functional.max_pool2d(t(x), 3),
    lambda x: node("MaxPool", x, **at()),
    lambda x: cv2.dilate(x, ONES)[MID],
    lambda x: ndimage.maximum_filter(x, 3)[MID],
    lambda x: block_reduce(x, 3, np.max),
    lambda x: sift(x)(ImageFilter.MaxFilter(3))[MID],
)


def by_formula(reduce):
    """SciPy and scikit-image take the function."""
    return (
        lambda x: ndimage.generic_filter(x, reduce, 3)[MID],
        lambda x: block_reduce(x, 3, last(reduce)),
    )


def last(reduce):
    """A reducer as scikit-image calls it."""
    return lambda blocks, axis: np.apply_along_axis(
        reduce, -1, blocks.reshape(*blocks.shape[: -len(axis)], -1)
    )


ROWS_OF_TABLE = (
    Row("max of uint8", BYTES, slow(BYTES, max), "max -k 3", MAXIMA),
    Row("max of uint16", WORDS, slow(WORDS, max), "max -k 3", MAXIMA),
    Row("max of int64 beyond 2^53", LONGS, slow(LONGS, max), "max -k 3", MAXIMA),
    Row(
        "max, overlapping and padded",
        FLOATS,
        slow(FLOATS, max, 3, 2, (1, 1)),
        "max -k 3 -s 2 -p 1",
        (
            lambda x: functional.max_pool2d(t(x), 3, 2, 1),
            lambda x: node("MaxPool", x, **at(3, 2, pads=[1] * 4)),
            lambda x: cv2.dilate(x, ONES)[::2, ::2],
            lambda x: ndimage.maximum_filter(x, 3)[::2, ::2],
            lambda x: dilation(x, ONES)[::2, ::2],
            lambda x: sift(x)(ImageFilter.MaxFilter(3))[::2, ::2],
        ),
    ),
    Row(
        "max, unequal padding",
        FLOATS,
        slow(FLOATS, max, 3, 2, (0, 2)),
        "max -k 3 -s 2 -p 0:2x0:2",
        (
            lambda x: functional.max_pool2d(functional.pad(t(x), (0, 2, 0, 2), value=-INF), 3, 2),
            lambda x: node("MaxPool", x, **at(3, 2, pads=[0, 0, 2, 2])),
            lambda x: cv2.dilate(grown(x), ONES)[1:-1:2, 1:-1:2],
            lambda x: ndimage.maximum_filter(grown(x), 3)[1:-1:2, 1:-1:2],
            lambda x: dilation(grown(x), ONES)[1:-1:2, 1:-1:2],
            lambda x: sift(grown(x))(ImageFilter.MaxFilter(3))[1:-1:2, 1:-1:2],
        ),
    ),
    Row(
        "max, padding SAME",
        FLOATS,
        slow(np.pad(FLOATS, ((1, 1), (0, 1)), constant_values=-INF), max, 3, 2),
        "max -k 3 -s 2 -p same",
        (
            NO,
            lambda x: node("MaxPool", x, **at(3, 2, auto_pad="SAME_UPPER")),
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "max, ceil mode",
        ODD,
        slow(ODD, max, 3, ceil=True),
        "max -k 3 --ceil-mode",
        (
            lambda x: functional.max_pool2d(t(x), 3, ceil_mode=True),
            lambda x: node("MaxPool", x, **at(ceil_mode=1)),
            lambda x: cv2.dilate(grown(x), ONES)[MID],
            lambda x: ndimage.maximum_filter(grown(x), 3)[MID],
            lambda x: block_reduce(x, 3, np.max, cval=0),
            lambda x: sift(grown(x))(ImageFilter.MaxFilter(3))[MID],
        ),
    ),
    Row(
        "max, dilated",
        FLOATS,
        slow(FLOATS, max, 2, 1, dilation=2),
        "max -k 2 -s 1 -d 2",
        (
            lambda x: functional.max_pool2d(t(x), 2, 1, dilation=2),
            lambda x: node("MaxPool", x, **at(2, 1, dilations=[2, 2])),
            lambda x: cv2.dilate(x, RING)[1:-1, 1:-1],
            lambda x: ndimage.maximum_filter(x, footprint=RING)[1:-1, 1:-1],
            lambda x: dilation(x, RING)[1:-1, 1:-1],
            NO,
        ),
    ),
    Row(
        "where the max was",
        BYTES,
        FIRST,
        lambda x: poolcli.pool(x, "max", kernel=3, return_indices=True)[1],
        (
            lambda x: functional.max_pool2d(t(x), 3, return_indices=True)[1],
            lambda x: node("MaxPool", x, outputs=2, **at()),
            NO,
            lambda x: np.ravel_multi_index(
                np.transpose(ndimage.maximum_position(x, BLOCKS, range(12))), x.shape
            ),
            NO,
            NO,
        ),
    ),
    Row(
        "unpool",
        FLOATS[:3, :4],
        UNPOOLED,
        lambda x: poolcli.pool(x, "unpool", indices=FIRST, output_size=(9, 12), kernel=3),
        (
            lambda x: functional.max_unpool2d(t(x), t(FIRST), 3, output_size=(9, 12)),
            lambda x: node("MaxUnpool", x, FIRST[None, None], **at()),
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "min",
        FLOATS,
        slow(FLOATS, min),
        "min -k 3",
        (
            lambda x: -functional.max_pool2d(-t(x), 3),
            lambda x: -node("MaxPool", -x, **at()),
            lambda x: cv2.erode(x, ONES)[MID],
            lambda x: ndimage.minimum_filter(x, 3)[MID],
            lambda x: block_reduce(x, 3, np.min),
            lambda x: sift(x)(ImageFilter.MinFilter(3))[MID],
        ),
    ),
    Row(
        "max minus min",
        FLOATS,
        slow(FLOATS, spread),
        "range -k 3",
        (
            lambda x: functional.max_pool2d(t(x), 3) + functional.max_pool2d(-t(x), 3),
            lambda x: node("MaxPool", x, **at()) + node("MaxPool", -x, **at()),
            lambda x: cv2.morphologyEx(x, cv2.MORPH_GRADIENT, ONES)[MID],
            lambda x: ndimage.morphological_gradient(x, 3)[MID],
            lambda x: block_reduce(x, 3, np.ptp),
            lambda x: (sift(x)(ImageFilter.MaxFilter(3)) - sift(x)(ImageFilter.MinFilter(3)))[MID],
        ),
    ),
    Row(
        "avg",
        FLOATS,
        slow(FLOATS, mean),
        "avg -k 3",
        (
            lambda x: functional.avg_pool2d(t(x), 3),
            lambda x: node("AveragePool", x, **at()),
            lambda x: cv2.blur(x, (3, 3))[MID],
            lambda x: ndimage.uniform_filter(x, 3)[MID],
            lambda x: block_reduce(x, 3, np.mean),
            lambda x: np.asarray(Image.fromarray(x).reduce(3)),
        ),
    ),
    Row(
        "avg of uint8, not converted, half to even",
        EVEN,
        slow(EVEN, lambda values: round(sum(values) / 4), 2),
        lambda x: poolcli.pool(x, "avg", kernel=2, dtype="uint8"),
        (
            lambda x: functional.avg_pool2d(t(x), 2).round(),
            lambda x: node("AveragePool", x, **at(2, 2)),
            lambda x: np.rint(cv2.boxFilter(x, cv2.CV_32F, (2, 2))[1::2, 1::2]),
            lambda x: np.rint(ndimage.uniform_filter(x, 2, output=float)[1::2, 1::2]),
            lambda x: np.rint(block_reduce(x, 2, np.mean)),
            lambda x: np.asarray(Image.fromarray(x).reduce(2)),
        ),
    ),
    Row(
        "avg of uint16, not converted",
        WORDS,
        slow(WORDS, lambda values: round(sum(values) / 9)),
        "avg -k 3",
        (
            lambda x: functional.avg_pool2d(t(x), 3).round(),
            lambda x: node("AveragePool", x, **at()),
            lambda x: np.rint(cv2.boxFilter(x, cv2.CV_32F, (3, 3))[MID]),
            lambda x: np.rint(ndimage.uniform_filter(x, 3, output=float)[MID]),
            lambda x: np.rint(block_reduce(x, 3, np.mean)),
            lambda x: np.asarray(Image.fromarray(x).reduce(3)),
        ),
        "I;16",
    ),
    Row(
        "avg of int64, sums exact",
        HUGE,
        slow(HUGE, lambda values: float(Fraction(sum(values), 9))),
        "avg -k 3",
        (
            lambda x: functional.avg_pool2d(t(x), 3),
            lambda x: node("AveragePool", x.astype(np.float32), **at()),
            lambda x: cv2.blur(x.astype(float), (3, 3))[MID],
            lambda x: ndimage.uniform_filter(x, 3, output=float)[MID],
            lambda x: block_reduce(x, 3, np.mean),
            NO,
        ),
    ),
    Row(
        "avg, padding not counted",
        FLOATS,
        slow(FLOATS, mean, 3, 2, (1, 1)),
        "avg -k 3 -s 2 -p 1",
        (
            lambda x: functional.avg_pool2d(t(x), 3, 2, 1, count_include_pad=False),
            lambda x: node("AveragePool", x, **at(3, 2, pads=[1] * 4)),
            lambda x: (
                cv2.blur(x, (3, 3), borderType=0) / cv2.blur(np.ones_like(x), (3, 3), borderType=0)
            )[::2, ::2],
            lambda x: ndimage.generic_filter(x, np.nanmean, 3, mode="constant", cval=NAN)[::2, ::2],
            lambda x: np.nanmean(view_as_windows(np.pad(x, 1, constant_values=NAN), 3, 2), (2, 3)),
            NO,
        ),
    ),
    Row(
        "avg, padding counted",
        FLOATS,
        slow(np.pad(FLOATS, 1), mean, 3, 2),
        "avg -k 3 -s 2 -p 1 --count-include-pad",
        (
            lambda x: functional.avg_pool2d(t(x), 3, 2, 1),
            lambda x: node("AveragePool", x, **at(3, 2, pads=[1] * 4, count_include_pad=1)),
            lambda x: cv2.blur(x, (3, 3), borderType=cv2.BORDER_CONSTANT)[::2, ::2],
            lambda x: ndimage.uniform_filter(x, 3, mode="constant")[::2, ::2],
            lambda x: view_as_windows(np.pad(x, 1), 3, 2).mean((2, 3)),
            NO,
        ),
    ),
    Row(
        "avg, ceil mode",
        RAGGED,
        slow(RAGGED, mean, 3, ceil=True),
        "avg -k 3 --ceil-mode",
        (
            lambda x: functional.avg_pool2d(t(x), 3, ceil_mode=True),
            lambda x: node("AveragePool", x, **at(ceil_mode=1)),
            lambda x: cv2.blur(grown(x), (3, 3))[MID],
            lambda x: ndimage.generic_filter(np.pad(x, (0, 2), constant_values=NAN), np.nanmean, 3)[
                MID
            ],
            lambda x: block_reduce(x, 3, np.nanmean, cval=NAN),
            lambda x: np.asarray(Image.fromarray(x).reduce(3)),
        ),
    ),
    Row(
        "sum with a divisor",
        FLOATS,
        slow(FLOATS, lambda values: sum(values) / 7),
        "avg -k 3 --divisor 7",
        (
            lambda x: functional.avg_pool2d(t(x), 3, divisor_override=7),
            lambda x: node("AveragePool", x, **at()) * 9 / 7,
            lambda x: cv2.boxFilter(x, -1, (3, 3), normalize=False)[MID] / 7,
            lambda x: ndimage.convolve(x, np.full((3, 3), 1 / 7))[MID],
            lambda x: block_reduce(x, 3, np.sum) / 7,
            lambda x: np.asarray(Image.fromarray(x).reduce(3)) * 9 / 7,
        ),
    ),
    Row(
        "std",
        FLOATS,
        slow(FLOATS, statistics.pstdev),
        "std -k 3",
        (
            lambda x: cut(x).std(-1, correction=0),
            NO,
            NO,
            *by_formula(np.std),
            NO,
        ),
    ),
    Row(
        "root of the mean square",
        FLOATS,
        slow(FLOATS, lambda values: (power(values, 2) / 9) ** 0.5),
        "l2 -k 3",
        (
            lambda x: functional.lp_pool2d(t(x), 2, 3) / 3,
            lambda x: node("LpPool", x, **at(p=2)) / 3,
            lambda x: np.sqrt(cv2.sqrBoxFilter(x, -1, (3, 3))[MID]),
            *by_formula(lambda values: np.sqrt(np.mean(values**2))),
            NO,
        ),
    ),
    Row(
        "p-norm, p = 3",
        FLOATS,
        slow(FLOATS, lambda values: power(values, 3) ** (1 / 3)),
        "lp -k 3 --norm 3",
        (
            lambda x: functional.lp_pool2d(t(x), 3, 3),
            lambda x: node("LpPool", x, **at(p=3)),
            NO,
            *by_formula(lambda values: np.linalg.norm(values, 3)),
            NO,
        ),
    ),
    Row(
        "log-sum-exp",
        FLOATS,
        slow(FLOATS, lse),
        "lse -k 3",
        (
            lambda x: cut(x).logsumexp(-1) - math.log(9),
            NO,
            NO,
            *by_formula(lambda values: np.log(np.mean(np.exp(values)))),
            NO,
        ),
    ),
    Row(
        "softmax-weighted",
        FLOATS,
        slow(FLOATS, soft),
        "soft -k 3",
        (
            lambda x: (cut(x) * cut(x).softmax(-1)).sum(-1),
            NO,
            NO,
            *by_formula(lambda values: np.average(values, weights=np.exp(values))),
            NO,
        ),
    ),
    Row(
        "median",
        FLOATS,
        slow(FLOATS, statistics.median),
        "median -k 3",
        (
            lambda x: cut(x).quantile(0.5, -1),
            NO,
            lambda x: cv2.medianBlur(x, 3)[MID],
            lambda x: ndimage.median_filter(x, 3)[MID],
            lambda x: block_reduce(x, 3, np.median),
            lambda x: sift(x)(ImageFilter.MedianFilter(3))[MID],
        ),
    ),
    Row(
        "median of an even window",
        FLOATS[:8],
        slow(FLOATS[:8], statistics.median, 2),
        "median -k 2",
        (
            lambda x: cut(x, 2).quantile(0.5, -1),
            NO,
            lambda x: cv2.medianBlur(x, 2)[1::2, 1::2],
            lambda x: ndimage.generic_filter(x, np.median, 2)[1::2, 1::2],
            lambda x: block_reduce(x, 2, np.median),
            lambda x: sift(x)(ImageFilter.MedianFilter(2))[1::2, 1::2],
        ),
    ),
    Row(
        "quantile, q = 1/4",
        FLOATS,
        slow(FLOATS, quartile),
        "quantile -k 3 --q 0.25",
        (
            lambda x: cut(x).quantile(0.25, -1),
            NO,
            NO,
            lambda x: ndimage.rank_filter(x, 2, 3)[MID],
            lambda x: block_reduce(x, 3, np.quantile, func_kwargs={"q": 0.25}),
            lambda x: sift(x)(ImageFilter.RankFilter(3, 2))[MID],
        ),
    ),
    Row(
        "most frequent, smallest on ties",
        FEW,
        slow(FEW, modal),
        "mode -k 3",
        (
            lambda x: cut(x).mode(-1).values,
            NO,
            NO,
            lambda x: ndimage.generic_filter(
                x, lambda values: np.bincount(values.astype(int)).argmax(), 3
            )[MID],
            lambda x: rank.modal(x, ONES)[MID],
            lambda x: sift(x)(ImageFilter.ModeFilter(3))[MID],
        ),
    ),
    Row(
        "adaptive max",
        FLOATS,
        over(FLOATS, max, [adaptive(9, 4), adaptive(12, 5)]),
        "max --adaptive 4x5",
        (
            lambda x: functional.adaptive_max_pool2d(t(x), (4, 5)),
            NO,
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "adaptive avg",
        FLOATS,
        over(FLOATS, mean, [adaptive(9, 4), adaptive(12, 5)]),
        "avg --adaptive 4x5",
        (
            lambda x: functional.adaptive_avg_pool2d(t(x), (4, 5)),
            NO,
            lambda x: cv2.resize(x, (5, 4), interpolation=cv2.INTER_AREA),
            NO,
            NO,
            lambda x: np.asarray(Image.fromarray(x).resize((5, 4), Image.Resampling.BOX)),
        ),
    ),
    Row(
        "adaptive median",
        FLOATS,
        over(FLOATS, statistics.median, [adaptive(9, 4), adaptive(12, 5)]),
        "median --adaptive 4x5",
        (NO, NO, NO, NO, NO, NO),
    ),
    Row(
        "global avg",
        FLOATS,
        np.array([[mean(FLOATS.ravel().tolist())]]),
        "avg --global",
        (
            lambda x: functional.adaptive_avg_pool2d(t(x), 1),
            lambda x: node("GlobalAveragePool", x),
            lambda x: cv2.mean(x)[0],
            lambda x: ndimage.mean(x),  # noqa: PLW0108 - scipy may be missing
            lambda x: block_reduce(x, x.shape, np.mean),
            lambda x: np.asarray(Image.fromarray(x).reduce((12, 9))),
        ),
    ),
    Row(
        "global median",
        FLOATS,
        np.array([[statistics.median(FLOATS.ravel().tolist())]]),
        "median --global",
        (
            lambda x: t(x).quantile(0.5),
            NO,
            NO,
            lambda x: ndimage.median(x),  # noqa: PLW0108 - scipy may be missing
            lambda x: block_reduce(x, x.shape, np.median),
            NO,
        ),
    ),
    Row(
        "fractional max",
        FLOATS,
        over(FLOATS, max, [fractional(9, 2, 5, 0.25), fractional(12, 2, 7, 0.7)]),
        lambda x: poolcli.pool(x, "max", fractional=(5, 7), kernel=2, samples=[0.25, 0.7]),
        (
            lambda x: functional.fractional_max_pool2d(
                t(x), 2, (5, 7), _random_samples=torch.tensor([[[0.7, 0.25]]])
            ),
            NO,
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "spatial pyramid",
        FLOATS,
        np.concatenate(
            [over(FLOATS, max, [adaptive(9, n), adaptive(12, n)]).ravel() for n in (1, 2, 4)]
        ),
        "max --levels 1,2,4",
        (
            lambda x: torch.cat(
                [functional.adaptive_max_pool2d(t(x), n).ravel() for n in (1, 2, 4)]
            ),
            NO,
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "regions, max",
        FLOATS,
        over(FLOATS[1:8, 2:10], max, [adaptive(7, 2), adaptive(8, 3)]),
        "max --boxes '[[2,1,9,7]]' --output-size 2x3",
        (
            NO,
            lambda x: node("MaxRoiPool", x, np.insert(BOX, 0, 0, 1), pooled_shape=[2, 3]),
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "regions, median",
        FLOATS,
        over(FLOATS[1:8, 2:10], statistics.median, [adaptive(7, 2), adaptive(8, 3)]),
        "median --boxes '[[2,1,9,7]]' --output-size 2x3",
        (NO, NO, NO, NO, NO, NO),
    ),
    Row(
        "RoiAlign",
        PLACES.astype(np.float32),
        np.add.outer([12 * 2, 12 * 5], [3.25, 6.75]),
        "roi-align --boxes '[[2,1,9,7]]' --output-size 2",
        (
            NO,
            lambda x: node(
                "RoiAlign", x, BOX, np.zeros(1, np.int64), output_height=2, output_width=2
            ),
            NO,
            NO,
            NO,
            NO,
        ),
    ),
    Row(
        "avg, NaN left out",
        HOLED,
        slow(HOLED, lambda values: known(mean, values)),
        "avg -k 3 --nan ignore",
        (
            lambda x: cut(x).nanmean(-1),
            NO,
            NO,
            lambda x: ndimage.generic_filter(x, np.nanmean, 3)[MID],
            lambda x: block_reduce(x, 3, np.nanmean),
            NO,
        ),
    ),
    Row(
        "median, NaN left out",
        HOLED,
        slow(HOLED, lambda values: known(statistics.median, values)),
        "median -k 3 --nan ignore",
        (
            lambda x: cut(x).nanquantile(0.5, -1),
            NO,
            NO,
            lambda x: ndimage.generic_filter(x, np.nanmedian, 3)[MID],
            lambda x: block_reduce(x, 3, np.nanmedian),
            NO,
        ),
    ),
    Row(
        "min, a nodata value left out",
        DEPTH,
        slow(DEPTH, measured),
        "min -k 3 --nodata -9",
        (
            lambda x: torch.masked.amin(cut(x), -1, mask=cut(x) != -9),
            NO,
            NO,
            *by_formula(measured),
            NO,
        ),
    ),
    Row(
        "avg, at least half must be known",
        HOLED,
        slow(HOLED, lambda values: known(mean, values, 5)),
        "avg -k 3 --nan ignore --min-valid 0.5",
        (
            NO,
            NO,
            NO,
            *by_formula(lambda v: np.nanmean(v) if np.isnan(v).mean() <= 0.5 else NAN),
            NO,
        ),
    ),
    Row(
        "max, 1-D",
        LINE,
        slow(LINE, max),
        "max -k 3",
        (
            lambda x: functional.max_pool1d(t(x), 3),
            lambda x: node("MaxPool", x, **at(axes=1)),
            lambda x: cv2.dilate(x[None], np.ones((1, 3)))[:, 1::3],
            lambda x: ndimage.maximum_filter(x, 3)[1::3],
            lambda x: block_reduce(x, 3, np.max),
            NO,
        ),
    ),
    Row(
        "max, 3-D",
        SOLID,
        slow(SOLID, max),
        lambda x: poolcli.parse("max -k 3")(x, "DHW"),
        (
            lambda x: functional.max_pool3d(t(x), 3),
            lambda x: node("MaxPool", x, **at(axes=3)),
            NO,
            lambda x: ndimage.maximum_filter(x, 3)[1::3, 1::3, 1::3],
            lambda x: block_reduce(x, 3, np.max),
            NO,
        ),
    ),
    Row(
        "median, 3-D",
        SOLID,
        slow(SOLID, statistics.median),
        lambda x: poolcli.parse("median -k 3")(x, "DHW"),
        (
            lambda x: (
                torch.from_numpy(x)
                .unfold(0, 3, 3)
                .unfold(1, 3, 3)
                .unfold(2, 3, 3)
                .flatten(-3)
                .quantile(0.5, -1)
            ),
            NO,
            NO,
            lambda x: ndimage.median_filter(x, 3)[1::3, 1::3, 1::3],
            lambda x: block_reduce(x, 3, np.median),
            NO,
        ),
    ),
    Row(
        "image: avg weighed by alpha, within 2",
        CLEAR,
        weighed(CLEAR),
        "avg -k 2",
        (
            NO,
            NO,
            NO,
            NO,
            NO,
            lambda x: np.asarray(Image.fromarray(x).reduce(2)),
        ),
        "RGBA",
        2,
    ),
    Row(
        "image: max of a palette's indices",
        BYTES,
        slow(BYTES, max),
        "max -k 3",
        (
            NO,
            NO,
            NO,
            NO,
            NO,
            lambda x: np.asarray(indexed(x).filter(ImageFilter.MaxFilter(3)))[MID],
        ),
        "P",
    ),
)


def ours(row):
    """What poolcli makes of it."""
    if row.mode:
        return of_a_file(row)
    return poolcli.parse(row.ours)(row.x) if isinstance(row.ours, str) else row.ours(row.x)


def of_a_file(row):
    """What poolcli's command makes of a PNG, which must keep its mode."""
    from click.testing import CliRunner

    from poolcli.cli.group import poolcli as group

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "x.png"), Path(folder, "y.png")
        (indexed if row.mode == "P" else Image.fromarray)(row.x).save(source)
        words = [*row.ours.split(), str(source), "-o", str(target), "--report", "none"]
        CliRunner().invoke(group, words, catch_exceptions=False)
        with Image.open(target) as image:
            assert image.mode == row.mode, image.mode
            return np.asarray(image)


def verdict(row, line):
    """`yes`, `differs` or `no`."""
    if line is None:
        return "no"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            got = np.asarray(line(row.x))
        except Exception:  # noqa: BLE001 - each framework refuses in its own way
            return "no"
    return "yes" if agrees(got, row) else "differs"


def agrees(got, row):
    if got.size != row.want.size:
        return False
    got = got.reshape(row.want.shape)
    if row.want.dtype.kind == "f":
        return np.allclose(got, row.want, rtol=1e-5, atol=1e-6, equal_nan=True)
    return bool((abs(got.astype(object) - row.want.astype(object)) <= row.near).all())


def header():
    """The first line of the table: the frameworks and their versions; PackageNotFoundError where
    one is missing.
    """
    names = [f"{name} {version(package).partition('+')[0]}" for name, package in FRAMEWORKS.items()]
    return f"| | {' | '.join(names)} | poolcli |"


def table():
    lines = [header(), "|---" * (len(FRAMEWORKS) + 2) + "|"]
    for row in ROWS_OF_TABLE:
        cells = [
            *(verdict(row, line) for line in row.lines),
            verdict(row, lambda _, row=row: ours(row)),
        ]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def written():
    """The page before the table, the table, and what comes after it."""
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    text, after = rest.split(MARKS[1], 1)
    return before, text, after


if __name__ == "__main__":
    if MISSING:
        raise SystemExit(f"the table needs {MISSING}, which is not installed")
    try:
        text = table()
    except PackageNotFoundError as error:
        raise SystemExit(f"the table needs {error.name}, which is not installed") from None
    before, _, after = written()
    PAGE.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{after}", encoding="utf-8")

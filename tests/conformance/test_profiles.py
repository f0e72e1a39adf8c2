"""Each profile of --semantics against the library it is named for.

Those without a library on PyPI that runs here are held to numbers from their sources.
"""

import os
from itertools import product

import numpy as np
import pytest

import poolcli

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
complete = pytest.mark.complete
ignores_warnings = pytest.mark.filterwarnings("ignore")  # of the libraries, about themselves


def noise(*shape, nan=0.0):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(np.float32)
    x[rng.random(shape) < nan] = np.nan
    return x


def close(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


# TensorFlow -------------------------------------------------------------------------------------


@complete
@ignores_warnings
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_tensorflow(padding, kernel, stride):
    tf = pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    x = noise(2, 7, 8, 3)
    options = {"kernel": kernel, "stride": stride, "padding": padding, "layout": "NHWC"}
    theirs = (x, kernel, stride, padding.upper())
    values, indices = poolcli.pool(x, "max", semantics="tensorflow", return_indices=True, **options)
    found = tf.nn.max_pool_with_argmax(*theirs)
    np.testing.assert_array_equal(values, found.output.numpy())
    np.testing.assert_array_equal(indices, found.argmax.numpy())
    close(poolcli.pool(x, "avg", semantics="tensorflow", **options), tf.nn.avg_pool2d(*theirs))


@complete
@ignores_warnings
def test_tensorflow_ignores_nan_in_max():
    tf = pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    x = noise(1, 12, 12, 1, nan=0.3)
    x[:, :3, :3] = np.nan
    result = poolcli.pool(x, "max", kernel=3, semantics="tensorflow", layout="NHWC")
    np.testing.assert_array_equal(result, tf.nn.max_pool2d(x, 3, 3, "VALID"))
    assert result[0, 0, 0, 0] == np.finfo(np.float32).min


@complete
@ignores_warnings
@pytest.mark.parametrize("op", ["max", "avg", "l2"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_tensorflow_lite(op, padding):
    """L2_POOL_2D is a fused root of the mean square."""
    tf = pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="ai-edge-litert is not installed"
    )
    x = noise(1, 7, 9, 4)
    pools = {
        "max": lambda x: tf.nn.max_pool2d(x, 3, 2, padding.upper()),
        "avg": lambda x: tf.nn.avg_pool2d(x, 3, 2, padding.upper()),
        "l2": lambda x: tf.sqrt(tf.nn.avg_pool2d(tf.square(x), 3, 2, padding.upper())),
    }
    function = tf.function(pools[op], input_signature=[tf.TensorSpec(x.shape)])
    model = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    interpreter = litert.Interpreter(model_content=model.convert())
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    options = {"kernel": 3, "stride": 2, "padding": padding, "layout": "NHWC"}
    close(poolcli.pool(x, op, semantics="tensorflow", **options), expected)


# JAX --------------------------------------------------------------------------------------------


@complete
@ignores_warnings
@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (3, 2), "SAME", "VALID"], ids=str)
@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("stride", [None, 2, 3])
def test_jax(padding, kernel, stride):
    """A window that sees only padding gives the value that the reduction starts from."""
    linen = pytest.importorskip("flax.linen", reason="flax is not installed")
    x = noise(2, 6, 7, 3)
    pads = padding if isinstance(padding, str) else [padding] * 2
    strides = None if stride is None else (stride,) * 2
    mine = padding.lower() if isinstance(padding, str) else (padding,)
    options = {"kernel": kernel, "stride": stride, "padding": mine, "layout": "NHWC"}
    for op, pool in (("max", linen.max_pool), ("avg", linen.avg_pool)):
        expected = np.asarray(pool(x, (kernel,) * 2, strides, pads))
        close(poolcli.pool(x, op, semantics="jax", **options), expected)


# OpenVINO ---------------------------------------------------------------------------------------


def openvino(x, build):
    """The result of a model of one operation, with the indices where there are some."""
    ov = pytest.importorskip("openvino", reason="openvino is not installed")
    from openvino import opset14

    parameter = opset14.parameter(x.shape, np.float32)
    node = build(opset14, parameter)
    compiled = ov.compile_model(ov.Model(list(node.outputs()), [parameter]), "CPU")
    return [np.array(each) for each in compiled(x).values()]


# OpenVINO refuses padding of the kernel's size or more.
WINDOWS = [
    (kernel, stride, padding)
    for kernel, stride, padding in product([1, 2, 3], [1, 2, 3], [(0, 0), (1, 1), (0, 1)])
    if max(padding) < kernel
]


@complete
@ignores_warnings
@pytest.mark.parametrize(("kernel", "stride", "padding"), WINDOWS, ids=str)
def test_openvino(kernel, stride, padding):
    begin, end = padding
    x = noise(2, 3, 7, 8, nan=0.05)
    options = {"kernel": kernel, "stride": stride, "padding": (padding,), "ceil_mode": True}
    values, indices = poolcli.pool(x, "max", semantics="openvino", return_indices=True, **options)
    sizes = [stride] * 2, [begin] * 2, [end] * 2, [kernel] * 2
    (expected, places) = openvino(
        x,
        lambda ops, p: ops.max_pool(p, sizes[0], [1, 1], *sizes[1:], rounding_type="ceil", axis=0),
    )
    np.testing.assert_array_equal(values, expected)
    seen = indices >= 0
    np.testing.assert_array_equal(indices[seen], places[seen])
    x = noise(2, 3, 7, 8)
    (expected,) = openvino(
        x, lambda ops, p: ops.avg_pool(p, *sizes, exclude_pad=True, rounding_type="ceil")
    )
    expected = np.nan_to_num(expected)  # a mean of no pixel is 0 or NaN, as the CPU has it
    close(poolcli.pool(x, "avg", semantics="openvino", **options), expected)


@complete
@ignores_warnings
@pytest.mark.parametrize("mode", ["avg", "max"])
def test_openvino_roi_align(mode):
    """Its maximum starts at 0, so that a map below 0 gives zeros."""
    x = np.concatenate([noise(1, 2, 8, 8), -np.abs(noise(1, 2, 8, 8))])
    boxes = [[0, 1, 1, 6, 7], [1, 0.5, 0.25, 5, 4]]
    rows = np.array(boxes, np.float32)
    (expected,) = openvino(
        x,
        lambda ops, p: ops.roi_align(
            p,
            ops.constant(rows[:, 1:]),
            ops.constant(rows[:, 0].astype(np.int32)),
            3,
            3,
            2,
            1.0,
            mode,
            "asymmetric",
        ),
    )
    options = {"boxes": boxes, "output_size": 3, "sampling_ratio": 2, "mode": mode}
    close(poolcli.pool(x, "roi-align", semantics="openvino", **options), expected)


# ncnn -------------------------------------------------------------------------------------------


def ncnn_pool(x, **parameters):
    """The result of one Pooling layer of these parameters, by number."""
    ncnn = pytest.importorskip("ncnn", reason="ncnn is not installed")
    words = " ".join(f"{name[1:]}={value}" for name, value in parameters.items())
    net = ncnn.Net()
    net.load_param_mem(f"7767517\n2 2\nInput in 0 1 x\nPooling pool 1 1 x y {words}\n")
    net.load_model_mem(b"")
    extractor = net.create_extractor()
    extractor.input("x", ncnn.Mat(x))
    return np.array(extractor.extract("y")[1])


@complete
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pads", [(0, 0), (1, 0), (1, 1)], ids=str)
def test_ncnn(kernel, stride, pads):
    """Full padding, its pad_mode 0: the last window is kept, whatever it sees."""
    x = noise(3, 7, 8)
    (top, bottom), (left, right) = pads, pads
    sizes = {"n1": kernel, "n2": stride, "n3": left, "n13": top, "n14": right, "n15": bottom}
    options = {"kernel": kernel, "stride": stride, "padding": (pads,), "semantics": "ncnn"}
    maxima = poolcli.pool(x, "max", **options)
    np.testing.assert_array_equal(maxima, ncnn_pool(x, n0=0, **sizes))
    close(poolcli.pool(x, "avg", **options), ncnn_pool(x, n0=1, **sizes))
    full = poolcli.pool(x, "avg", divisor="kernel", **options)
    close(np.nan_to_num(full), ncnn_pool(x, n0=1, n6=1, **sizes))


@complete
@pytest.mark.parametrize(("mode", "padding"), [(2, "same"), (3, "same-lower")])
def test_ncnn_same(mode, padding):
    x = noise(3, 7, 8)
    for kernel, stride in product([2, 3], [1, 2]):
        expected = ncnn_pool(x, n0=0, n1=kernel, n2=stride, n5=mode)
        options = {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": False}
        np.testing.assert_array_equal(poolcli.pool(x, "max", semantics="ncnn", **options), expected)


@complete
def test_ncnn_has_nan_by_its_place():
    x = np.array([[[1, np.nan, 5]]], np.float32)
    assert ncnn_pool(x, n0=0, n1=3, n11=1).item() == 5
    assert np.isnan(ncnn_pool(x[..., :2].copy(), n0=0, n1=2, n11=1)).all()


# Array tools ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (7, 6), (4, 5, 6)], ids=str)
@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_scipy(shape, size):
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is not installed")
    x = np.random.default_rng(0).normal(size=shape)
    layout = {1: "L", 2: "HW", 3: "DHW"}[len(shape)]
    filters = {
        "max": ndimage.maximum_filter,
        "min": ndimage.minimum_filter,
        "avg": ndimage.uniform_filter,
        "median": ndimage.median_filter,
    }
    for op, filtered in filters.items():
        result = poolcli.pool(x, op, kernel=size, semantics="scipy", layout=layout)
        np.testing.assert_allclose(result, filtered(x, size), rtol=1e-12, atol=1e-12)
    for q in (0, 0.25, 0.5, 0.9, 1):
        result = poolcli.pool(x, "quantile", q=q, kernel=size, semantics="scipy", layout=layout)
        np.testing.assert_array_equal(result, ndimage.percentile_filter(x, 100 * q, size))


@pytest.mark.parametrize("op", ["sum", "max", "min", "avg", "median", "std"])
@pytest.mark.parametrize("block", [2, 3, 4])
def test_skimage(op, block):
    measure = pytest.importorskip("skimage.measure", reason="scikit-image is not installed")
    functions = {"sum": np.sum, "max": np.max, "min": np.min, "median": np.median, "std": np.std}
    x = -np.abs(noise(7, 9)).astype(np.float64)
    expected = measure.block_reduce(x, block, functions.get(op, np.mean))
    result = poolcli.pool(x, op, kernel=block, semantics="skimage")
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


@complete
@ignores_warnings
@pytest.mark.parametrize("op", ["max", "min", "sum", "avg", "std", "median"])
def test_xarray(op):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    x = noise(8, 9, nan=0.3).astype(np.float64)
    x[:2, :3] = np.nan
    windows = xarray.DataArray(x, dims=("y", "x")).coarsen(y=2, x=3)
    expected = getattr(windows, "mean" if op == "avg" else op)()
    result = poolcli.pool(x, op, kernel=(2, 3), semantics="xarray")
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    with pytest.raises(ValueError, match="exact"):
        xarray.DataArray(x, dims=("y", "x")).coarsen(y=3).mean()
    with pytest.raises(poolcli.ShapeError, match="6 or 9 would do"):
        poolcli.pool(x, op, kernel=3, semantics="xarray")


@pytest.mark.parametrize("op", ["max", "min", "sum", "avg", "std", "median"])
def test_bottleneck(op):
    bottleneck = pytest.importorskip("bottleneck", reason="bottleneck is not installed")
    x = noise(40, nan=0.1).astype(np.float64)
    move = getattr(bottleneck, f"move_{'mean' if op == 'avg' else op}")
    result = poolcli.pool(x, op, kernel=4, semantics="bottleneck")
    np.testing.assert_allclose(result, move(x, 4)[3:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 8])
def test_opencv_rounds_halves_of_2x2_up(kernel, dtype):
    cv2 = pytest.importorskip("cv2", reason="opencv is not installed")
    x = np.random.default_rng(0).integers(0, 256, (16 * kernel, 16 * kernel)).astype(dtype)
    x -= np.array(128 if dtype == "int16" else 0, dtype)
    expected = cv2.resize(x, (16, 16), interpolation=cv2.INTER_AREA)
    result = poolcli.pool(x, "avg", kernel=kernel, dtype=dtype, semantics="opencv")
    np.testing.assert_array_equal(result, expected)


@ignores_warnings
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_gdal_rounds_halves_away_from_zero(kernel):
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    x = np.random.default_rng(0).integers(-20, 20, (8 * kernel, 6 * kernel)).astype(np.int16)
    with rasterio.MemoryFile() as memory:
        size = {"height": len(x), "width": len(x[0]), "count": 1, "dtype": "int16"}
        with memory.open(driver="GTiff", **size) as file:
            file.write(x, 1)
        with memory.open() as file:
            average = rasterio.enums.Resampling.average
            expected = file.read(1, out_shape=(8, 6), resampling=average)
    result = poolcli.pool(x, "avg", kernel=kernel, dtype="int16", semantics="gdal")
    np.testing.assert_array_equal(result, expected)


# Frameworks that are not run here: numbers from their sources -------------------------------------

LOWEST = float(np.finfo(np.float32).min)
NAN = float("nan")
LINE = [1, 2, 3, 4, 5]
LITERALS = {
    # profile, operation, values, options, result, where it is written
    "caffe, a window that starts outside of an unpadded map": (
        "caffe",
        "max",
        LINE,
        {"kernel": 1, "stride": 3},
        [1, 4, LOWEST],
    ),  # pooling_layer.cpp: -FLT_MAX, and ceil without `if (pad_h_ || pad_w_)`
    "caffe, one in the padding is dropped": (
        "caffe",
        "max",
        LINE,
        {"kernel": 2, "stride": 2, "padding": 1},
        [1, 3, 5],
    ),
    "caffe, the stride is 1": ("caffe", "avg", LINE, {"kernel": 4}, [2.5, 3.5]),
    "caffe, the divisor is of the padded window": (
        "caffe",
        "avg",
        LINE,
        {"kernel": 3, "stride": 3, "padding": 1},
        [1, 4],
    ),
    "caffe, NaN is never larger": ("caffe", "max", [NAN, 1, 0], {"kernel": 3}, [1]),
    "coreml, the stride is 1": ("coreml", "max", LINE, {"kernel": 4}, [4, 5]),
    "coreml, padding is averaged": (
        "coreml",
        "avg",
        LINE,
        {"kernel": 3, "stride": 3, "padding": 1},
        [1, 4],
    ),  # MIL pool.py: exclude_padding_from_average is False
    "coreml, ceil drops in the padding": (
        "coreml",
        "max",
        LINE,
        {"kernel": 2, "stride": 2, "padding": 1, "ceil_mode": True},
        [1, 3, 5],
    ),
    "coreml, ceil keeps without": (
        "coreml",
        "sum",
        LINE,
        {"kernel": 1, "stride": 3, "ceil_mode": True},
        [1, 4, NAN],
    ),
    "paddle, ceil keeps what starts in the padding": (
        "paddle",
        "max",
        LINE,
        {"kernel": 2, "stride": 2, "padding": 1, "ceil_mode": True},
        [1, 3, 5, LOWEST],
    ),  # run with 3.3.1
    "paddle, a mean of nothing": (
        "paddle",
        "avg",
        LINE,
        {"kernel": 2, "stride": 2, "padding": 1, "ceil_mode": True},
        [1, 2.5, 4.5, NAN],
    ),
    "paddle, NaN is ignored": ("paddle", "max", [NAN, 1], {"kernel": 2}, [1]),
    "ncnn, full padding": (
        "ncnn",
        "max",
        LINE,
        {"kernel": 2, "stride": 2, "padding": 1},
        [1, 3, 5, LOWEST],
    ),  # pooling.cpp, pad_mode 0: the tail is filled with -FLT_MAX
    "ncnn, the mean is over valid pixels": (
        "ncnn",
        "avg",
        [1, 2, 3, 5],
        {"kernel": 3, "stride": 3, "padding": 1},
        [1.5, 4],
    ),
    "ncnn, or over the kernel": (
        "ncnn",
        "avg",
        [1, 2, 4, 5],
        {"kernel": 3, "stride": 3, "padding": 1, "divisor": "kernel"},
        [1, 3],
    ),
    "webnn, the window is the map": ("webnn", "max", LINE, {}, [5]),
    "webnn, the stride is 1": ("webnn", "avg", LINE, {"kernel": 4}, [2.5, 3.5]),
    "webnn, l2 is a norm": ("webnn", "l2", [3, 4], {"kernel": 2}, [5]),
    "webnn, ceil keeps": (
        "webnn",
        "avg",
        LINE,
        {"kernel": 2, "stride": 2, "ceil_mode": True},
        [1.5, 3.5, 5],
    ),
}


@pytest.mark.parametrize("name", LITERALS)
def test_numbers_from_the_sources(name):
    profile, op, x, options, expected = LITERALS[name]
    result = poolcli.pool(np.array(x, np.float32), op, semantics=profile, **options)
    np.testing.assert_array_equal(result, np.array(expected, np.float32))

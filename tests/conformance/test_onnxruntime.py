"""Random configurations of ONNX's pooling operators, against onnxruntime.

Left out is what onnxruntime gets wrong or refuses: NaN (its MaxPool gives another answer when it is
asked for indices), a padding of a kernel or more (refused), a window without a pixel (poolcli
refuses it), and what is written at each test.
"""

import pytest
from drawn import LAYOUTS, arrays, assert_close, assert_equal, examples, no_padding, windows
from hypothesis import given
from hypothesis import strategies as st

import poolcli

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip(
    "onnxruntime", reason="compares with onnxruntime, which is not installed"
)

OPSET = 22
OLDER = {"GlobalLpPool": 2}  # the newest version onnxruntime has, where that is older
OPERATORS = {"max": "MaxPool", "avg": "AveragePool", "lp": "LpPool"}
SAME = {"same": "SAME_UPPER", "same-lower": "SAME_LOWER"}


def run(op, x, outputs=1, **attributes):
    """What onnxruntime makes of one node."""
    names = ["y", "indices"][:outputs]
    kinds = [onnx.helper.np_dtype_to_tensor_dtype(x.dtype), onnx.TensorProto.INT64]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, ["x"], names, **attributes)],
        op,
        [onnx.helper.make_tensor_value_info("x", kinds[0], x.shape)],
        [
            onnx.helper.make_tensor_value_info(name, kind, None)
            for name, kind in zip(names, kinds, strict=False)
        ],
    )
    opsets = [onnx.helper.make_opsetid("", OLDER.get(op, OPSET))]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    results = session.run(None, {"x": x})
    return results if outputs > 1 else results[0]


def attributes_of(at):
    """The windows as a node's attributes."""
    begins, ends = zip(*at.padding, strict=True)
    return {
        "kernel_shape": at.kernel,
        "strides": at.stride,
        "pads": begins + ends,
        "dilations": at.dilation,
        "ceil_mode": int(at.ceil_mode),
    }


def below_kernel(kernel):
    """Padding as onnxruntime allows it: each end by itself, below the kernel."""
    return st.tuples(st.integers(0, kernel - 1), st.integers(0, kernel - 1))


def any_windows():
    return windows(padding=below_kernel, dilated=True)


@examples(60)
@given(st.data())
def test_max(data):
    at = data.draw(any_windows())
    x = data.draw(arrays(at.space, ("float32", "float64", "uint8", "int8")))
    assert_equal(
        poolcli.pool(x, "max", layout=at.layout, **at.options),
        run("MaxPool", x, **attributes_of(at)),
    )


@examples(60)
@given(st.data())
def test_max_indices(data):
    at = data.draw(any_windows())
    x = data.draw(arrays(at.space, ("float32", "float64")))
    result = poolcli.pool(
        x, "max", layout=at.layout, return_indices=True, index_order="tensor", **at.options
    )
    for mine, its in zip(result, run("MaxPool", x, 2, **attributes_of(at)), strict=True):
        assert_equal(mine, its)


@examples(60)
@given(st.data(), st.booleans())
def test_avg(data, count_include_pad):
    at = data.draw(any_windows())
    x = data.draw(arrays(at.space, ("float32",)))
    result = poolcli.pool(
        x, "avg", count_include_pad=count_include_pad, layout=at.layout, **at.options
    )
    assert_close(
        result, run("AveragePool", x, count_include_pad=int(count_include_pad), **attributes_of(at))
    )


@examples(60)
@given(st.data(), st.integers(1, 4))
def test_lp(data, norm):
    at = data.draw(any_windows())
    x = data.draw(arrays(at.space, ("float32",)))
    result = poolcli.pool(x, "lp", norm=norm, layout=at.layout, **at.options)
    assert_close(result, run("LpPool", x, p=norm, **attributes_of(at)))


def reaches_the_end(at):
    """Whether ceil(length / stride) windows reach the end; padding "same" is negative to
    onnxruntime
    where not.
    """
    axes = zip(at.space, at.kernel, at.stride, strict=True)
    return all(
        (length - 1) // stride * stride + kernel >= length for length, kernel, stride in axes
    )


@examples(60)
@given(st.data(), st.sampled_from(sorted(OPERATORS)), st.sampled_from([*SAME, "valid"]))
def test_padding_by_word(data, op, word):
    """Without dilation, which onnxruntime leaves out of the padding: it then gives fewer windows
    than the standard.
    """
    at = data.draw(windows(no_padding, ceil_mode=st.just(False)).filter(reaches_the_end))
    x = data.draw(arrays(at.space, ("float32",)))
    result = poolcli.pool(x, op, layout=at.layout, **at.options | {"padding": word})
    attributes = attributes_of(at) | {"auto_pad": SAME.get(word, "VALID")}
    del attributes["pads"]
    assert_close(result, run(OPERATORS[op], x, **attributes))


@examples(30)
@given(st.data(), st.sampled_from(sorted(OPERATORS)))
def test_global(data, op):
    space = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    x = data.draw(arrays(space, ("float32",)))
    result = poolcli.pool(x, op, global_=True, layout=LAYOUTS[len(space)])
    assert_close(result, run(f"Global{OPERATORS[op]}", x))

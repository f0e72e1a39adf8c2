"""Every ONNX backend node test of a pooling operator, through the command line.

A node's attributes become flags, one by one; an attribute without a flag is an error, so that none
is overlooked.
"""

import importlib
import pkgutil
import warnings

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed")

from onnx import helper
from onnx.backend.test.case import node as definitions

COMMANDS = {
    "AveragePool": ["avg"],
    "MaxPool": ["max"],
    "LpPool": ["lp"],
    "GlobalAveragePool": ["avg", "--global"],
    "GlobalMaxPool": ["max", "--global"],
    "GlobalLpPool": ["lp", "--global"],
    "MaxUnpool": ["unpool"],
    "RoiAlign": ["roi-align"],
    "MaxRoiPool": ["max"],
}


def load_cases():
    """The cases of the operators above; only modules that can hold one are imported, which is
    quick.
    """
    np.random.seed(0)  # the definitions draw their inputs when they are imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.iter_modules(definitions.__path__):
            if "pool" in module.name or "roi" in module.name:
                importlib.import_module(f"{definitions.__name__}.{module.name}")
    return {
        case.name: case for case in definitions._NodeTestCases if node_of(case).op_type in COMMANDS
    }


def node_of(case):
    return case.model.graph.node[-1]


CASES = load_cases()


@pytest.mark.parametrize("name", CASES)
def test_node(cli, tmp_path, name):
    case, node = CASES[name], node_of(CASES[name])
    ((inputs, expected),) = case.data_sets
    words = flags_of(node) + extra_flags(node, inputs, tmp_path)
    np.save(tmp_path / "x.npy", inputs[0])
    words += ["--layout", layout_of(node, inputs[0])]
    assert cli(*COMMANDS[node.op_type], *words, "x.npy", "-o", "y.npy").code == 0
    for file, want in zip(("y.npy", "indices.npy"), expected, strict=False):
        assert_same(np.load(tmp_path / file), want, case)


def test_no_pooling_operator_is_left_out():
    assert len(CASES) >= 56
    assert {node_of(case).op_type for case in CASES.values()} >= {
        "AveragePool",
        "MaxPool",
        "LpPool",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "MaxUnpool",
        "RoiAlign",
    }


def assert_same(result, want, case):
    assert (result.dtype, result.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(result, want, rtol=case.rtol, atol=case.atol)


def layout_of(node, x):
    """NCL, NCHW or NCDHW; storage_order 1 counts columns first, as if width were height."""
    layout = {3: "NCL", 4: "NCHW", 5: "NCDHW"}[x.ndim]
    return layout[:2] + layout[:1:-1] if attributes_of(node).get("storage_order") else layout


def attributes_of(node):
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def flags_of(node):
    """The attributes as flags."""
    attributes = attributes_of(node)
    kernel = attributes.get("kernel_shape", ())
    if kernel and node.op_type != "MaxUnpool":
        attributes.setdefault("strides", [1] * len(kernel))  # ONNX's default, not the kernel
    turned = attributes.pop("storage_order", 0)
    return [
        word
        for name, value in attributes.items()
        for word in flag(name, value, node, -1 if turned else 1)
    ]


def flag(name, value, node, turn):
    """One attribute as flags; the axes are turned round where columns are counted first."""
    if node.op_type == "MaxUnpool":
        return []  # kernel and strides give the output's size, which extra_flags says
    by_axis = {"kernel_shape": "--kernel", "strides": "--stride", "dilations": "--dilation"}
    if name in by_axis:
        return [by_axis[name], "x".join(map(str, value[::turn]))]
    if name == "pads":
        return ["--padding", "x".join(f"{begin}:{end}" for begin, end in pairs(value)[::turn])]
    return FLAGS[name](value)


def pairs(pads):
    half = len(pads) // 2
    return list(zip(pads[:half], pads[half:], strict=True))


FLAGS = {
    "auto_pad": lambda word: {
        b"NOTSET": [],
        b"VALID": ["--padding", "valid"],
        b"SAME_UPPER": ["--padding", "same"],
        b"SAME_LOWER": ["--padding", "same-lower"],
    }[word],
    "ceil_mode": lambda on: ["--ceil-mode"] if on else [],
    "count_include_pad": lambda on: ["--count-include-pad"] if on else [],
    "p": lambda p: ["--norm", p],
    "mode": lambda word: [
        "--mode",
        word.decode(),
        "--semantics",
        "onnx",
    ],  # whose maximum is one of weighted corners
    "coordinate_transformation_mode": lambda word: [
        "--aligned" if word == b"half_pixel" else "--no-aligned"
    ],
    "sampling_ratio": lambda ratio: ["--sampling-ratio", ratio],
    "spatial_scale": lambda scale: ["--spatial-scale", scale],
    "output_height": lambda height: ["--output-size", height],
    "output_width": lambda width: [],  # every case is square
}


def extra_flags(node, inputs, folder):
    """What a node is told by its inputs and outputs."""
    if node.op_type == "MaxUnpool":
        return unpool_flags(node, inputs, folder)
    if node.op_type == "RoiAlign":
        return box_flags(inputs[1], inputs[2], folder)
    return ["--indices", "indices.npy", "--index-order", "tensor"] if len(node.output) > 1 else []


def box_flags(boxes, batch, folder):
    np.save(folder / "boxes.npy", np.column_stack([batch, boxes]))
    return ["--boxes", "boxes.npy"]


def unpool_flags(node, inputs, folder):
    """ONNX's indices are into the size that kernel and strides give, which it then pads."""
    attributes = attributes_of(node)
    np.save(folder / "indices.npy", inputs[1])
    sizes = ("x".join(map(str, attributes[name])) for name in ("kernel_shape", "strides"))
    flags = ["--indices", "indices.npy", "--semantics", "onnx", "--kernel", next(sizes)]
    flags += ["--stride", next(sizes)]
    if len(inputs) > 2:
        flags += ["--output-size", "x".join(str(int(length)) for length in inputs[2][2:])]
    return flags

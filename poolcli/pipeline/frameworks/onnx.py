"""ONNX, by its reference implementation where onnxruntime has no rule of its own."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "onnx",
    library="ONNX opset 22",
    rules={
        "stride, when not given": Cited("1", "ONNX MaxPool"),
        "ceil mode, last window": Cited("dropped if it starts in the padding", "ONNX defs.cc"),
        "padding in numbers": Cited("less than the kernel", "onnxruntime pool_attributes.h"),
        "padding above half the kernel": Cited(
            "less than the kernel", "onnxruntime pool_attributes.h"
        ),
        "padding of unequal sides": Cited("any", "ONNX pads"),
        "padding of lp": Cited("less than the kernel", "ONNX LpPool"),
        "padding same": Cited("SAME_UPPER, SAME_LOWER", "ONNX auto_pad"),
        "dilation of max": Cited("any", "ONNX MaxPool"),
        "dilation of avg and lp": Cited("any (opset 19, 18)", "ONNX AveragePool, LpPool"),
        "divisor of avg": Cited("valid pixels", "ONNX AveragePool"),
        "lp": Cited("(sum |x|^p)^(1/p)", "ONNX LpPool"),
        "NaN in max": Cited("is ignored", "ONNX reference"),
        "index of max": Cited("in the tensor", "ONNX Indices"),
        "index of a NaN": Cited("the first", "ONNX reference"),
        "indices of unpool count in": Cited(
            "the size that windows fit (onnxruntime: the result)",
            "op_max_unpool.py; onnx #2398",
        ),
        "roi-align, half a pixel": Cited("aligned", "ONNX RoiAlign"),
        "roi-align, mode max": Cited("of weighted corners", "ONNX RoiAlign"),
    },
    windows={"stride": (1,)},
    ops={
        "max": {"nan": "ignore", "index_order": "tensor"},
        "min": {"index_order": "tensor"},
        "median": {"index_order": "tensor"},
        "mode": {"index_order": "tensor"},
        "unpool": {"stride": (1,), "index_order": "tensor", "indices_in": "windows"},
        "roi-align": {"aligned": True},
    },
    functions={"roi-align": "poolcli.engine.operations.roi_align:roi_align_of_corners"},
)

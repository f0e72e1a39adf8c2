"""Caffe."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "caffe",
    library="Caffe 1.0",
    rules={
        "stride, when not given": Cited("1", "caffe.proto PoolingParameter"),
        "ceil mode, last window": Cited(
            "by default; dropped, if there is padding", "pooling_layer.cpp"
        ),
        "window without a pixel": Cited(
            "max is -3.4e38, avg is 0 (NaN, where it begins right behind the map)",
            "pooling_layer.cpp",
        ),
        "padding in numbers": Cited("less than the kernel", "pooling_layer.cpp"),
        "padding above half the kernel": Cited("less than the kernel", "pooling_layer.cpp"),
        "padding of unequal sides": Cited("no unequal padding", "pooling_layer.cpp"),
        "divisor of avg": Cited("window with padding", "pooling_layer.cpp"),
        "NaN in max": Cited("is ignored", "pooling_layer.cpp"),
        "index of max": Cited("in the plane", "pooling_layer.cpp mask"),
        "index of a NaN": Cited("does not come up", "pooling_layer.cpp"),
    },
    windows={"stride": (1,), "ceil_mode": True},
    ops={"max": {"nan": "ignore"}, "avg": {"count_include_pad": True}},
    empty={"max": "least finite", "avg": 0},
    ceil_rule="drop-padded",
)

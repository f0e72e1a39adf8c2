"""ncnn."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "ncnn",
    library="ncnn 1.0.20261020",
    rules={
        "stride, when not given": Cited("1", "pooling.cpp"),
        "ceil mode, last window": Cited("by default (pad_mode 0); kept", "pooling.cpp"),
        "window without a pixel": Cited(
            "max is -3.4e38, avg is NaN", "pooling.cpp; run with 1.0.20261020"
        ),
        "padding in numbers": Cited("any", "pooling.cpp"),
        "padding above half the kernel": Cited("any", "pooling.cpp"),
        "padding of unequal sides": Cited("any", "pooling.cpp"),
        "NaN in max": Cited("depends on its place", "run with 1.0.20261020"),
        "padding same": Cited("SAME_UPPER, SAME_LOWER", "pooling.cpp pad_mode 2, 3"),
        "divisor of avg": Cited(
            "valid pixels (all taps: avgpool_count_include_pad)", "pooling.cpp"
        ),
    },
    windows={"stride": (1,), "ceil_mode": True},
    empty={"max": "least finite"},
    ceil_rule="keep",
)

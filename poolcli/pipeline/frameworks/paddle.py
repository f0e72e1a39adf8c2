"""PaddlePaddle."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "paddle",
    library="Paddle 3.3.1",
    rules={
        "stride, when not given": Cited("the kernel", "nn.MaxPool2D"),
        "ceil mode, last window": Cited("kept", "phi/kernels/funcs/pooling.h"),
        "window without a pixel": Cited("max is -3.4e38, avg is NaN", "run with 3.3.1"),
        "padding in numbers": Cited("less than the kernel", "Paddle #51893"),
        "padding above half the kernel": Cited("less than the kernel", "Paddle #51893"),
        "padding of unequal sides": Cited("any", "nn.MaxPool2D"),
        "padding same": Cited("odd pixel at the end", "nn.MaxPool2D"),
        "divisor of avg": Cited("valid pixels (exclusive)", "nn.AvgPool2D"),
        "divisor of one's own": Cited("divisor_override", "nn.AvgPool2D"),
        "NaN in max": Cited("is ignored", "run with 3.3.1"),
        "index of max": Cited("in the plane", "nn.MaxPool2D return_mask"),
        "index of a NaN": Cited("does not come up", "run with 3.3.1"),
    },
    ops={"max": {"nan": "ignore"}},
    empty={"max": "least finite"},
    ceil_rule="keep",
)

"""PaddlePaddle."""

from math import nan

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "paddle",
    library="Paddle 3.3.1",
    rules={
        "stride, when not given": Cited("the kernel", "nn.MaxPool2D"),
        "ceil mode, last window": Cited("kept", "phi/kernels/funcs/pooling.h"),
        "window without a pixel": Cited("max is -3.4e38, avg is NaN", "run with 3.3.1"),
        "padding in numbers": Cited("any", "run with 3.3.1"),
        "padding above half the kernel": Cited("any", "run with 3.3.1"),
        "padding of unequal sides": Cited("any", "nn.MaxPool2D"),
        "padding same": Cited("odd pixel at the end", "nn.MaxPool2D"),
        "divisor of avg": Cited("valid pixels (exclusive)", "nn.AvgPool2D"),
        "divisor of one's own": Cited("divisor_override", "nn.AvgPool2D"),
        "NaN in max": Cited(
            "depends on its place; is ignored with return_mask", "pooling.h MaxPool; run with 3.3.1"
        ),
        "padding of lp": Cited("any", "nn.LPPool2D"),
        "lp": Cited("(sum x^p)^(1/p), signed", "pooling.h LPPool; run with 3.3.1"),
        "index of max": Cited("in the plane", "nn.MaxPool2D return_mask"),
        "index of a NaN": Cited("does not come up", "run with 3.3.1"),
    },
    ops={"max": {"nan": "ignore"}},
    functions={"lp": "poolcli.engine.reducers.folds:lp_of_sum"},
    formulas={"lp": "(sum x^p)^(1/p)"},
    empty={"max": "least finite", "avg": nan},
    ceil_rule="keep",
)

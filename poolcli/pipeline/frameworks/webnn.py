"""The Web Neural Network API."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "webnn",
    library="WebNN of 2026, and its baseline in web-platform-tests",
    rules={
        "kernel, when not given": Cited("the whole map", "MLPool2dOptions"),
        "stride, when not given": Cited("1", "MLPool2dOptions"),
        "ceil mode, last window": Cited("kept", "MLPool2dOptions outputShapeRounding"),
        "padding in numbers": Cited("any", "MLPool2dOptions"),
        "padding above half the kernel": Cited("any", "MLPool2dOptions"),
        "padding of unequal sides": Cited("any", "MLPool2dOptions"),
        "dilation of max": Cited("any", "MLPool2dOptions"),
        "dilation of avg and lp": Cited("any", "MLPool2dOptions"),
        "divisor of avg": Cited("valid pixels", "wpt webnn/conformance_tests"),
        "l2": Cited("sqrt(sum x^2)", "l2Pool2d"),
    },
    windows={"stride": (1,)},
    functions={"l2": "poolcli.engine.reducers.folds:root_of_squares"},
    formulas={"l2": "sqrt(sum x^2)"},
    whole_map=True,
    ceil_rule="keep",
)

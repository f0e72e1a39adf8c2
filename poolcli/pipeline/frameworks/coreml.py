"""Core ML, by the layers of its model intermediate language."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "coreml",
    library="coremltools MIL",
    rules={
        "stride, when not given": Cited("1", "MIL pool.py"),
        "ceil mode, last window": Cited("dropped, if there is padding", "MIL pool.py"),
        "padding in numbers": Cited("any, alike at both ends with ceil mode", "MIL pool.py"),
        "padding above half the kernel": Cited("any", "MIL pool.py"),
        "padding of unequal sides": Cited("any, without ceil mode", "MIL pool.py"),
        "padding same": Cited("odd pixel at the end, or same-lower", "MIL pool.py"),
        "l2": Cited("does not say what it divides by", "MIL pool.py l2_pool"),
        "divisor of avg": Cited("window with padding", "MIL pool.py exclude_padding_from_average"),
    },
    windows={"stride": (1,)},
    ops={"avg": {"count_include_pad": True}},
    ceil_rule="drop-padded",
)

"""Bottleneck, by its moving windows."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "bottleneck",
    library="Bottleneck 1.6",
    rules={
        "stride, when not given": Cited("1", "move_mean"),
        "rest of the map": Cited("the first k - 1 cells are NaN, and not given here", "move_mean"),
        "divisor of avg": Cited("valid pixels", "move_mean"),
        "valid pixels of a window": Cited("all (min_count)", "move_mean"),
        "NaN in max": Cited("gives NaN (min_count is the window)", "move_max"),
        "NaN in avg": Cited("gives NaN (min_count is the window)", "move_mean"),
        "median of an even window": Cited("mean of the middle two", "move_median"),
    },
    windows={"stride": (1,)},
    ops={
        "max": {"nan": "ignore", "min_valid": 1},
        "min": {"nan": "ignore", "min_valid": 1},
        "sum": {"nan": "ignore", "min_valid": 1},
        "avg": {"nan": "ignore", "min_valid": 1},
        "std": {"nan": "ignore", "min_valid": 1},
        "median": {"nan": "ignore", "min_valid": 1},
    },
)

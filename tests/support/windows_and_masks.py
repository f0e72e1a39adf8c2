"""Windows and value rules that every reducer is tested with."""

import numpy as np
import twin

LAYOUT = {1: "NCL", 2: "NCHW", 3: "NCDHW"}
WINDOWS = [
    {"kernel": 2},
    {"kernel": 3, "stride": 1, "padding": 1},
    {"kernel": 3, "stride": 2, "padding": "same"},
    {"kernel": 2, "stride": 2, "padding": "same-lower", "dilation": 2},
    {"kernel": 2, "stride": 3, "ceil_mode": True},
    {"kernel": 3, "stride": 2, "dilation": 3, "padding": ((3, 2),)},
    {"kernel": 4, "stride": 1, "padding": ((2, 3),)},
    {"kernel": 3, "stride": 2, "padding": ((2, 1),), "border": "reflect"},
    {"kernel": 2, "stride": 1, "padding": 1, "dilation": 2, "border": 1},
    {"kernel": 3, "stride": 1, "padding": 1, "footprint": "cross"},
    {"kernel": 4, "stride": 2, "padding": ((1, 2),), "border": "wrap", "footprint": "disk"},
    {"adaptive": 3},
    {"adaptive": 2},
    {"global_": True},
]
MASKS = [
    {},
    {"nan": "ignore"},
    {"nodata": 1},
    {"nodata": (3, 0)},
    {"nodata": 1, "nan": "ignore", "min_valid": 0.5},
]


def windows_of(space, options):
    """The twin's windows for these options; ValueError where they do not fit."""
    if options.get("global_"):
        return [twin.adaptive(length, 1) for length in space]
    if "adaptive" in options:
        return [twin.adaptive(length, options["adaptive"]) for length in space]
    options = dict(options)
    padding = options.pop("padding", (0, 0))
    if isinstance(padding, int):
        padding = (padding, padding)
    elif isinstance(padding[0], tuple):
        padding = padding[0]
    name = options.pop("footprint", None)
    windows = twin.Windows(twin.sliding(length, padding=padding, **options) for length in space)
    if name is not None:
        windows.footprint = twin.footprint(name, (options["kernel"],) * len(space))
    return windows


def fits(rules, x):
    """Masks that make sense for these values: a nodata value must be one of the dtype's."""
    return not (x.dtype == np.bool_ and rules.get("nodata") not in (None, 1))


# What operations need beside their windows.
NEEDED = {"fraction": {"of": (1,)}}

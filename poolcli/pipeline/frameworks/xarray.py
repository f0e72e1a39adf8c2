"""xarray, by DataArray.coarsen."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "xarray",
    library="xarray 2026.9",
    rules={
        "stride, when not given": Cited("the kernel", "coarsen"),
        "ceil mode, last window": Cited(
            "no last window (boundary exact); boundary pad: kept", "coarsen"
        ),
        "rest of the map": Cited("refused (boundary exact)", "coarsen"),
        "divisor of avg": Cited("valid pixels", "coarsen"),
        "NaN in max": Cited("is ignored", "duck_array_ops.py, skipna"),
        "NaN in avg": Cited("is ignored", "duck_array_ops.py, skipna"),
        "window without a pixel": Cited("a sum of NaN alone is 0", "nanops.py"),
        "median of an even window": Cited("mean of the middle two", "numpy.nanmedian"),
    },
    windows={"exact": True},
    ops={
        "max": {"nan": "ignore"},
        "min": {"nan": "ignore"},
        "sum": {"nan": "ignore"},
        "avg": {"nan": "ignore"},
        "std": {"nan": "ignore"},
        "median": {"nan": "ignore"},
    },
    empty={"sum": 0},
)

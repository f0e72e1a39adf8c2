"""SciPy, by the filters of scipy.ndimage."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "scipy",
    library="SciPy 1.17 ndimage",
    rules={
        "stride, when not given": Cited("1", "maximum_filter"),
        "padding in numbers": Cited("no padding in numbers", "maximum_filter"),
        "padding same": Cited("odd pixel at the beginning", "ni_filters.c"),
        "footprint": Cited("any", "maximum_filter footprint"),
        "border": Cited("symmetric (mode reflect)", "maximum_filter"),
        "divisor of avg": Cited("all taps, border included", "uniform_filter"),
        "NaN in max": Cited("depends on its place", "run with 1.17"),
        "median of an even window": Cited("the upper", "ndimage/_filters.py _rank_filter"),
        "quantile": Cited("the value at rank int(q n)", "ndimage/_filters.py _rank_filter"),
    },
    windows={"stride": (1,), "padding": "same-lower", "border": ("symmetric",)},
    ops={"median": {"interpolation": "higher"}},
    functions={"quantile": "poolcli.engine.reducers.gathers:quantile_at_rank"},
    formulas={"quantile": "x sorted, at int(q n)"},
)

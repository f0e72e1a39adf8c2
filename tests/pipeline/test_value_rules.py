"""Options about values: each changes a result under every kind of windows, or is refused."""

import numpy as np
import pytest

import poolcli
from poolcli.pipeline.options import VALUE_OPTIONS
from poolcli.pipeline.table import OPS

# Zeros that are no data, and NaN in some windows.
X = np.arange(144.0).reshape(12, 12) % 23
X[::4, ::4] = 0
HOLES = np.where(X % 7 == 3, np.nan, X)
MASK = X % 5 != 2
# By option: how it is set, beside what, on which values.
SETTINGS = {
    "nan": ({"nan": "ignore"}, {}, HOLES),
    "nodata": ({"nodata": 0}, {}, X),
    "min_valid": ({"min_valid": 1}, {"nodata": 0}, X),
    "mask": ({"mask": MASK}, {}, X),
    "emit": ({"emit": "fraction"}, {"mask": MASK}, X),
    "normalize": ({"normalize": "minmax"}, {}, X),
    "round": ({"round": "floor"}, {"dtype": "int32"}, X + 0.3),
    "dtype": ({"dtype": "float32"}, {}, X),
}
OF_IMAGES_AND_PROFILES = {"linear", "semantics"}
WINDOWS = {
    "sliding": {"kernel": 3, "stride": 2},
    "footprint": {"kernel": 3, "footprint": "disk", "padding": 1},
    "border": {"kernel": 3, "padding": 1, "border": "wrap"},
    "adaptive": {"adaptive": 5},
    "area": {"area": 5},
    "global": {"global_": True},
    "fractional": {"fractional": 5},
    "levels": {"levels": (1, 3)},
    "boxes": {"boxes": [[0, 0, 9, 9]], "output_size": 3},
}
OTHERS = {  # all but `sample`, whose windows are one pixel: one that is left out gives itself
    "blur": {},
    "weighted": {"weights": np.ones((3, 3))},
    "restore": {"output_size": (20, 20), "interpolation": "bilinear"},
    "roi-align": WINDOWS["boxes"],
    "pyramid": {"op": "avg", "levels": 2, "kernel": 3},
}


def test_every_option_and_operation_is_here():
    names = {option.name for option in VALUE_OPTIONS}
    assert SETTINGS.keys() | OF_IMAGES_AND_PROFILES == names
    others = {op.name for op in OPS.values() if op.windows != OPS["avg"].windows}
    assert {"sample", "unpool", "fuse", *OTHERS} == others


def pooled(reducer, x, options):
    found = poolcli.pool(x, reducer, **options)
    return found if isinstance(found, tuple) else (found,)


def assert_counts(reducer, windows, name):
    """Assert that the option changes values or dtype of a result, unless it is refused."""
    changed, beside, x = SETTINGS[name]
    before = pooled(reducer, x, {**windows, **beside})
    try:
        after = pooled(reducer, x, {**windows, **beside, **changed})
    except poolcli.PoolError as error:
        assert name in str(error)  # noqa: PT017 - a refusal is as good as an effect
        return
    assert any(
        one.dtype != other.dtype or not np.array_equal(one, other, equal_nan=True)
        for one, other in zip(before, after, strict=True)
    )


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", WINDOWS)
def test_no_option_is_without_effect_on_a_mean(kind, name):
    assert_counts("avg", WINDOWS[kind], name)


@pytest.mark.parametrize("reducer", ["median", "mode", "std"])
@pytest.mark.parametrize("name", ["nan", "nodata", "min_valid", "mask", "emit"])
def test_no_option_about_what_counts_is_without_effect(reducer, name):
    assert_counts(reducer, WINDOWS["global" if reducer == "std" else "sliding"], name)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("op", OTHERS)
def test_no_option_of_other_operations_is_without_effect(op, name):
    if name in {option.name for option in OPS[op].value_options}:
        assert_counts(op, OTHERS[op], name)

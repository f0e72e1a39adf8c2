"""The contract: what every operation of the table promises, on nasty arrays, by slow twins."""

import math
import pickle
from itertools import product

import nasty
import numpy as np
import pytest
import twin
from windows_and_masks import LAYOUT, MASKS, WINDOWS, fits, windows_of

import poolcli
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import default_layout, space_axes
from poolcli.pipeline.parser import parse, step
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS as KINDS

REDUCERS = [name for name, op in OPS.items() if op.windows == KINDS]


def returns_input_values(op, own):
    """The operation gives back values that were there."""
    return step(op, own).returns_input_values


def usual(op):
    """What an operation is told where a test is about something else."""
    return VARIANTS.get(op, [{}])[0]


def suited(op, x):
    """Values that the operation takes."""
    return np.maximum(x, np.zeros((), x.dtype)) if op == "stochastic" else x


SETTINGS = {
    "kernel": (2,),
    "stride": None,
    "padding": ((0, 0),),
    "dilation": (1,),
    "ceil_mode": False,
}
VARIANTS = {
    "avg": [{}, {"count_include_pad": True}, {"divisor": 3}],
    "lp": [{}, {"norm": 1}, {"norm": 3.5}, {"norm": 12}],
    "gem": [{}, {"norm": 1}, {"norm": 20}],
    "lse": [{}, {"sharpness": 10}, {"sharpness": -0.5}],
    "mixed": [{}, {"alpha": 0.25}],
    "median": [{}, {"interpolation": "lower"}, {"interpolation": "higher"}],
    "quantile": [
        {"q": 0.9},
        {"q": 0.9, "interpolation": "nearest"},
        {"q": 0.15, "interpolation": "midpoint"},
        {"q": 0.35, "interpolation": "lower"},
        {"q": 0.35, "interpolation": "higher"},
        {},
    ],
    "trimmed": [{}, {"trim": 0.3}],
    "fraction": [{"of": (1,)}, {"of": (0, 1)}],
    "circmean": [{}, {"period": 7}],
    "stochastic": [{}, {"seed": 7}],
}


def tolerance(op, x, dtype, cells):
    """Both tolerances: rounding to the result's dtype, and the error of a sum in float32."""
    finite = np.abs(np.where(np.isfinite(x.astype(np.float64)), x.astype(np.float64), 0))
    largest = 1.0 if op == "fraction" else float(finite.max(initial=0))
    wide = (
        np.float32
        if x.dtype.kind == "f" and x.dtype.itemsize <= 4 and op in ("sum", "avg", "mixed")
        else np.float64
    )
    steps = 4 * float(np.finfo(dtype).smallest_subnormal)
    return float(np.finfo(dtype).eps), 8 * float(np.finfo(wide).eps) * largest * max(
        cells, 1
    ) + steps


def assert_same_directions(result, expected, period):
    """Angles are in [0, period), and differ by little, or by little less than the period."""
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    known = ~np.isnan(expected) & (expected != 1)  # an empty window gives the nodata value
    assert ((result[known] >= 0) & (result[known] < period)).all()
    apart = np.abs(result.astype(np.float64) - expected)[known]
    assert (np.minimum(apart, period - apart) < 1e-5 * period).all()


def assert_agrees(op, x, windows, rules, own):
    """The engine and the twin give the same, or both refuse."""
    space = x.shape[-len(windows.get("space")) :]
    given = {key: value for key, value in windows.items() if key != "space"}
    layout = LAYOUT[len(space)][-x.ndim :]
    try:
        cells = windows_of(space, given)
    except ValueError:
        if not given.get("ceil_mode"):
            with pytest.raises(poolcli.ShapeError):
                poolcli.pool(x, op, layout=layout, **given, **rules, **own)
        return 0
    expected = twin.pool(x, op, cells, **rules, **own)
    result = poolcli.pool(x, op, layout=layout, **given, **rules, **own)
    assert result.shape == expected.shape
    if returns_input_values(op, own):
        assert result.dtype == x.dtype.newbyteorder("=")
        np.testing.assert_array_equal(result, expected)
        return 1
    most = math.prod(max(len(window.taps) for window in axis) for axis in cells)
    relative, absolute = tolerance(op, x, result.dtype, most)
    if op == "circmean":
        assert_same_directions(result, expected, own.get("period", 360))
        return 1
    with np.errstate(over="ignore"):
        expected = expected.astype(result.dtype)
    np.testing.assert_allclose(result, expected, rtol=4 * relative, atol=absolute)
    return 1


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("op", REDUCERS)
def test_agrees_with_its_twin_on_nasty_arrays(op, ndim, thinned):
    compared = 0
    cases = product(enumerate(nasty.arrays(ndim)), enumerate(WINDOWS))
    for (number, (name, x)), (turn, windows) in thinned(cases, of=32):
        rules = MASKS[(number + turn) % len(MASKS)]
        own = VARIANTS.get(op, [{}])[(number + turn) % len(VARIANTS.get(op, [{}]))]
        if fits(rules, x):
            try:
                compared += assert_agrees(
                    op, suited(op, x), {**windows, "space": (0,) * ndim}, rules, own
                )
            except (AssertionError, poolcli.PoolError) as error:
                raise AssertionError(f"{op} {name} {x.shape} {windows} {rules} {own}") from error
    assert compared > 20


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_the_divisor_kernel_is_that_of_all_taps(windows, dtype):
    x = nasty.scrambled((2, 9, 11), dtype)
    if {"adaptive", "global_"} & windows.keys():
        with pytest.raises(poolcli.RequestError, match="have no kernel"):
            poolcli.pool(x, "avg", divisor="kernel", **windows)
        return
    kernel = windows.get("kernel", SETTINGS["kernel"])
    sizes = kernel if isinstance(kernel, tuple) else (kernel,)
    taps = math.prod(sizes * (2 // len(sizes)))
    if "footprint" in windows:
        taps = int(twin.footprint(windows["footprint"], (kernel, kernel)).sum())
    result = poolcli.pool(x, "avg", divisor="kernel", **windows)
    np.testing.assert_array_equal(result, poolcli.pool(x, "avg", divisor=taps, **windows))


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_parses_prints_and_pickles(op, windows):
    for own, rules in product(VARIANTS.get(op, [{}]), MASKS):
        pipeline = Pipeline((step(op, {**windows, **own, **rules}),))
        assert parse(str(pipeline)) == pipeline
        assert str(parse(str(pipeline))) == str(pipeline)
        assert pickle.loads(pickle.dumps(pipeline)) == pipeline
        assert hash(pickle.loads(pickle.dumps(pipeline))) == hash(pipeline)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("op", REDUCERS)
def test_plans_what_it_runs(op, ndim, dtype):
    for windows in WINDOWS:
        x = suited(op, nasty.scrambled((2, *(9, 11, 10)[:ndim]), dtype))
        stage = Pipeline((step(op, {**windows, **usual(op)}),)).plan(
            FeatureMap(x, LAYOUT[ndim][1:]).form
        )[-1]
        result = poolcli.pool(x, op, layout=LAYOUT[ndim][1:], **windows, **usual(op))
        assert (stage.output.shape, stage.output.dtype) == (result.shape, result.dtype)


@pytest.mark.parametrize("op", REDUCERS)
def test_leaves_its_input_alone_and_owns_its_output(op):
    for windows in ({"kernel": 1}, *WINDOWS):
        x = suited(op, nasty.scrambled((2, 9, 11), np.float32))
        before = x.copy()
        result = poolcli.pool(x, op, **windows, **usual(op))
        result[...] = 0
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("op", REDUCERS)
def test_does_not_care_about_memory_order(op, dtype):
    for windows in WINDOWS:
        x = suited(
            op, nasty.scrambled((2, 3, 9, 11), np.float64).astype(dtype) / np.array(3, dtype)
        )
        expected = poolcli.pool(x, op, **windows, **usual(op))
        wide = np.zeros((2, 3, 18, 22), x.dtype)[..., ::2, ::2]
        wide[...] = x
        variants = [
            np.asfortranarray(x),
            wide,
            x[::-1].copy()[::-1],
            x.astype(x.dtype.newbyteorder()),
        ]
        for variant in variants:
            np.testing.assert_array_equal(
                poolcli.pool(variant, op, **windows, **usual(op)), expected
            )


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_blocks_do_not_show(op, windows, monkeypatch):
    x = suited(op, nasty.scrambled((3, 4, 9, 11), np.float32) / 7)
    whole = poolcli.pool(x, op, **windows, **usual(op))
    monkeypatch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
    np.testing.assert_array_equal(poolcli.pool(x, op, **windows, **usual(op)), whole)


@pytest.mark.parametrize("op", REDUCERS)
def test_layouts_are_the_same_numbers_elsewhere(op):
    x = suited(op, nasty.scrambled((2, 3, 8, 10), np.float32))
    expected = poolcli.pool(x, op, kernel=(3, 2), stride=2, **usual(op))
    turned = poolcli.pool(
        x.transpose(3, 0, 2, 1), op, kernel=(3, 2), stride=2, layout="WNHC", **usual(op)
    )
    np.testing.assert_array_equal(turned.transpose(1, 3, 2, 0), expected)


RESULT = {
    "bool": "float32",
    "uint8": "float32",
    "int8": "float32",
    "uint16": "float32",
    "int16": "float32",
    "uint32": "float64",
    "int32": "float64",
    "uint64": "float64",
    "int64": "float64",
    "float16": "float32",
    "float32": "float32",
    "float64": "float64",
}


@pytest.mark.parametrize("dtype", RESULT)
@pytest.mark.parametrize("op", REDUCERS)
def test_dtype_rule(op, dtype):
    for own in VARIANTS.get(op, [{}]):
        result = poolcli.pool(np.ones((4, 4), dtype), op, **own)
        usual_dtype = OPS[op].result_dtype or RESULT[dtype]
        assert result.dtype == (dtype if returns_input_values(op, own) else usual_dtype)
        assert poolcli.pool(np.ones((4, 4), dtype), op, dtype="float64", **own).dtype == np.float64


def test_space_comes_before_everything_in_the_names_of_axes():
    assert [default_layout(ndim) for ndim in range(1, 6)] == ["L", "HW", "CHW", "NCHW", "NCDHW"]
    assert space_axes("WCHND") == (4, 2, 0)

"""`pool`: options by keyword, results, `out`, indices, errors."""

import threading

import numpy as np
import pytest

import poolcli
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import Pipeline

X = np.random.default_rng(5).integers(0, 200, (2, 3, 9, 12)).astype(np.int64)


@pytest.mark.parametrize(
    ("reducer", "options", "text"),
    [
        ("max", {"kernel": 3, "stride": (2, 1), "padding": 1}, "max -k 3 -s 2x1 -p 1"),
        ("avg", {"kernel": "3x2", "padding": ((0, 1), (1, 0))}, "avg -k 3x2 -p 0:1x1:0"),
        ("avg", {"padding": "same", "ceil_mode": True}, "avg -p same --ceil-mode"),
        ("gem", {"norm": 4, "adaptive": 2}, "gem --norm 4 --adaptive 2"),
        ("sum", {"global_": True, "dtype": np.float64}, "sum --global --dtype float64"),
        ("avg", {"dtype": float}, "avg --dtype float64"),
        ("max", {"levels": (1, 2)}, "max --levels 1,2"),
        ("median", {"interpolation": "lower"}, "median --interpolation lower"),
        ("fuse", {"branches": ["max -k 2", "avg -k 2"], "merge": "max"}, "fuse 'max' 'avg'"),
        ("roi-align", {"boxes": [[0, 1, 1, 7, 8]], "output_size": 2}, None),
    ],
)
def test_keywords_are_the_flags(reducer, options, text):
    result = poolcli.pool(X, reducer, **options)
    plain = {name.rstrip("_"): value for name, value in options.items()}
    plain = {**plain, **({"dtype": "float64"} if "dtype" in plain else {})}
    expected = poolcli.parse(text) if text else Pipeline((step(reducer, plain),))
    np.testing.assert_array_equal(result, expected(X))
    assert result.dtype == expected(X).dtype


def test_pyramid_returns_its_levels():
    levels = poolcli.pool(X, "pyramid", op="avg", levels=3)
    assert [level.shape for level in levels] == [(2, 3, 5, 6), (2, 3, 3, 3), (2, 3, 2, 2)]
    for level, size in zip(levels, (2, 4, 8), strict=True):
        expected = poolcli.pool(X, "avg", kernel=size, ceil_mode=True)
        np.testing.assert_array_equal(level, expected)


def test_options_that_are_equal_and_of_other_types_are_told_apart():
    assert poolcli.pool(X, "max", kernel=1).shape == X.shape
    with pytest.raises(poolcli.RequestError, match="`kernel` True"):
        poolcli.pool(X, "max", kernel=True)


def test_a_file_that_changes_is_read_again(tmp_path):
    mask = tmp_path / "mask.npy"
    for value in (1, 0):
        np.save(mask, np.full((4, 4), value))
        result = poolcli.pool(np.ones((4, 4)), "max", mask=mask)
        assert np.isnan(result).all() == (not value)


class TestIndices:
    def test_values_and_indices(self):
        values, indices = poolcli.pool(X, "max", return_indices=True)
        np.testing.assert_array_equal(values, poolcli.pool(X, "max"))
        flat = X.reshape(2, 3, -1)
        picked = np.take_along_axis(flat, indices.reshape(2, 3, -1), axis=2)
        np.testing.assert_array_equal(picked.reshape(values.shape), values)

    def test_unpool_puts_them_back(self):
        values, indices = poolcli.pool(X, "max", return_indices=True)
        back = poolcli.pool(values, "unpool", indices=indices, output_size=(9, 12))
        np.testing.assert_array_equal(poolcli.pool(back, "max"), values)

    def test_of_a_mean(self):
        with pytest.raises(ValueError, match="avg has no indices"):
            poolcli.pool(X, "avg", return_indices=True)


class TestOut:
    def test_is_filled_and_returned(self):
        out = np.empty((2, 3, 4, 6))
        assert poolcli.pool(X, "avg", out=out) is out
        np.testing.assert_array_equal(out, poolcli.pool(X, "avg"))

    def test_with_indices(self):
        out = np.empty((2, 3, 4, 6), np.int64)
        values, indices = poolcli.pool(X, "max", return_indices=True, out=out)
        assert values is out
        assert indices.shape == out.shape

    def test_in_another_order_of_axes(self):
        out = np.empty((9, 2, 6, 3), np.int64).transpose(1, 3, 0, 2)
        poolcli.pool(X, "max", kernel=(1, 2), out=out)
        np.testing.assert_array_equal(out, poolcli.pool(X, "max", kernel=(1, 2)))

    def test_of_another_dtype_or_byte_order(self):
        expected = poolcli.pool(X, "max")
        for dtype in (np.float32, expected.dtype.newbyteorder()):
            out = np.empty(expected.shape, dtype)
            poolcli.pool(X, "max", out=out)
            np.testing.assert_array_equal(out, expected)

    def test_with_axes_that_are_merged(self):
        x = np.arange(2 * 3 * 4 * 6 * 5).reshape(2, 3, 4, 6, 5)
        expected = poolcli.pool(x, "max", axes=(0, 3))
        out = np.empty_like(expected)
        assert poolcli.pool(x, "max", axes=(0, 3), out=out) is out
        np.testing.assert_array_equal(out, expected)

    def test_may_be_the_input(self):
        x = X.copy()
        poolcli.pool(x, "max", kernel=3, stride=1, padding="same", out=x)
        np.testing.assert_array_equal(x, poolcli.pool(X, "max", kernel=3, stride=1, padding="same"))

    @pytest.mark.parametrize(
        ("out", "error", "message"),
        [
            (np.empty((2, 3, 4, 5)), poolcli.ShapeError, "`out` has the shape 2x3x4x5"),
            (np.empty((2, 3, 4, 6), int), poolcli.OptionTypeError, "`out` is int64"),
            ([1.0], poolcli.OptionTypeError, "`out` is an array"),
            (np.broadcast_to(0.0, (2, 3, 4, 6)), poolcli.RequestError, "read-only"),
        ],
    )
    def test_that_does_not_fit(self, out, error, message):
        with pytest.raises(error, match=message):
            poolcli.pool(X, "avg", out=out)

    def test_of_several_maps(self):
        with pytest.raises(poolcli.RequestError, match="makes several arrays"):
            poolcli.pool(X, "pyramid", op="max", out=np.empty(3))


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"kernel": 0}, ValueError, "max: `kernel` 0: a size is"),
            ({"kernel": {}}, TypeError, "max: `kernel` {}: a size is"),
            ({"nodata": [[1]]}, ValueError, "`nodata` .*takes a number"),
            ({"ceil_mode": None, "global_": "maybe"}, ValueError, "`global_` maybe: is a switch"),
            ({"global_": True, "kernel": 2}, ValueError, "`global_` and `kernel` are two kinds"),
            ({"norm": 2}, ValueError, "max has no option `norm`"),
            ({"dtype": "no"}, ValueError, "`dtype` no: takes bool"),
            ({"mask": ["a"]}, TypeError, "takes a file, or an array of numbers"),
            ({"mask": "no.npy"}, ValueError, "`mask` no.npy: there is no such file"),
            ({"mask": np.ones((2, 2))}, ValueError, "`mask` .* has the shape 2x2"),
            ({"kernel": 20}, ValueError, "axis H"),
            ({"min_valid": 0.5}, ValueError, "`min_valid` counts what `nodata`, `mask`"),
        ],
    )
    def test_are_built_in_errors_that_name_keywords(self, options, error, message):
        with pytest.raises(error, match=message) as caught:
            poolcli.pool(X, "max", **options)
        assert isinstance(caught.value, poolcli.PoolError)
        assert "--global" not in str(caught.value)

    @pytest.mark.parametrize("x", [np.ones(3) * 1j, np.array(["a"]), [None], object()])
    def test_an_input_of_the_wrong_type(self, x):
        with pytest.raises(TypeError) as caught:
            poolcli.pool(x, "max")
        assert isinstance(caught.value, poolcli.PoolError)

    def test_an_unknown_operation(self):
        with pytest.raises(ValueError, match="there is no operation 'maxx'; did you mean max"):
            poolcli.pool(X, "maxx")

    def test_exit_codes(self):
        codes = {error: error.exit_code for error in (poolcli.RequestError, poolcli.ShapeError)}
        assert codes == {poolcli.RequestError: 2, poolcli.ShapeError: 1}
        assert issubclass(poolcli.FileError, OSError)


def test_nothing_of_the_callers_thread_changes():
    import os

    def state():
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        return cores, np.geterr(), threading.current_thread().name

    before = state()
    poolcli.pool(np.ones((8, 64, 64, 64), np.float32), "avg", kernel=3, stride=1)
    assert state() == before


@pytest.mark.parametrize(
    ("reducer", "error", "message"),
    [
        (None, TypeError, "`reducer` is the name of an operation, and not None"),
        (poolcli.parse("max -k 2"), TypeError, "<pipeline max -k 2> is no operation: call it"),
        ("max -k 2 | avg", ValueError, r"call poolcli\.parse\('max -k 2 \| avg'\)\(x\)"),
        ("fuse", ValueError, "fuse needs `branches`: "),
    ],
)
def test_a_reducer_is_the_name_of_an_operation(reducer, error, message):
    with pytest.raises(poolcli.RequestError, match=message) as refused:
        poolcli.pool([1, 2], reducer)
    assert isinstance(refused.value, error)


@pytest.mark.parametrize("several", [np.array, list, tuple], ids=["array", "list", "tuple"])
def test_numbers_for_each_axis_are_any_sequence(several):
    x = np.arange(48).reshape(6, 8)
    options = {"kernel": (2, 3), "stride": (1, 2), "padding": ((0, 1), (1, 0)), "nodata": (3, 7)}
    expected = poolcli.pool(x, "max", **options)
    as_given = {name: several(value) for name, value in options.items()}
    np.testing.assert_array_equal(poolcli.pool(x, "max", **as_given), expected)


@pytest.mark.parametrize("name", ["mask", "weights", "boxes"])
def test_a_file_that_is_not_there_is_an_os_error(name):
    reducer = "weighted" if name == "weights" else "max"
    with pytest.raises(OSError, match=f"`{name}` none.npy: there is no such file") as refused:
        poolcli.pool([1, 2], reducer, **{name: "none.npy"})
    assert isinstance(refused.value, poolcli.OptionFileError)

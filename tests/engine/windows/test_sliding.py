"""Sliding windows that stick out, see no pixel, or leave a rest."""

import numpy as np
import pytest
import twin
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import poolcli

RULES = ("keep", "drop", "drop-padded", "fill")


@st.composite
def axes(draw):
    """The windows along one axis, as the twin takes them, and its length."""
    length, kernel, stride = (
        draw(st.integers(1, 9)),
        draw(st.integers(1, 4)),
        draw(st.integers(1, 5)),
    )
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    return length, kernel, stride, padding, draw(st.integers(1, 4))


def windows_of(drawn, rule):
    """The twin's windows of each axis; drop-padded looks at the padding of all of them."""
    padded = any(map(any, (padding for *_, padding, _ in drawn)))
    rule = ("drop" if padded else "keep") if rule == "drop-padded" else rule
    try:
        return [twin.sliding(*axis, ceil_mode=rule, allows_empty=True) for axis in drawn]
    except ValueError:  # the kernel is too large, which ceil mode allows within a stride
        assume(False)


def options_of(drawn, rule):
    names = ("kernel", "stride", "padding", "dilation")
    return dict(zip(names, list(zip(*drawn, strict=True))[1:], strict=True)) | {"ceil_mode": rule}


@settings(deadline=None)
@given(
    st.lists(axes(), min_size=1, max_size=2),
    st.sampled_from(["keep", "fill"]),
    st.sampled_from(["max", "avg", "median", "std", "sum"]),
    st.sampled_from([{}, {"nodata": 3}]),
)
def test_windows_that_are_kept_agree_with_their_twin(drawn, rule, op, rules):
    cells = windows_of(drawn, rule)
    x = np.random.default_rng(0).integers(0, 9, [length for length, *_ in drawn]).astype(float)
    result = poolcli.pool(x, op, **options_of(drawn, rule), **rules)
    np.testing.assert_allclose(result, twin.pool(x, op, cells, **rules), rtol=1e-12, atol=1e-12)
    plan = poolcli.plan(poolcli.parse(text_of(drawn, rule)), x.shape)
    assert plan[-1].output.shape == result.shape


def text_of(drawn, rule):
    _, kernel, stride, padding, dilation = zip(*drawn, strict=True)
    pads = "x".join(f"{begin}:{end}" for begin, end in padding)
    sizes = ("x".join(map(str, each)) for each in (kernel, stride, dilation))
    return "max -k {} -s {} -d {} -p {} --ceil-mode={}".format(*sizes, pads, rule)


@settings(deadline=None)
@given(st.lists(axes(), min_size=1, max_size=2), st.sampled_from(RULES), st.booleans())
def test_the_value_and_the_index_of_a_window_without_a_pixel(drawn, rule, is_float):
    """PyTorch's maximum of no pixel; its index is of no pixel either."""
    cells = windows_of(drawn, rule)
    x = np.random.default_rng(0).permutation(81).reshape(9, 9).astype("f4" if is_float else "i2")
    x = x[tuple(slice(length) for length, *_ in drawn)] if len(drawn) == 2 else x[0, : drawn[0][0]]
    values, indices = poolcli.pool(
        x, "max", semantics="torch", return_indices=True, **options_of(drawn, rule)
    )
    low = -np.inf if is_float else np.iinfo(x.dtype).min
    expected = twin.pool(x.astype(float), "max", cells)
    np.testing.assert_array_equal(values, np.where(np.isnan(expected), low, expected))
    np.testing.assert_array_equal(indices, twin.indices(x, "max", cells))
    assert values.dtype == x.dtype


def test_poolcli_refuses_a_window_without_a_pixel():
    with pytest.raises(poolcli.ShapeError, match="without a pixel"):
        poolcli.pool([[5.0]], "max", kernel=2, stride=1, padding=1, dilation=2)


def test_a_kept_window_of_whole_numbers_needs_a_value():
    x = np.arange(5, dtype=np.uint8)
    kept = {"kernel": 1, "stride": 3, "ceil_mode": "keep"}
    assert poolcli.pool(x, "max", nodata=9, **kept).tolist() == [0, 3, 9]
    with pytest.raises(poolcli.PoolError, match="give `nodata`"):
        poolcli.pool(x, "max", **kept)
    assert poolcli.pool(x, "max", emit="count", **kept).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("length", "options", "would_do"),
    [
        (7, {"kernel": 2}, "6 or 8"),
        (8, {"kernel": 2}, None),
        (7, {"kernel": 3, "stride": 2}, None),
        (8, {"kernel": 3, "stride": 2}, "7 or 9"),
        (8, {"kernel": 3, "stride": 2, "padding": ((0, 1),)}, None),
        (8, {"kernel": 2, "stride": 3, "dilation": 2}, "6 or 9"),
        (7, {"kernel": 3, "stride": 2, "padding": "same"}, None),
    ],
)
def test_exact_tells_the_sizes_that_would_do(length, options, would_do):
    if would_do is None:
        poolcli.pool(np.arange(length), "max", exact=True, **options)
        return
    with pytest.raises(poolcli.ShapeError, match=f"{length} long: {would_do} would do") as caught:
        poolcli.pool(np.arange(length), "max", exact=True, **options)
    assert "\n" not in str(caught.value)
    for size in map(int, would_do.split(" or ")):
        poolcli.pool(np.arange(size), "max", exact=True, **options)


def test_exact_and_ceil_mode_exclude_each_other():
    with pytest.raises(poolcli.RequestError, match="give one of them"):
        poolcli.parse("max --exact --ceil-mode")


def test_a_rule_is_joined_to_its_flag():
    assert str(poolcli.parse("max --ceil-mode=keep")) == "max -k 2 --ceil-mode=keep"
    assert poolcli.parse("max --ceil-mode=true") == poolcli.parse("max --ceil-mode")
    for text, says in {"=up": "takes keep, drop", "": "takes options, not 'keep'"}.items():
        with pytest.raises(poolcli.RequestError, match=says):
            poolcli.parse(f"max --ceil-mode{text} keep" if not text else f"max --ceil-mode{text}")
    with pytest.raises(poolcli.RequestError, match="takes no value"):
        poolcli.parse("max --floor-mode=keep")


def test_floor_mode_on_the_command_line(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(5.0))
    for words, cells in {
        ("--ceil-mode",): 3,
        ("--ceil-mode=keep",): 3,
        ("--floor-mode",): 2,
        ("--ceil-mode", "--floor-mode"): 2,
    }.items():
        assert cli("max", *words, "x.npy", "-o", "y.npy", "--overwrite").code == 0
        assert len(np.load(tmp_path / "y.npy")) == cells

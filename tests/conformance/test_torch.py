"""Random configurations of every pooling that PyTorch has, against PyTorch.

Left out is what PyTorch refuses or means otherwise, which is written at each test.
"""

import math
from itertools import product

import numpy as np
import pytest
from drawn import (
    LAYOUTS,
    arrays,
    assert_close,
    assert_equal,
    examples,
    no_padding,
    windows,
    with_nan,
)
from hypothesis import given
from hypothesis import strategies as st

import poolcli

torch = pytest.importorskip("torch", reason="torch is not installed")
F = torch.nn.functional

FLOATS = ("float32", "float64")
WHOLE = ("uint8", "int8", "int16", "int32", "int64")


def torch_pool(name, x, *sizes, **options):
    """The function of this name for as many axes as x has; arrays in, arrays out."""
    pooled = getattr(F, f"{name}_pool{x.ndim - 2}d")(torch.from_numpy(x), *sizes, **options)
    return tuple(each.numpy() for each in pooled) if isinstance(pooled, tuple) else pooled.numpy()


def sizes_of(at):
    """The window as PyTorch's functions take it: kernel, stride, padding."""
    return at.kernel, at.stride, tuple(begin for begin, _ in at.padding)


@examples(500)
@given(st.data())
def test_max(data):
    """PyTorch has no max_pool1d for whole numbers."""
    at = data.draw(windows(dilated=True))
    x = data.draw(arrays(at.space, FLOATS if len(at.space) == 1 else FLOATS + WHOLE))
    if x.dtype.kind == "f" and data.draw(st.booleans()):
        x = with_nan(x, data.draw(st.integers(0, 2**32 - 1)))
    want = torch_pool("max", x, *sizes_of(at), dilation=at.dilation, ceil_mode=at.ceil_mode)
    assert_equal(poolcli.pool(x, "max", layout=at.layout, **at.options), want)


@examples(300)
@given(st.data())
def test_max_indices(data):
    """Without NaN: of several, PyTorch gives the last."""
    at = data.draw(windows(dilated=True))
    x = data.draw(arrays(at.space, FLOATS + WHOLE))
    result = poolcli.pool(x, "max", layout=at.layout, return_indices=True, **at.options)
    want = torch_pool(
        "max", x, *sizes_of(at), dilation=at.dilation, ceil_mode=at.ceil_mode, return_indices=True
    )
    for mine, its in zip(result, want, strict=True):
        assert_equal(mine, its)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_windows_that_see_only_padding(dtype):
    """Every small window that PyTorch takes along one axis of two, with and without ceil mode."""
    x = np.arange(8, dtype=dtype).reshape(1, 1, 2, 4)
    sizes = product(range(1, 5), range(1, 5), range(1, 4), range(1, 4), (False, True))
    empty = 0
    for length, kernel, stride, dilation, ceil_mode in sizes:
        for padding in range(kernel // 2 + 1):
            window = (1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode
            try:
                want = F.max_pool2d(torch.from_numpy(x[..., :length].copy()), *window).numpy()
            except RuntimeError:  # the kernel is larger than the map
                continue
            names = ("kernel", "stride", "padding", "dilation", "ceil_mode")
            options = dict(zip(names, window, strict=True))
            result = poolcli.pool(x[..., :length], "max", semantics="torch", **options)
            np.testing.assert_array_equal(result, want, err_msg=str(window))
            empty += int(want.min() < 0)
    assert empty > 0


def holds_its_kernel(at):
    """Whether the map is as large as the kernel without padding, which avg_pool3d asks for."""
    return len(at.space) < 3 or all(
        length >= kernel for length, kernel in zip(at.space, at.kernel, strict=True)
    )


@examples(600)
@given(st.data(), st.booleans(), st.none() | st.integers(1, 12))
def test_avg(data, count_include_pad, divisor):
    """avg_pool1d has no divisor_override. Whole numbers PyTorch refuses, or truncates (int64)."""
    at = data.draw(windows().filter(holds_its_kernel))
    x = data.draw(arrays(at.space, FLOATS))
    divisor = None if len(at.space) == 1 else divisor
    own = {"count_include_pad": count_include_pad, "divisor": divisor}
    result = poolcli.pool(x, "avg", layout=at.layout, **own, **at.options)
    its = {"count_include_pad": count_include_pad} | (
        {"divisor_override": divisor} if divisor else {}
    )
    assert_close(result, torch_pool("avg", x, *sizes_of(at), ceil_mode=at.ceil_mode, **its))


def torch_lp(x, norm, at):
    """PyTorch's lp_pool1d takes its kernel as a number only."""
    kernel = at.kernel if len(at.kernel) > 1 else at.kernel[0]
    return torch_pool("lp", x, norm, kernel, at.stride, ceil_mode=at.ceil_mode)


@examples(300)
@given(st.data(), st.sampled_from([1, 1.5, 2, 3, 4.5]))
def test_lp(data, norm):
    """PyTorch takes powers of x, not of |x|: hence x > 0. Its sum is k times an average: clipped
    windows are scaled.
    """
    at = data.draw(windows(padding=no_padding).filter(holds_its_kernel))
    x = data.draw(arrays(at.space, FLOATS, low=1))
    result = poolcli.pool(x, "lp", norm=norm, layout=at.layout, **at.options)
    pixels = poolcli.pool(np.ones_like(x), "sum", layout=at.layout, **at.options)
    scale = (math.prod(at.kernel) / pixels) ** (1 / norm)
    assert_close(result * scale.astype(x.dtype), torch_lp(x, norm, at))


@examples(100)
@given(st.data(), st.integers(1, 4))
def test_lp_as_torch_means_it(data, norm):
    """Whole numbers, whose sums cancel exactly: a root of what is left of a sum says nothing."""
    at = data.draw(windows(padding=no_padding).filter(holds_its_kernel))
    x = data.draw(arrays(at.space, FLOATS, whole=st.just(True)))
    result = poolcli.pool(x, "lp", norm=norm, semantics="torch", layout=at.layout, **at.options)
    assert_close(result, torch_lp(x, norm, at))


@examples(100)
@given(st.data())
def test_avg_as_torch_means_it(data):
    """The padding is counted without being asked for."""
    at = data.draw(windows().filter(holds_its_kernel))
    x = data.draw(arrays(at.space, FLOATS))
    result = poolcli.pool(x, "avg", semantics="torch", layout=at.layout, **at.options)
    assert_close(result, torch_pool("avg", x, *sizes_of(at), ceil_mode=at.ceil_mode))


@st.composite
def adaptive(draw):
    """An array, and how many cells: fewer than pixels or more."""
    space = draw(st.lists(st.integers(1, 14), min_size=1, max_size=3))
    return draw(arrays(space, FLOATS)), tuple(draw(st.integers(1, 9)) for _ in space)


@examples(300)
@given(adaptive())
def test_adaptive_avg(drawn):
    x, cells = drawn
    result = poolcli.pool(x, "avg", adaptive=cells, layout=LAYOUTS[len(cells)])
    assert_close(result, torch_pool("adaptive_avg", x, cells))


@examples(300)
@given(adaptive())
def test_adaptive_max(drawn):
    x, cells = drawn
    result = poolcli.pool(x, "max", adaptive=cells, layout=LAYOUTS[len(cells)])
    assert_equal(result, torch_pool("adaptive_max", x, cells))


@examples(100)
@given(adaptive())
def test_adaptive_max_indices(drawn):
    x, cells = drawn
    result = poolcli.pool(x, "max", adaptive=cells, layout=LAYOUTS[len(cells)], return_indices=True)
    for mine, its in zip(
        result, torch_pool("adaptive_max", x, cells, return_indices=True), strict=True
    ):
        assert_equal(mine, its)


@st.composite
def fractional(draw):
    """An array, kernel, cells, and the samples (N, C, axes) that place the windows; PyTorch has it
    in 2-D and 3-D.
    """
    count = draw(st.integers(2, 3))
    space, kernel, cells = zip(
        *[_fractional_axis(draw, spare=count - 2) for _ in range(count)], strict=True
    )
    x = draw(arrays(space, FLOATS))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return x, kernel, cells, random.random((*x.shape[:2], count)).astype(x.dtype)


def _fractional_axis(draw, spare):
    """In 3-D PyTorch asks for one pixel more than the windows need."""
    kernel, cells = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    least = cells + kernel - 1 + spare
    return draw(st.integers(least, least + 8)), kernel, cells


def torch_fractional(x, kernel, cells, samples):
    pool = getattr(F, f"fractional_max_pool{len(cells)}d")
    return pool(
        torch.from_numpy(x), kernel, cells, _random_samples=torch.from_numpy(samples)
    ).numpy()


@examples(200)
@given(fractional())
def test_fractional_max(drawn):
    x, kernel, cells, samples = drawn
    layout = LAYOUTS[len(cells)]
    result = poolcli.pool(x, "max", kernel=kernel, fractional=cells, samples=samples, layout=layout)
    assert_equal(result, torch_fractional(*drawn))


@examples(50)
@given(st.data())
def test_max_unpool(data):
    at = data.draw(windows(padding=no_padding, ceil_mode=st.just(False)))
    x = data.draw(arrays(at.space, FLOATS))
    values, places = torch_pool("max", x, *sizes_of(at), return_indices=True)
    result = poolcli.pool(values, "unpool", indices=places, output_size=at.space, layout=at.layout)
    unpool = getattr(F, f"max_unpool{len(at.space)}d")
    want = unpool(
        torch.from_numpy(values),
        torch.from_numpy(places),
        at.kernel,
        at.stride,
        output_size=at.space,
    )
    assert_equal(result, want.numpy())

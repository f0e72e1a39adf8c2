"""Configurations drawn by Hypothesis, with windows that every framework takes."""

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

EITHER = st.booleans()
LAYOUTS = {1: "NCL", 2: "NCHW", 3: "NCDHW"}


def examples(count):
    """So many configurations, the same in every run."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Windows:
    """Sliding windows: a number for each axis of everything but `ceil_mode`; padding is (begin,
    end).
    """

    space: tuple
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    ceil_mode: bool

    @property
    def options(self):
        """The keywords of `poolcli.pool`."""
        names = ("kernel", "stride", "padding", "dilation", "ceil_mode")
        return {name: getattr(self, name) for name in names}

    @property
    def layout(self):
        return LAYOUTS[len(self.space)]


def halves(kernel):
    """Padding as PyTorch allows it: as much at the end as at the beginning, at most half the
    kernel.
    """
    return st.integers(0, kernel // 2).map(lambda pad: (pad, pad))


def no_padding(kernel):
    return st.just((0, 0))


@st.composite
def windows(draw, padding=halves, dilated=False, ceil_mode=EITHER):
    """Windows that fit at least once, each with a pixel in it."""
    ceil_mode = draw(ceil_mode)
    axes = [draw(_axis(padding, dilated, ceil_mode)) for _ in range(draw(st.integers(1, 3)))]
    return Windows(*zip(*axes, strict=True), ceil_mode)


@st.composite
def _axis(draw, padding, dilated, ceil_mode):
    kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    pads = draw(padding(kernel))
    dilation = draw(st.integers(1, 3)) if dilated else 1
    reach = dilation * (kernel - 1) + 1
    shortest = max(reach - sum(pads) - (stride - 1 if ceil_mode else 0), dilation)
    return draw(st.integers(shortest, shortest + 9)), kernel, stride, pads, dilation


@st.composite
def arrays(draw, space, dtypes, low=-4, whole=EITHER):
    """An array (N, C, *space): whole numbers, so that there are ties, or any."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *space)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if dtype.kind == "f" and not draw(whole):
        return (random.random(shape) * 9 + low).astype(dtype)
    return random.integers(max(low, 0 if dtype.kind == "u" else low), 6, shape).astype(dtype)


def with_nan(x, seed):
    """The array with a few NaNs and infinities."""
    random = np.random.default_rng(seed)
    special = random.choice([np.nan, np.inf, -np.inf], x.shape).astype(x.dtype)
    return np.where(random.random(x.shape) < 0.1, special, x)


def assert_equal(result, want):
    assert (result.dtype, result.shape) == (want.dtype, want.shape)
    np.testing.assert_array_equal(result, want)


def assert_close(result, want):
    """Equal but for the order of a sum of up to a few hundred terms below 10."""
    assert (result.dtype, result.shape) == (want.dtype, want.shape)
    digits = 200 * float(np.finfo(want.dtype).eps)
    np.testing.assert_allclose(result, want, rtol=digits, atol=digits)

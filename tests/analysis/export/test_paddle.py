"""Paddle, in a process of its own, as it crashes where TensorFlow is: its code, and its profile."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.complete
CODE = """
import test_targets as tests
for ops, places in tests.EXPRESSES["paddle"]:
    for op in ops:
        for place in places:
            tests.assert_same("paddle", f"{op} {place}")
tests.test_under_its_own_semantics("paddle")
tests.test_options("paddle")
for op in (*tests.FOLDS, *tests.GATHERS):
    tests.test_anything_else_gives_the_same_or_a_reason("paddle", op)
"""
PROFILE = """
import itertools

import numpy as np
import paddle
from paddle.nn import functional

import poolcli

LOWEST = np.finfo(np.float32).min
rng = np.random.default_rng(0)
x = rng.normal(size=(2, 3, 7, 8)).astype(np.float32)
tensor = paddle.to_tensor(x)
pads = [0, 1, 2, [0, 1, 1, 0]]
for kernel, stride, pad, ceil in itertools.product([1, 2, 3], [1, 2, 3], pads, [False, True]):
    mine = ((pad, pad),) * 2 if isinstance(pad, int) else ((pad[0], pad[1]), (pad[2], pad[3]))
    options = {"kernel": kernel, "stride": stride, "padding": mine, "ceil_mode": ceil}
    theirs = {"kernel_size": kernel, "stride": stride, "padding": pad, "ceil_mode": ceil}
    maxima = poolcli.pool(x, "max", semantics="paddle", **options)
    np.testing.assert_array_equal(maxima, functional.max_pool2d(tensor, **theirs).numpy())
    means = poolcli.pool(x, "avg", semantics="paddle", **options)
    # Of a window of padding alone the mean is 0 / n, where n is not the 0 it might be.
    expected = functional.avg_pool2d(tensor, **theirs).numpy()
    expected[maxima == LOWEST] = np.nan
    np.testing.assert_allclose(means, expected, rtol=1e-5, atol=1e-6)
    if not np.isnan(means).any():
        for norm in (2, 3):
            ours = poolcli.pool(x, "lp", norm=norm, semantics="paddle", **options)
            found = functional.lp_pool2d(tensor, float(norm), **theirs).numpy()
            np.testing.assert_allclose(ours, found, rtol=1e-4, atol=1e-5)
line = lambda *values: paddle.to_tensor(np.array(values, np.float32).reshape(1, 1, 1, -1))
nan = float("nan")
assert functional.max_pool2d(line(5, nan, 1), (1, 3)).item() == 1
assert np.isnan(functional.max_pool2d(line(1, nan), (1, 2)).item())
values, index = functional.max_pool2d(line(5, nan, 1), (1, 3), return_mask=True)
assert (values.item(), index.item()) == (5, 0)
assert poolcli.pool([5, nan, 1], "max", kernel=3, semantics="paddle").item() == 5
"""


@pytest.mark.parametrize("program", [CODE, PROFILE], ids=["code", "profile"])
def test_paddle(program):
    if find_spec("paddle") is None:
        pytest.skip("paddle is not installed")
    here = Path(__file__).parent
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]

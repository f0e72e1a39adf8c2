"""What the rules say PyTorch does not have, it refuses; what they say it has, it takes."""

import numpy as np
import pytest

from poolcli.analysis.comparison.framework_differences import differences
from poolcli.pipeline.pipeline import as_map

torch = pytest.importorskip("torch", reason="torch is not installed")
pool = torch.nn.functional

CALLS = {
    "max -k 3 -s 2 -p 1": lambda x: pool.max_pool2d(x, 3, 2, 1),
    "max -k 3 -s 2 -p 2": lambda x: pool.max_pool2d(x, 3, 2, 2),
    "avg -k 3 -s 2 -p 2": lambda x: pool.avg_pool2d(x, 3, 2, 2),
    "max -k 3 -s 2 -p 0:1": lambda x: pool.max_pool2d(x, 3, 2, (0, 1, 0, 1)),
    "max -k 3 -s 2 -p same": lambda x: pool.max_pool2d(x, 3, 2, "same"),
    "max -k 3 -s 2 -d 2": lambda x: pool.max_pool2d(x, 3, 2, 0, 2),
    "avg -k 3 -s 2 -d 2": lambda x: pool.avg_pool2d(x, 3, 2, dilation=2),
    "avg -k 3 -s 2 --divisor 4": lambda x: pool.avg_pool2d(x, 3, 2, divisor_override=4),
    "avg -k 3 -s 2 --ceil-mode": lambda x: pool.avg_pool2d(x, 3, 2, ceil_mode=True),
    "lp -k 3 -s 2 --ceil-mode": lambda x: pool.lp_pool2d(x, 2, 3, 2, ceil_mode=True),
    "lp -k 3 -s 2 -p 1": lambda x: pool.lp_pool2d(x, 2, 3, 2, padding=1),
}


@pytest.mark.parametrize("text", CALLS)
def test_the_rules_tell_what_torch_refuses(text):
    x = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    (_, told, *_) = differences(text, ["poolcli", "torch"], as_map(x))
    if told.missing:
        with pytest.raises((RuntimeError, TypeError)):
            CALLS[text](torch.from_numpy(x))
    else:
        assert tuple(CALLS[text](torch.from_numpy(x)).shape) == told.shape

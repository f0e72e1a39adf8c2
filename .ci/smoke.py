"""A wheel's own test: the extensions were built, and one pools as NumPy does."""

import os

import numpy as np

import poolcli
from poolcli.engine import backend
from poolcli.io.pillow import png_rows

REDUCERS = ("max", "avg", "median", "mode")

x = np.random.default_rng(0).integers(0, 256, (3, 65, 67), dtype=np.uint8)
assert backend.name() == "compiled"
assert png_rows._png_rows is not None
compiled = [poolcli.pool(x, reducer, kernel=3, stride=2, padding=1) for reducer in REDUCERS]
os.environ["POOLCLI_BACKEND"] = "plain"
plain = [poolcli.pool(x, reducer, kernel=3, stride=2, padding=1) for reducer in REDUCERS]
for one, other in zip(compiled, plain, strict=True):
    np.testing.assert_array_equal(one, other)

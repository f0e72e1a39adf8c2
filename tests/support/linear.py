"""Values over the whole range of each dtype, for the tests of operations that are linear."""

import numpy as np

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]


def drawn(shape, dtype):
    """Values from the whole range of a dtype."""
    rng, kind = np.random.default_rng(shape), np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) < 0.5
    if kind in "iu":
        return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.normal(size=shape).astype(dtype)

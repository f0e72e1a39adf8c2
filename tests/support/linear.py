"""Values over the whole range of each dtype, for the tests of operations that are linear."""

import numpy as np

RNG = np.random.default_rng(3)
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
    kind = np.dtype(dtype).kind
    if kind == "b":
        return RNG.random(shape) < 0.5
    if kind in "iu":
        return RNG.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return RNG.normal(size=shape).astype(dtype)

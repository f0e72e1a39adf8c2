"""JAX, by the pooling functions of Flax."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "jax",
    library="Flax 0.12 on JAX",
    rules={
        "stride, when not given": Cited("1", "flax/linen/pooling.py"),
        "window without a pixel": Cited("max is -inf, avg and sum are 0", "flax/linen/pooling.py"),
        "padding in numbers": Cited("any", "flax/linen/pooling.py"),
        "padding above half the kernel": Cited("any", "flax/linen/pooling.py"),
        "padding of unequal sides": Cited("any", "flax/linen/pooling.py"),
        "padding same": Cited("odd pixel at the end", "lax.padtype_to_pads"),
        "divisor of avg": Cited("all taps of the kernel", "flax/linen/pooling.py"),
        "NaN in max": Cited("gives NaN", "lax.max"),
    },
    windows={"stride": (1,)},
    ops={"avg": {"divisor": "kernel"}},
    empty={"max": "lowest", "min": "highest", "avg": 0, "sum": 0},
)

"""Arrays that break poolings: each is small, the same at every call, and says which bug it would
find.
"""

import itertools

import numpy as np

Case = tuple[str, np.ndarray]

SPATIAL = {1: (7,), 2: (5, 7), 3: (4, 5, 3)}  # odd, unequal, and large enough for a kernel of 3
INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


def arrays(ndim_spatial: int, kind: str = "all") -> list[Case]:
    """(id, array) pairs with 1 to 3 trailing spatial axes, after batch axes of (), (2,), (2, 3) or
    (0,).
    """
    spatial = SPATIAL[ndim_spatial]
    cases = []
    if kind in ("float", "all"):
        cases += _sizes(spatial, np.float32) + _layouts(spatial, np.float32) + _floats(spatial)
    if kind in ("int", "all"):
        cases += _sizes(spatial, np.int16) + _layouts(spatial, np.int16) + _integers(spatial)
    return cases


def scrambled(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Values of -50..50 (0..100 when unsigned) in no order, without a repeat in the first 101."""
    values = np.arange(np.prod(shape, dtype=int)) * 37 % 101
    low = 0 if np.dtype(dtype).kind == "u" else 50
    return (values - low).reshape(shape).astype(dtype)


def tiled(shape: tuple[int, ...], values: list, dtype: type) -> np.ndarray:
    """A few values over and over; neighbours differ along every axis unless a size divides by their
    number.
    """
    return np.resize(np.array(values, dtype), shape)


def checkered(shape: tuple[int, ...], values: list, dtype: type) -> np.ndarray:
    """Values chosen by the sum of the indices, so that neighbours differ along every axis."""
    return np.array(values, dtype)[np.indices(shape).sum(axis=0) % len(values)]


def _sizes(spatial: tuple[int, ...], dtype: type) -> list[Case]:
    ndim, name = len(spatial), np.dtype(dtype).name
    shapes = [
        ("ones", (1,) * ndim),  # one pixel: windows longer than the map, std of one value
        ("twos", (2,) * ndim),  # a kernel of 3 must be refused, or padded
        ("thin", (1,) * (ndim - 1) + (9,)),  # axes swapped: kernel or padding of the wrong axis
        ("prime", spatial),  # odd sizes: the last pixels that no full window takes
        ("batch", (2, *spatial)),  # planes mixed up
        (
            "batches",
            (2, 3, *spatial),
        ),  # batch axes taken for spatial ones, reshapes in the wrong order
        ("empty", (0, *spatial)),  # a reduction of no elements, division by a size of 0
    ]
    return [(f"size-{what}-{name}", scrambled(shape, dtype)) for what, shape in shapes]


def _layouts(spatial: tuple[int, ...], dtype: type) -> list[Case]:
    """The same kind of values in every arrangement of memory."""
    plain, name = scrambled((2, *spatial), dtype), np.dtype(dtype).name
    doubled = scrambled((2, *(2 * size for size in spatial)), dtype)
    gapped = scrambled((2, *spatial[::-1], 2), dtype)
    backwards = (slice(None), *[slice(None, None, -1)] * len(spatial))
    skipping = (slice(None), *[slice(None, None, 2)] * len(spatial))
    read_only = plain.copy()
    read_only.flags.writeable = False
    unaligned = np.zeros(plain.nbytes + 1, np.uint8)[1:].view(dtype).reshape(plain.shape)
    unaligned[...] = plain
    variants = [
        (
            "byteswapped",
            plain.astype(plain.dtype.newbyteorder()),
        ),  # bytes read in the machine's order
        ("fortran", np.asfortranarray(plain)),  # memory order taken for index order
        ("reversed", plain[backwards]),  # negative strides: as_strided from the wrong end
        ("strided", doubled[skipping]),  # strides of the dtype's size assumed
        ("readonly", read_only),  # a write into the input
        (
            "broadcast",
            np.broadcast_to(scrambled(spatial, dtype), plain.shape),
        ),  # stride 0: in-place work hits twice
        (
            "broadcast-pixel",
            np.broadcast_to(np.array(3, dtype), plain.shape),
        ),  # stride 0 on spatial axes
        (
            "transposed",
            gapped[..., 0].transpose(0, *range(len(spatial), 0, -1)),
        ),  # neither C nor Fortran order
        ("unaligned", unaligned),  # pointers that are no multiple of the item size
    ]
    return [(f"layout-{what}-{name}", array) for what, array in variants]


def _floats(spatial: tuple[int, ...]) -> list[Case]:
    return _values(spatial, np.float32) + _nan(spatial) + _infinite(spatial) + _magnitudes(spatial)


def _values(spatial: tuple[int, ...], dtype: type) -> list[Case]:
    """Ordinary values in awkward company."""
    name = np.dtype(dtype).name
    return [
        (f"ties-{name}", tiled(spatial, [1, 1, 2, 2, 2], dtype)),  # the wrong one of equal maxima
        (
            f"constant-{name}",
            np.full(spatial, 7, dtype),
        ),  # std or range not 0, an average that moves a constant
        (f"zeros-{name}", np.zeros(spatial, dtype)),  # division by the largest value
        (
            f"increasing-{name}",
            np.arange(np.prod(spatial), dtype=dtype).reshape(spatial),
        ),  # windows off by one
    ] + (
        []
        if np.dtype(dtype).kind in "ub"
        else [
            (
                f"negative-{name}",
                -1 - np.abs(scrambled(spatial, dtype)),
            ),  # padding with 0, a maximum that starts at 0
        ]
    )


def _nan(spatial: tuple[int, ...]) -> list[Case]:
    """NaN where it may be skipped, spread or taken for a maximum."""
    centre = scrambled(spatial, np.float32)
    centre[tuple(size // 2 for size in spatial)] = np.nan
    corners = scrambled((2, *spatial), np.float32)
    for corner in itertools.product((0, -1), repeat=len(spatial)):
        corners[(0, *corner)] = np.nan
    return [
        (
            "nan-centre",
            centre,
        ),  # NaN lost in a comparison, or leaking to windows that do not hold it
        (
            "nan-corners",
            corners,
        ),  # NaN spread along a running sum; the second plane must stay clean
        (
            "nan-all",
            np.full(spatial, np.nan, np.float32),
        ),  # no valid pixel left with NaN ignored; warnings
        (
            "nan-every-other",
            checkered(spatial, [np.nan, 1, np.nan, 2], np.float64),
        ),  # counts after ignoring NaN
        (
            "nan-next-to-inf",
            checkered(spatial, [np.inf, np.nan, 1, 2, -np.inf, 3], np.float32),
        ),  # inf hides NaN
    ]


def _infinite(spatial: tuple[int, ...]) -> list[Case]:
    inf = np.inf
    return [
        (
            "inf-plus",
            checkered(spatial, [1, 2, 3, inf, 4], np.float32),
        ),  # inf - inf inside lse, soft, std, gem
        (
            "inf-minus",
            checkered(spatial, [1, 2, 3, -inf, 4], np.float32),
        ),  # e^-inf * -inf, a root of -inf
        (
            "inf-both",
            checkered(spatial, [inf, 1, -inf, 2, 3], np.float64),
        ),  # sums of inf - inf, warnings
        (
            "inf-all-minus",
            np.full(spatial, -inf, np.float32),
        ),  # a maximum that starts at the lowest finite value
        (
            "inf-all-plus",
            np.full(spatial, inf, np.float32),
        ),  # a minimum that starts at the highest finite value
    ]


def _magnitudes(spatial: tuple[int, ...]) -> list[Case]:
    pattern = scrambled(spatial, np.float64)
    finest = np.finfo(np.float64).smallest_subnormal
    return [
        (
            "minus-zero",
            checkered(spatial, [-0.0, 0.0, -0.0], np.float32),
        ),  # signs, logs and roots of zero
        (
            "only-minus-zero",
            np.full(spatial, -0.0, np.float32),
        ),  # division by a largest value that is -0.0
        ("big-float32", (pattern * 2e28).astype(np.float32)),  # squares overflow float32
        ("big-float64", pattern * 2e298),  # squares overflow float64
        (
            "denormal-float32",
            (pattern * 1e-43).astype(np.float32),
        ),  # squares and reciprocals vanish
        ("denormal-float64", pattern * finest),  # the same below float64
        (
            "one-denormal",
            checkered(spatial, [0, 0, finest, 0], np.float64),
        ),  # 1 / largest overflows
        (
            "offset-float64",
            1e8 + pattern * 1e-6,
        ),  # std by the difference of squares: noise or a root below 0
        (
            "offset-float32",
            (4096 + pattern / 1024).astype(np.float32),
        ),  # the same, within float32's steps
        ("offset-negative", -1e8 + pattern * 1e-6),  # the same with the sign that abs() hides
        ("tenths", np.full(spatial, 0.1)),  # 0.1 + 0.1 + 0.1 is not 0.3
        ("exp-255", checkered(spatial, [0, 255, 128, 254], np.float32)),  # e^255 overflows float32
        (
            "exp-1000",
            checkered(spatial, [1000, -1000, 999, -999.5], np.float64),
        ),  # e^1000 overflows float64
        (
            "float16-max",
            checkered(spatial, [65504, 65472, 65440], np.float16),
        ),  # any sum overflows float16
        (
            "float16-signs",
            checkered(spatial, [65504, -65504, 1], np.float16),
        ),  # range and squares overflow float16
        (
            "float16-plain",
            scrambled(spatial, np.float16),
        ),  # an average rounded to float16 at every addition
        ("float64-plain", pattern / 7),  # float64 cut to float32 on the way
    ]


def _integers(spatial: tuple[int, ...]) -> list[Case]:
    cases = _values(spatial, np.uint8) + _values(spatial, np.int32)
    for dtype in INTEGERS:
        low, high, name = np.iinfo(dtype).min, np.iinfo(dtype).max, np.dtype(dtype).name
        cases += [
            (
                f"extremes-{name}",
                checkered(spatial, [low, high, high], dtype),
            ),  # range and |min| overflow
            (
                f"highest-{name}",
                np.full(spatial, high, dtype),
            ),  # sums overflow the dtype; float rounds it up
            (
                f"lowest-{name}",
                np.full(spatial, low, dtype),
            ),  # -min is min; a maximum that starts at 0
            (
                f"plain-{name}",
                scrambled(spatial, dtype),
            ),  # averages that truncate instead of rounding
        ]
    beyond = 2**53
    return [
        *cases,
        (
            "cancel-int64",
            tiled(spatial, [2**62, 1, -(2**62), 1], np.int64),
        ),  # the ones lost in a float sum
        (
            "steps-int64",
            beyond + scrambled(spatial, np.int64),
        ),  # max through float64 loses odd numbers
        ("steps-uint64", 2**63 + 1 + scrambled(spatial, np.uint64)),  # through int64: negative
        (
            "halves-uint8",
            checkered(spatial, [0, 1, 254, 255], np.uint8),
        ),  # averages that end in .5: one rounding
        ("bool", checkered(spatial, [True, False, False], np.bool_)),  # True + True is True
        ("bool-true", np.ones(spatial, np.bool_)),  # bool subtraction is an error in NumPy
        ("bool-false", np.zeros(spatial, np.bool_)),  # nothing to divide by
    ]

"""The slow, plain reference of every place and every folding reducer, written from the definitions
alone.

A window's pixels are Python numbers and sums are exact fractions, so nothing cancels, overflows or
depends on an order. Where a formula leaves the rationals (a root, an exponential) its argument is
scaled into [0, 1] first.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

Number = int | float | Fraction


# Where: windows along one axis --------------------------------------------------------------------


class Constant(NamedTuple):
    """Stands for the index of a pixel of a constant border."""

    value: float


class Window(NamedTuple):
    """One window along one axis: the indices it takes, and how many of its taps fall in map plus
    padding.
    """

    taps: tuple[int | Constant, ...]
    extent: int
    places: tuple[
        int | Constant | None, ...
    ] = ()  # of all taps of the kernel, None without a pixel
    padded: tuple[bool, ...] = ()  # whether each tap of the kernel falls in map plus padding


class Windows(list):
    """The windows along each axis, with the taps that count, if not all do."""

    footprint: np.ndarray | None = None


def sliding(
    length: int,
    kernel: int,
    stride: int | None = None,
    padding: tuple[int, int] | str = (0, 0),
    dilation: int = 1,
    ceil_mode: bool | str = False,
    border: str | float = "clip",
    allows_empty: bool = False,
) -> list[Window]:
    """The windows of a sliding kernel; the words for padding fix the number of windows whatever
    ceil_mode says. A border puts pixels in the padding. "drop-padded" looks at this axis alone.
    """
    stride = kernel if stride is None else stride
    if min(length, kernel, stride, dilation) < 1:
        raise ValueError("length, kernel, stride and dilation start at 1")
    reach = dilation * (kernel - 1) + 1
    begin, end, count = _layout(length, reach, stride, padding, ceil_mode)
    if min(begin, end) < 0 or reach > length + begin + end:
        raise ValueError(
            f"a kernel reaching over {reach} does not fit in {length} + {begin} + {end}"
        )
    windows = []
    for cell in range(count):
        places = [cell * stride - begin + tap * dilation for tap in range(kernel)]
        reached = [place for place in places if -begin <= place < length + end]
        found = [in_border(place, length, border) for place in reached]
        inside = tuple(place for place in found if place is not None)
        if not (inside or allows_empty):
            raise ValueError(f"window {cell} has no pixel")
        padded = tuple(place in reached for place in places)
        whole = tuple(
            in_border(place, length, border) if is_in else None
            for place, is_in in zip(places, padded, strict=True)
        )
        windows.append(Window(inside, len(reached), whole, padded))
    return windows


def in_border(place: int, length: int, border: str | float) -> int | Constant | None:
    """The pixel at a place beside a map, step by step as `numpy.pad` walks over the map."""
    if not isinstance(border, str):
        return place if 0 <= place < length else Constant(border)
    if border == "clip":
        return place if 0 <= place < length else None
    while not 0 <= place < length:
        is_before = place < 0
        if border == "edge" or length == 1:
            place = 0 if is_before else length - 1
        elif border == "wrap":
            place += length if is_before else -length
        else:
            last = 0 if border == "reflect" else 1
            place = -last - place if is_before else 2 * (length - 1) + last - place
    return place


def _layout(
    length: int, reach: int, stride: int, padding: tuple[int, int] | str, ceil_mode: bool | str
) -> tuple[int, ...]:
    """Padding before, padding after and the number of windows."""
    if padding in ("same", "same-lower"):
        count = math.ceil(Fraction(length, stride))
        total = max((count - 1) * stride + reach - length, 0)
        less, more = math.floor(Fraction(total, 2)), math.ceil(Fraction(total, 2))
        return (less, more, count) if padding == "same" else (more, less, count)
    if padding == "valid":
        return 0, 0, math.ceil(Fraction(length - reach + 1, stride))
    begin, end = padding
    steps = Fraction(length + begin + end - reach, stride)
    count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    drops = ceil_mode in (True, "drop") or (ceil_mode == "drop-padded" and begin + end > 0)
    if drops and (count - 1) * stride >= length + begin:  # the last one starts in the padding after
        count -= 1
    if ceil_mode == "fill":
        end = max(end, (count - 1) * stride + reach - length - begin)
    return begin, end, count


def adaptive(length: int, cells: int) -> list[Window]:
    """That many windows, each from the floor of its share of the axis to the ceiling of it."""
    if min(length, cells) < 1:
        raise ValueError("length and cells start at 1")
    windows = []
    for cell in range(cells):
        start = math.floor(Fraction(cell * length, cells))
        stop = math.ceil(Fraction((cell + 1) * length, cells))
        windows.append(Window(tuple(range(start, stop)), stop - start))
    return windows


# How: reducers of one window's valid pixels -------------------------------------------------------


class Settings(NamedTuple):
    """The parameters of reducers."""

    norm: float | None = None  # None: 2 for lp, 3 for gem
    sharpness: float = 1.0
    alpha: float | Fraction = 0.5
    eps: float = 1e-6
    count_include_pad: bool = False
    divisor: float | None = None
    q: float = 0.5
    interpolation: str = "linear"
    trim: float = 0.1
    of: tuple[float, ...] = ()
    period: float = 360
    seed: int = 0


class Cell(NamedTuple):
    """One window's valid pixels, their weights, the number of padding places under it, and the
    settings.
    """

    pixels: list[int | float]
    weights: list[Fraction]
    padding: int
    settings: Settings
    plane: int = 0  # its number, and that of the cell in the plane
    number: int = 0


def _total(pixels: Sequence[Number], weights: Sequence[Fraction]) -> Number:
    """The exact weighted sum, or by IEEE's rules infinity or NaN when there are infinities."""
    infinite = [pixel for pixel in pixels if not math.isfinite(pixel)]
    if infinite:
        return sum(infinite)
    return sum(
        (Fraction(pixel) * weight for pixel, weight in zip(pixels, weights, strict=True)),
        Fraction(0),
    )


def _mean(pixels: Sequence[Number], weights: Sequence[Fraction]) -> Number:
    return _total(pixels, weights) / sum(weights)


def _sum(cell: Cell) -> Number:
    return _total(cell.pixels, [Fraction(1)] * len(cell.pixels))


def _avg(cell: Cell) -> Number:
    total = _total(cell.pixels, cell.weights)
    if cell.settings.divisor is not None:
        return total / Fraction(cell.settings.divisor)
    return total / (sum(cell.weights) + (cell.padding if cell.settings.count_include_pad else 0))


def _range(cell: Cell) -> Number:
    highest, lowest = max(cell.pixels), min(cell.pixels)
    if math.isinf(highest) or math.isinf(lowest):
        return highest - lowest
    return Fraction(highest) - Fraction(lowest)


def _root_mean_square(pixels: Sequence[Number], weights: Sequence[Fraction]) -> float:
    """The root of the mean square: the mean of (x / the largest)^2 is exact and at most 1."""
    largest = max(abs(Fraction(pixel)) for pixel in pixels)
    if largest == 0:
        return 0.0
    mean = _mean([(Fraction(pixel) / largest) ** 2 for pixel in pixels], weights)
    return as_float(largest) * math.sqrt(mean)


def _std(cell: Cell) -> float:
    mean = _mean(cell.pixels, cell.weights)
    if not math.isfinite(mean):
        return math.nan
    return _root_mean_square([Fraction(pixel) - mean for pixel in cell.pixels], cell.weights)


def _var(cell: Cell) -> Number:
    mean = _mean(cell.pixels, cell.weights)
    if not math.isfinite(mean):
        return math.nan
    squares = [(Fraction(pixel) - mean) ** 2 for pixel in cell.pixels]
    pairs = zip(squares, cell.weights, strict=True)
    return sum(square * weight for square, weight in pairs) / sum(cell.weights)


def _l2(cell: Cell) -> float:
    if any(math.isinf(pixel) for pixel in cell.pixels):
        return math.inf
    return _root_mean_square(cell.pixels, cell.weights)


def _lp(cell: Cell) -> float:
    norm = 2 if cell.settings.norm is None else cell.settings.norm
    sizes = [float(abs(pixel)) for pixel in cell.pixels]
    largest = max(sizes)
    if largest in (0, math.inf):
        return largest
    return largest * math.fsum((size / largest) ** norm for size in sizes) ** (1 / norm)


def _gem(cell: Cell) -> float:
    norm = 3 if cell.settings.norm is None else cell.settings.norm
    sizes = [max(float(pixel), cell.settings.eps) for pixel in cell.pixels]
    largest = max(sizes)
    if largest == math.inf:
        return math.inf
    return largest * float(_mean([(size / largest) ** norm for size in sizes], cell.weights)) ** (
        1 / norm
    )


def _lse(cell: Cell) -> float:
    sharpness = cell.settings.sharpness
    peak = (
        max(cell.pixels) if sharpness > 0 else min(cell.pixels)
    )  # the pixel with the largest e^(r x)
    if math.isinf(peak):
        return peak
    mean = _mean([math.exp(sharpness * float(pixel - peak)) for pixel in cell.pixels], cell.weights)
    return float(peak) + math.log(mean) / sharpness


def _soft(cell: Cell) -> Number:
    if any(math.isinf(pixel) for pixel in cell.pixels):
        return math.nan
    peak = max(cell.pixels)
    shares = [
        weight * Fraction(math.exp(float(pixel - peak)))
        for pixel, weight in zip(cell.pixels, cell.weights, strict=True)
    ]
    return _mean(cell.pixels, shares)


def _mixed(cell: Cell) -> Number:
    highest, mean, alpha = max(cell.pixels), _mean(cell.pixels, cell.weights), cell.settings.alpha
    if math.isfinite(mean):
        return Fraction(alpha) * Fraction(highest) + (1 - Fraction(alpha)) * mean
    return float(alpha) * highest + float(1 - alpha) * mean


def _quantile(cell: Cell) -> Number:
    """Between the neighbours of the place q (n - 1) in the sorted pixels."""
    pixels, how = sorted(cell.pixels), cell.settings.interpolation
    place = Fraction(str(cell.settings.q)) * (len(pixels) - 1)
    low, high = pixels[math.floor(place)], pixels[math.ceil(place)]
    if how == "nearest":
        return pixels[round(place)]
    if how in ("lower", "higher"):
        return low if how == "lower" else high
    share = place - math.floor(place) if how == "linear" else Fraction(1, 2)
    if low == high or share == 0:
        return low
    if math.isinf(low) or math.isinf(high):
        return low * float(1 - share) + high * float(share)
    return (1 - share) * Fraction(low) + share * Fraction(high)


def _trimmed(cell: Cell) -> Number:
    """The mean of the sorted pixels without the same number at each end."""
    cut = math.floor(Fraction(str(cell.settings.trim)) * len(cell.pixels))
    kept = sorted(cell.pixels)[cut : len(cell.pixels) - cut]
    return _mean(kept, [Fraction(1)] * len(kept))


def _fraction(cell: Cell) -> Number:
    found = [
        weight
        for pixel, weight in zip(cell.pixels, cell.weights, strict=True)
        if pixel in cell.settings.of
    ]
    return Fraction(sum(found)) / sum(cell.weights)


def _circmean(cell: Cell) -> Number:
    """The direction of the sum of unit vectors, whose angles are exact parts of a turn."""
    if not all(map(math.isfinite, cell.pixels)):
        return math.nan
    period = Fraction(cell.settings.period)
    across, up = [], []
    for pixel, weight in zip(cell.pixels, cell.weights, strict=True):
        turns = Fraction(pixel) % period / period
        quarter, rest = divmod(turns * 4, 1)
        cosine, sine = (each(float(rest) * math.pi / 2) for each in (math.cos, math.sin))
        for _ in range(int(quarter)):
            cosine, sine = -sine, cosine
        across.append(float(weight) * cosine)
        up.append(float(weight) * sine)
    whole = math.fsum(up), math.fsum(across)
    if math.hypot(*whole) <= 1e-15 * float(sum(cell.weights)):
        return math.nan
    return math.atan2(*whole) / (2 * math.pi) % 1 * cell.settings.period


def _mode(cell: Cell) -> Number:
    return min(cell.pixels, key=lambda pixel: (-cell.pixels.count(pixel), pixel))


def _stochastic(cell: Cell) -> Number:
    """The pixel at which the running sum passes a drawn share of the whole; zero where there is
    none.
    """
    shares = [Fraction(pixel) for pixel in cell.pixels if math.isfinite(pixel)]
    if len(shares) < len(cell.pixels):
        shares = [Fraction(math.isinf(pixel)) for pixel in cell.pixels]
    mark = sum(shares) * drawn(cell.settings.seed, cell.plane, cell.number)
    for pixel, total in zip(cell.pixels, itertools.accumulate(shares), strict=True):
        if total > mark:
            return pixel
    return 0


def drawn(*numbers: int) -> Fraction:
    """A share that depends on these numbers alone: SplitMix64, one step for each, 52 bits of the
    last state.
    """
    state = 0
    for number in numbers:
        state = ((state ^ number) + 0x9E3779B97F4A7C15) % 2**64
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB % 2**64
        state = state ^ (state >> 31)
    return Fraction(state >> 12, 2**52)


REDUCERS: dict[str, Callable[[Cell], Number]] = {
    "max": lambda cell: max(cell.pixels),
    "min": lambda cell: min(cell.pixels),
    "sum": _sum,
    "avg": _avg,
    "range": _range,
    "std": _std,
    "var": _var,
    "l2": _l2,
    "lp": _lp,
    "gem": _gem,
    "lse": _lse,
    "soft": _soft,
    "mixed": _mixed,
    "median": _quantile,
    "quantile": _quantile,
    "trimmed": _trimmed,
    "mode": _mode,
    "fraction": _fraction,
    "circmean": _circmean,
    "stochastic": _stochastic,
}
PICKING = ("lower", "higher", "nearest")
EXACT = ("max", "min", "sum", "avg", "range", "var", "mixed", "median", "quantile")


# Together: every window of every plane ------------------------------------------------------------


class Validity(NamedTuple):
    """Which pixels count, and how many of a window must."""

    nan: str = "propagate"
    nodata: float | tuple[float, ...] | None = None
    min_valid: float | None = None
    weights: np.ndarray | None = None


def pool(
    x: np.ndarray,
    op: str,
    windows: Sequence[list[Window]],
    *,
    nan: str = "propagate",
    nodata: float | tuple[float, ...] | None = None,
    min_valid: float | None = None,
    weights: np.ndarray | None = None,
    **settings: Any,
) -> np.ndarray:
    """The pooled map in float64; what picks a pixel keeps x's dtype, unless an empty window's value
    does not fit.
    """
    cells = _pool(x, op, windows, Settings(**settings), Validity(nan, nodata, min_valid, weights))
    empty = math.nan if nodata is None else first_of(nodata)
    dtype = np.dtype(np.float64)
    if op in ("max", "min", "mode", "stochastic") or settings.get("interpolation") in PICKING:
        held = _in_dtype(empty, x.dtype)
        if held is not None or not any(cell is None for cell in cells.flat):
            empty, dtype = held, x.dtype.newbyteorder("=")
    pooled = np.empty(cells.shape, dtype)
    for place in np.ndindex(cells.shape):
        value = empty if cells[place] is None else cells[place]
        pooled[place] = as_float(value) if isinstance(value, Fraction) else value
    return pooled


def pool_exact(
    x: np.ndarray,
    op: str,
    windows: Sequence[list[Window]],
    *,
    nodata: float | tuple[float, ...] | None = None,
    min_valid: float | None = None,
    weights: np.ndarray | None = None,
    **settings: Any,
) -> np.ndarray:
    """The pooled map of integers as an object array of fractions; an empty window is nodata, or
    None without one.
    """
    if op not in EXACT or x.dtype.kind not in "biu":
        raise TypeError(f"{op} of {x.dtype} is no fraction")
    cells = _pool(
        x, op, windows, Settings(**settings), Validity("propagate", nodata, min_valid, weights)
    )
    for place in np.ndindex(cells.shape):
        value = cells[place]
        if value is None and nodata is not None:
            value = first_of(nodata)
        cells[place] = None if value is None else Fraction(value)
    return cells


def round_exact(value: Fraction, how: str) -> int:
    """The integer a fraction rounds to: half-even, half-up (towards +infinity, also below zero),
    half-away (from zero) or floor.
    """
    return {
        "half-even": round(value),
        "half-up": math.floor(value + Fraction(1, 2)),
        "half-away": (1 if value > 0 else -1) * math.floor(abs(value) + Fraction(1, 2)),
        "floor": math.floor(value),
    }[how]


def as_float(value: Number) -> float:
    """The nearest float64, infinite beyond its range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _pool(
    x: np.ndarray, op: str, windows: Sequence[list[Window]], settings: Settings, validity: Validity
) -> np.ndarray:
    """What the reducer makes of every cell, None where a window is empty."""
    batch = x.shape[: x.ndim - len(windows)]
    cells = np.empty(batch + tuple(len(axis) for axis in windows), object)
    for place in np.ndindex(cells.shape):
        plane, position = place[: len(batch)], place[len(batch) :]
        cell_windows = [axis[index] for axis, index in zip(windows, position, strict=True)]
        indices = [plane + index for index in _taps(cell_windows, windows)]
        pixels, weights = _valid(x, indices, validity)
        fraction = len(pixels) / max(len(indices), 1)
        if not pixels or (validity.min_valid is not None and fraction < validity.min_valid):
            cells[place] = None
        elif any(math.isnan(pixel) for pixel in pixels):
            cells[place] = math.nan
        else:
            padding = _padded(cell_windows, windows) - len(indices)
            numbers = _flat(plane, batch), _flat(position, cells.shape[len(batch) :])
            cells[place] = REDUCERS[op](Cell(pixels, weights, padding, settings, *numbers))
    return cells


def _taps(window: Sequence[Window], windows: Sequence[list[Window]]) -> list[tuple]:
    """The indices that a window reads, in the order of its taps."""
    footprint = getattr(windows, "footprint", None)
    if footprint is None:
        return list(itertools.product(*(axis.taps for axis in window)))
    taps = np.argwhere(footprint).tolist()
    places = [tuple(axis.places[at] for axis, at in zip(window, tap, strict=True)) for tap in taps]
    return [place for place in places if None not in place]


def _padded(window: Sequence[Window], windows: Sequence[list[Window]]) -> int:
    """How many taps of a window fall in map plus padding."""
    footprint = getattr(windows, "footprint", None)
    if footprint is None:
        return math.prod(axis.extent for axis in window)
    taps = np.argwhere(footprint).tolist()
    return sum(all(axis.padded[at] for axis, at in zip(window, tap, strict=True)) for tap in taps)


def footprint(name: str, kernel: Sequence[int]) -> np.ndarray:
    """The taps of a named footprint, by the distance of each from the middle."""
    taps = np.zeros(kernel, bool)
    for tap in np.ndindex(*kernel):
        away = [abs(Fraction(size - 1, 2) - at) for at, size in zip(tap, kernel, strict=True)]
        radii = [Fraction(size - 1, 2) for size in kernel]
        if name == "cross":
            taps[tap] = sum(distance > Fraction(1, 2) for distance in away) <= 1
        else:
            taps[tap] = _reach(away, radii, 1 if name == "diamond" else 2) <= 1
        if name == "ring" and min(kernel) > 2:
            taps[tap] &= _reach(away, [radius - 1 for radius in radii], 2) > 1
    return taps


def _reach(away: list[Fraction], radii: list[Fraction], power: int) -> Number:
    """The distance as a share of the radius; without a radius only the middle is reached."""
    if any(radius == 0 and distance for distance, radius in zip(away, radii, strict=True)):
        return math.inf
    return sum(((d / r) ** power for d, r in zip(away, radii, strict=True) if r), start=Fraction(0))


def indices(
    x: np.ndarray, op: str, windows: Sequence[list[Window]], *, order: str = "plane", **given: Any
) -> np.ndarray:
    """The flat index of the first pixel of each window that is the result; -1 where none is."""
    pooled = pool(x, op, windows, **given)
    validity = Validity(**{name: given[name] for name in given if name in Validity._fields})
    batch = x.shape[: x.ndim - len(windows)]
    places = np.full(pooled.shape, -1, np.int64)
    for place in np.ndindex(pooled.shape):
        window = [axis[index] for axis, index in zip(windows, place[len(batch) :], strict=True)]
        for index in _taps(window, windows):
            pixel, _ = _valid(x, [place[: len(batch)] + index], validity)
            if pixel and (
                pixel[0] == pooled[place] or (math.isnan(pixel[0]) and math.isnan(pooled[place]))
            ):
                if any(isinstance(at, Constant) for at in index):
                    break
                places[place] = _number(place[: len(batch)], index, x.shape, order)
                break
    return places


def _number(
    plane: tuple[int, ...], index: tuple[int, ...], shape: tuple[int, ...], order: str
) -> int:
    """The flat index of a pixel of an array (*planes, *map), whose last plane axis is channels."""
    if order == "tensor":
        return _flat((*plane, *index), shape)
    space = shape[len(plane) :]
    return (
        _flat((*index, plane[-1]), (*space, shape[len(plane) - 1]))
        if (order == "nhwc" and plane)
        else _flat(index, space)
    )


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    number = 0
    for place, size in zip(index, shape, strict=True):
        number = number * size + place
    return number


def _valid(
    x: np.ndarray, indices: list[tuple[int, ...]], validity: Validity
) -> tuple[list[int | float], list[Fraction]]:
    """The pixels of a window that count, and their weights."""
    pixels, weights = [], []
    for index in indices:
        constants = [place.value for place in index if isinstance(place, Constant)]
        pixel = constants[-1] if constants else x[index].item()
        weight = Fraction(1)
        if validity.weights is not None:
            weight = Fraction(validity.weights[index].item())
        if weight > 0 and not _is_left_out(pixel, x.dtype, validity):
            pixels.append(int(pixel) if isinstance(pixel, bool) else pixel)
            weights.append(weight)
    return pixels, weights


def first_of(nodata: float | tuple[float, ...]) -> float:
    """The nodata value that an empty window gives."""
    return nodata[0] if isinstance(nodata, tuple) else nodata


def _is_left_out(pixel: float, dtype: np.dtype, validity: Validity) -> bool:
    """Whether a pixel does not count: an ignored NaN, or the nodata value (which may itself be
    NaN).
    """
    named = validity.nodata if isinstance(validity.nodata, tuple) else (validity.nodata,)
    hidden = [_in_dtype(value, dtype) for value in named if value is not None]
    if math.isnan(pixel):
        has_nan = any(value is not None and math.isnan(value) for value in hidden)
        return validity.nan == "ignore" or has_nan
    return pixel in hidden


def _in_dtype(value: float, dtype: np.dtype) -> float | None:
    """A value as the dtype stores it (floats round it, integers need it exactly), None when it does
    not fit.
    """
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            stored = np.float64(value).astype(dtype).item()
        return None if math.isinf(stored) and not math.isinf(value) else stored
    if not math.isfinite(value) or value != int(value):
        return None
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return int(value) if low <= value <= high else None

"""Which options go together: the kind of windows they choose, and what is missing or excluded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolcli.errors import RequestError
from poolcli.pipeline.arrays import ArrayFile
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.op import Op
from poolcli.pipeline.options import LEVEL_KERNEL, SELECTING_INTERPOLATIONS
from poolcli.pipeline.parameters import Parameter
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.table import ROWS
from poolcli.pipeline.window_kinds import (
    AREA_CELLS,
    KERNEL,
    REGION_BOXES,
    SEED,
    WINDOW_KINDS,
    WindowKind,
)

Values = Mapping[str, Any]


def windows_of(op: Op, values: Values) -> WindowKind | None:
    """Return the kind of windows that the options choose; RequestError where they choose two."""
    if not op.windows:
        return None
    keyed = [kind for kind in op.windows if kind.key and values.get(kind.key.name)]
    chosen = keyed[0] if keyed else op.windows[0]
    mine = (*chosen.parameters, *op.parameters)
    for kind in op.windows:
        for option in kind.parameters:
            if values.get(option.name) and option not in mine:
                raise RequestError(f"{op.name}: {_conflict(option, chosen)}")
    if chosen.reducers and chosen.key and op.name not in chosen.reducers:
        _check_plugin_area(op, chosen.key.word, chosen.reducers)
    return chosen


def _check_plugin_area(op: Op, word: str, reducers: tuple[str, ...]) -> None:
    """Raise RequestError but for a plugin's fold whose numbers count by the part of a pixel."""
    if op.is_plugin and op.alpha_weighted:
        return
    *others, last = reducers
    cure = f"{', '.join(others)} and {last} have"
    if op.is_plugin:
        cure = "a plugin's fold has it whose numbers can be weighed, as `weighs=True` says"
    raise RequestError(f"{op.name} has no {word}: {cure}")


def check(op: Op, windows: WindowKind | None, values: Values) -> None:
    """Raise RequestError where an option lacks another, or excludes it."""
    _check_needs(op, windows, values)
    if values.get("min_valid") is not None and not _leaves_out(values):
        raise RequestError(
            f"{op.name}: `min_valid` counts what `nodata`, `mask` or `nan` ignore leave out: "
            "give one of them"
        )
    if values.get("divisor") == "kernel" and windows and KERNEL not in windows.parameters:
        raise RequestError(
            f"{op.name}: {windows.name} windows have no kernel: give `divisor` a number"
        )
    _check_footprint(op, values)
    _check_area(op, windows, values)
    if set(values.get("border") or ()) - {"clip"} and values.get("padding") is None:
        raise RequestError(
            f"{op.name}: `border` says what is in the padding, and there is none: "
            "give `padding`, such as same"
        )
    if values.get("exact") and values.get("ceil_mode"):
        raise RequestError(
            f"{op.name}: `exact` leaves no rest that `ceil_mode` is about: give one of them"
        )
    _check_boxes(op, values)
    _check_levels(op, values)
    if values.get("samples") is not None and "seed" in values and SEED not in op.parameters:
        raise RequestError(f"{op.name}: `seed` draws what `samples` gives: give one of them")


def check_indices(step: Configuration) -> None:
    """Raise RequestError where a result of the step is not a pixel of its window."""
    if not step.op.indexed:
        names = ", ".join(op.name for op in ROWS if op.indexed)
        raise RequestError(f"{step.op.name} has no indices: {names} have")
    if step.windows and AREA_CELLS in step.windows.parameters:
        raise RequestError(f"{step.op.name}: `area` has shares of pixels, which have no index")
    if step.returns_input_values:
        return
    computed = [name for name in ("emit", "normalize") if step[name]]
    *others, last = SELECTING_INTERPOLATIONS
    selects = f"give `interpolation` {', '.join(others)} or {last}"
    cure = f"leave `{computed[0]}` out" if computed else selects
    raise RequestError(f"{step.op.name} gives values that are no pixels, and have no index: {cure}")


def _check_area(op: Op, windows: WindowKind | None, values: Values) -> None:
    """Raise RequestError for what cells with shares of pixels do not have."""
    if windows is None or AREA_CELLS not in windows.parameters:
        return
    for name in ("divisor", "count_include_pad"):
        if values.get(name):
            raise RequestError(f"{op.name}: `{name}` is for windows of whole pixels, not `area`")
    if values.get("emit") == "count":
        raise RequestError(f"{op.name}: `area` has shares of pixels: give `emit` fraction")


def _check_levels(op: Op, values: Values) -> None:
    """Raise RequestError where the levels of a pyramid are said twice, or are no smaller."""
    if LEVEL_KERNEL not in op.parameters:
        return
    pairs = (
        ("levels", "smallest", "both say how many levels there are"),
        ("kernel", "isotropic", "both say how an axis is pooled"),
    )
    for one, other, why in pairs:
        if values.get(one) is not None and values.get(other):
            raise RequestError(f"{op.name}: `{one}` and `{other}` {why}: give one of them")
    if max(values.get("kernel") or (2,)) < 2:
        raise RequestError(f"{op.name}: `kernel` 1 makes no level smaller: give 2 or more")


def _check_footprint(op: Op, values: Values) -> None:
    """Raise RequestError where a footprint has another size than the kernel that is written."""
    taps, kernel = values.get("footprint"), values.get("kernel")
    if isinstance(taps, ArrayFile) and kernel:
        shape = taps.array.shape
        if kernel != shape and (len(kernel) > 1 or set(kernel) != set(shape)):
            written, size = ("x".join(map(str, numbers)) for numbers in (kernel, shape))
            raise RequestError(
                f"{op.name}: `kernel` {written} is not the size {size} of `footprint` {taps.text}: "
                "leave it out"
            )


def _conflict(option: Parameter, chosen: WindowKind) -> str:
    """Why an option does not fit the windows: its key is missing, or there are two kinds."""
    key = next(kind.key for kind in WINDOW_KINDS if option in kind.parameters)
    if key and key is not option:
        return f"{option.word} belongs to {key.word}: give that, too"
    mine = chosen.key or chosen.parameters[0]
    return f"{mine.word} and {option.word} are two kinds of windows: give one of them"


def _check_boxes(op: Op, values: Values) -> None:
    """Raise RequestError for boxes with swapped corners, unless the profile takes any box."""
    boxes = values.get(REGION_BOXES.name)
    if boxes is None or PROFILES[values.get("semantics", "poolcli")].any_box:
        return
    from poolcli.pipeline.box_rows import check_corners  # here, as help needs neither JSON nor CSV

    try:
        check_corners(boxes.array)
    except ValueError as error:
        raise RequestError(f"{op.name}: {REGION_BOXES.word} {boxes.text}: {error}") from None


def _leaves_out(values: Values) -> bool:
    """Whether some pixels do not count."""
    named = values.get("nodata") is not None or values.get("mask") is not None
    return named or values.get("nan") == "ignore"


def _check_needs(op: Op, windows: WindowKind | None, values: Values) -> None:
    for option in (*op.required, *(windows.required if windows else ())):
        if option.name not in values:
            about = f"{option.help[0].lower()}{option.help[1:].rstrip('.')}"
            raise RequestError(f"{op.name} needs {option.word}: {about}")

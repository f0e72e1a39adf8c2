"""The signatures of the extension; its docstrings tell the rest."""

from collections.abc import Sequence

from poolcli.maps.array import Array

INTERFACE: int
ADD: int
MAX: int
MIN: int
SQUARES: int
CUBES: int
CUBES_ABOVE: int
HALF_EVEN: int
HALF_UP: int
FLOOR: int
ROOT: int

Tables = Sequence[Array]
Rank = Array | int

def fold(
    x: Array,
    out: Array | None,
    tables: Tables,
    merge: int,
    state: str,
    counts: Tables | None = None,
    rounding: int = ...,
    /,
) -> bool: ...
def can_fold(merge: int, pixels: str, state: str, mean: str = ..., /) -> bool: ...
def fold_index(
    x: Array,
    outs: tuple[Array, Array],
    tables: Tables,
    merge: int,
    base: Array,
    pitch: Array,
    last: bool = False,
    /,
) -> bool: ...
def network(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    phases: int,
    calls: Array,
    results: Array,
    frequent: bool = False,
    ranks: Sequence[Rank] | None = None,
    /,
) -> bool: ...
def order(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    ranks: Sequence[Rank] | None,
    valid: Array | None = None,
    /,
) -> bool: ...
def spread(
    x: Array, out: Array | None, tables: Tables, root: bool, valid: Array | None, /
) -> bool: ...
def deviate(
    totals: Array,
    squares: Array,
    out: Array | None,
    counts: Tables,
    root: bool,
    rounding: int,
    /,
) -> bool: ...
def divide(totals: Array, counts: Array, out: Array, rounding: int, /) -> bool: ...
def correlate(x: Array, out: Array, tables: Tables, weights: Array, /) -> bool: ...
def weigh(
    x: Array, out: Array, rows: tuple[Array, Array], columns: tuple[Array, Array], /
) -> bool: ...

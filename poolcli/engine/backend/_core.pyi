"""The signatures of the extension; its docstrings tell the rest."""

from collections.abc import Sequence

from poolcli.maps.array import Array

ADD: int
MAX: int
MIN: int
SQUARES: int
HALF_EVEN: int
HALF_UP: int
FLOOR: int

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
) -> None: ...
def fold_index(
    x: Array,
    values: Array,
    indices: Array,
    tables: Tables,
    merge: int,
    base: Array,
    pitch: Array,
    last: bool = False,
    /,
) -> None: ...
def network(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    phases: int,
    calls: Array,
    results: Array,
    frequent: bool = False,
    /,
) -> None: ...
def rank_sort(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    ranks: Sequence[Rank],
    valid: Array | None = None,
    /,
) -> None: ...
def rank_histogram(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    ranks: Sequence[Rank],
    valid: Array | None = None,
    /,
) -> None: ...
def mode(
    x: Array,
    outs: Sequence[Array | None],
    tables: Tables,
    counted: bool,
    valid: Array | None = None,
    /,
) -> None: ...

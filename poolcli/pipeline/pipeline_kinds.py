"""The kinds of values that are pipelines and reducers; `readers` reads their texts."""

from __future__ import annotations

import shlex
from typing import Any

from poolcli.pipeline.parameters import Kind


def _as_it_is(value: Any) -> Any:
    """Return what `readers` has made: the table knows neither pipelines nor steps."""
    return value


def _show_branches(value: Any) -> str:
    return " ".join(shlex.quote(str(branch)) for branch in value)


def _show_reducer(value: Any) -> str:
    """The reducer with the options of its formula; its windows are those of the pyramid."""
    own = {option.name for option in value.op.parameters}
    shown = [value.op.option(name).show(set_to) for name, set_to in value.options if name in own]
    return shlex.quote(" ".join([value.op.name, *shown]))


BRANCHES = Kind("PIPELINE...", _as_it_is, _show_branches, source="branches")
REDUCER = Kind("OP", _as_it_is, _show_reducer, source="reducer")

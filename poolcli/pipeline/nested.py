"""Pipelines and reducers as values of options, so that compositions nest."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from poolcli.errors import RequestError
from poolcli.pipeline.parameters import Kind

if TYPE_CHECKING:
    from poolcli.pipeline.pipeline import Pipeline
    from poolcli.pipeline.step import Step


def read_branches(value: Any) -> tuple[Pipeline, ...]:
    """Pipelines, as texts or as what `poolcli.parse` gives; each gives one map."""
    from poolcli.pipeline import parser as recipe
    from poolcli.pipeline.pipeline import Pipeline

    words = value if isinstance(value, (list, tuple)) else [value]
    branches = tuple(
        word if isinstance(word, Pipeline) else recipe.parse(_text(word)) for word in words
    )
    if not branches:
        raise ValueError("takes one pipeline or more, like 'max -k 2' 'avg -k 2'")
    for branch in branches:
        if branch.several:
            raise RequestError(f"{branch} gives several maps, and a branch gives one")
    return branches


def read_reducer(value: Any) -> Step:
    """A reducer with the options of its formula, as text or as a pipeline of one step."""
    from poolcli.pipeline import parser as recipe
    from poolcli.pipeline.pipeline import Pipeline
    from poolcli.pipeline.step import Step

    if isinstance(value, Step):
        return value
    first, *more = (value if isinstance(value, Pipeline) else recipe.parse(_text(value))).steps
    own = {option.name for option in first.op.parameters}
    others = [name for name, _ in first.given if name not in own and name != "kernel"]
    if (
        more
        or others
        or first.windows is None
        or first.windows.name != "sliding"
        or first["kernel"] != (2,)
    ):
        raise ValueError("takes one reducer and the options of its formula, like 'gem --norm 4'")
    return first


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("takes a text, like 'max -k 2'")  # noqa: TRY004 - a wrong value like any other
    return value


def _show_reducer(value: Step) -> str:
    own = {option.name for option in value.op.parameters}
    shown = [value.op.option(name).show(given) for name, given in value.given if name in own]
    return shlex.quote(" ".join([value.op.name, *shown]))


BRANCHES = Kind(
    "PIPELINE...",
    read_branches,
    lambda value: " ".join(shlex.quote(str(branch)) for branch in value),
)
REDUCER = Kind("OP", read_reducer, _show_reducer)

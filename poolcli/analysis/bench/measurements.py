"""What a comparison tells: a row for the textbook, for poolcli, and for each peer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import ModuleType

import numpy as np

import poolcli
from poolcli.analysis.bench.case import Case, case_of
from poolcli.analysis.bench.peer_timing import can, timed
from poolcli.analysis.bench.peers import release
from poolcli.analysis.bench.textbook_loop import textbook
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class Row:
    """Who, how long, and whether it is poolcli's result. No time: it has none that counts, and the note says why.

    `agrees` is None where there is nothing to compare; `part` of the windows was timed.
    """

    by: str
    release: str
    ms: float | None
    agrees: bool | None = True
    note: str = ""
    part: float = 1.0


def rows(case: Case, peers: Mapping[str, ModuleType], repeats: int) -> list[Row]:
    """The textbook, poolcli, the peers from the fastest to the slowest, and those that do not count."""
    loop = textbook(case, case.pool())
    timing = timed(case, peers, repeats)
    ranked = sorted(timing.peers.items(), key=lambda pair: pair[1])
    return [
        Row("textbook loop", f"numpy {np.__version__}", **vars(loop)),
        Row("poolcli", poolcli.__version__, timing.poolcli, None),
        *(Row(name, release(name), ms) for name, ms in ranked),
        *(
            Row(name, release(name), None, agrees=False, note=note)
            for name, note in timing.notes.items()
        ),
        *_without(case, peers),
    ]


def _without(case: Case, peers: Mapping[str, ModuleType]) -> Iterator[Row]:
    for name, peer in peers.items():
        if not can(peer, case):
            note = f"has no {case.special}" if peer.can(case) else "does not do this"
            yield Row(name, release(name), None, None, note)


def cases(pipeline: Pipeline, fmap: FeatureMap) -> Iterator[Case]:
    """A case for each step of a pipeline, on what the steps before it give."""
    space = fmap.form.space
    for step in pipeline.steps:
        case = case_of(step.within(space), fmap)
        yield case
        fmap = case.step(case.fmap)


def pixels(case: Case) -> int:
    """The pixels that are pooled; a pixel has all its channels."""
    return prod(case.sizes) * len(case.planes)

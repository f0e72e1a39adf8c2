"""Measure a step: the loop of the textbook, poolcli, and other libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import ModuleType

import numpy as np

import poolcli
from poolcli.analysis.bench.case import Case, case_of
from poolcli.analysis.bench.peer_timing import can, lacking, timed
from poolcli.analysis.bench.peers import release
from poolcli.analysis.bench.textbook_loop import textbook_loop
from poolcli.engine import backend
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class Measurement:
    """The milliseconds of a library, and whether its result is poolcli's.

    Without `ms` the note says why it is not timed. `agrees` is None where there is no result to
    compare. `part` is the share of the windows that were timed.
    """

    by: str
    release: str
    ms: float | None
    agrees: bool | None = True
    note: str = ""
    part: float = 1.0


def measure(case: Case, peers: Mapping[str, ModuleType], repeats: int) -> list[Measurement]:
    """Measure the textbook's loop, poolcli, and the peers, which are ranked by their time."""
    loop = textbook_loop(case, case.pool())
    timing = timed(case, peers, repeats, [backend.name()])
    (own,) = timing.poolcli.values()
    ranked = sorted(timing.peers.items(), key=lambda pair: pair[1])
    return [
        Measurement("textbook loop", f"numpy {np.__version__}", **vars(loop)),
        Measurement("poolcli", poolcli.__version__, own, None),
        *(Measurement(name, release(name), ms) for name, ms in ranked),
        *(
            Measurement(name, release(name), None, agrees=False, note=note)
            for name, note in timing.notes.items()
        ),
        *_unable(case, peers),
    ]


def _unable(case: Case, peers: Mapping[str, ModuleType]) -> Iterator[Measurement]:
    """Peers without the operation, or without one of its options."""
    for name, peer in peers.items():
        if not can(peer, case):
            lacks = lacking(peer, case)
            note = f"has no {lacks}" if lacks and peer.can(case) else "does not do this"
            yield Measurement(name, release(name), None, None, note)


def cases(pipeline: Pipeline, fmap: FeatureMap) -> Iterator[Case]:
    """A case for each step of a pipeline, on what the steps before it give."""
    form = fmap.form
    for step in pipeline.steps:
        case = case_of(step.within(form), fmap)
        yield case
        fmap = case.step(case.fmap)


def pixels(case: Case) -> int:
    """The number of pixels that are pooled, each with all its channels."""
    return prod(case.sizes) * len(case.planes)

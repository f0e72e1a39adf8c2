"""The map of all cells that were made one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from poolcli.engine.operations.operation import assembled, outside_of
from poolcli.engine.windows.place import PlacedGrid
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline import alpha
from poolcli.pipeline.cell_parts import CellMaker, CellUnit
from poolcli.resources import memory

Cells = Mapping[CellUnit, tuple[Array, ...]]  # those of each group of planes


def joined_cells(maker: CellMaker, template: FeatureMap, cells: Cells) -> FeatureMap:
    """The map of all cells of a maker, of a kind with `template`."""
    planes, *others = (_assembled(maker, each, cells) for each in range(len(maker.groups)))
    for opacity in others:
        planes = alpha.joined(maker.step, planes, opacity, maker.form.frame)
    pooled = template.with_planes(planes, maker.ready.geometry.frame)
    if maker.step.op.reads_indices and pooled.form.of_numbers() != pooled.form:
        pooled = replace(pooled, picture=None)
    return pooled


def _assembled(maker: CellMaker, number: int, cells: Cells) -> Array:
    """The result of a group of planes."""
    placement, group = maker.placements[number], maker.groups[number]
    grids = [_joined(maker, number, *each, cells) for each in enumerate(placement.grids)]
    if placement.is_whole:
        return grids[0]
    outside = np.asarray(outside_of(group.rules))
    out = memory.empty(placement.frame.shape, np.dtype(maker.ready.rules.dtype))
    return assembled(placement, grids, group.finished(outside), out)


def _joined(maker: CellMaker, group: int, number: int, placed: PlacedGrid, cells: Cells) -> Array:
    """The cells of a grid on all planes of a group."""
    whole = maker.units[number].planes
    lead = [each.stop - each.start for each in whole]
    if maker.joins_channels:
        lead[-1] = maker.groups[group].arguments[1].channels or 1
    out = memory.empty((*lead, *placed.grid.shape), np.dtype(maker.ready.rules.dtype))
    for unit, values in cells.items():
        if unit.grid == number:
            at = [
                slice(some.start - each.start, some.stop - each.start)
                for some, each in zip(unit.planes, whole, strict=True)
            ]
            at = [*at[:-1], slice(None)] if maker.joins_channels else at
            out[(*at, *unit.cells)] = values[group]
    return out
